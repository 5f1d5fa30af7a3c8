scripts "welcome.lua"

describe("the welcome", function()
  local anna, boris, group

  before_each(function()
    anna, boris = telegram:person "Анна", telegram:person "Борис"
    group = telegram:supergroup("Луна", { anna })
    group:makes(bot, "member")
    group:sees "Сделайте меня администратором"
    group:makes(bot, "administrator")
    group:sees "теперь я увижу новичков"
  end)

  it("greets whoever comes, by a mention", function()
    boris:joins(group)
    local message = group:sees "Добро пожаловать, Борис!"
    assert.equal(boris.id, message.entities[1].user.id)
  end)

  it("greets nobody who leaves, or is only made something else", function()
    group:makes(anna, "administrator")
    anna:leaves(group)
    group:sees_nothing()
  end)
end)

scripts "routers.lua"

describe("the rules of a group", function()
  local anna, boris, group

  before_each(function()
    anna, boris = telegram:person "Анна", telegram:person "Борис"
    group = telegram:supergroup("Луна", { anna, boris })
    group:makes(anna, "administrator")
  end)

  it("are written by its administrators, and read by everybody in any case", function()
    anna:says("/setrules Не шуметь.", group)
    group:sees "Записал."
    boris:says("ПРАВИЛА", group)
    group:sees "Не шуметь."
    assert.equal(1, #bot:log "an administrator did it")
  end)

  it("are not written by others, nor by an administrator who is none any more", function()
    boris:says("/setrules Шуметь!", group)
    group:sees "Это могут только администраторы группы."
    group:makes(anna, "member")
    anna:says("/setrules Шуметь!", group)
    group:sees "Это могут только администраторы группы."
    anna:says("rules", group)
    group:sees "Правил нет."
  end)

  it("are of a group only", function()
    anna:says "/setrules Шуметь!"
    anna:sees_nothing()
  end)
end)

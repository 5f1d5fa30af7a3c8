scripts "moderator.lua"

describe("the moderator", function()
  local anna, group

  before_each(function()
    anna = telegram:person "Анна"
    group = telegram:group("Луна", { anna })
  end)

  local LINK = "смотрите https://example.org"

  it("deletes links, warns twice, then silences for an hour", function()
    group = telegram:supergroup("Луна", { anna })
    anna:says(LINK, group)
    group:sees "Анна, ссылки здесь не публикуют. Предупреждение 1 из 3."
    anna:says(LINK, group)
    group:sees "Предупреждение 2 из 3"
    anna:says(LINK, group)
    group:sees "Анна помолчит час."
    assert.equal(3, #telegram:requests "deleteMessage")
    assert.has_error(function() anna:says("но почему?", group) end)
    clock:advance "61m"
    anna:says("/rules", group)
    group:sees "Без ссылок"
  end)

  it("goes on where it may silence nobody", function()
    for _ = 1, 3 do anna:says(LINK, group) end
    anna:says("/rules", group)
    group:sees "Без ссылок"
    assert.equal(1, #bot:log "nobody can be silenced here")
  end)

  it("lets other words and private chats alone", function()
    anna:says("просто слова", group)
    anna:says(LINK)
    anna:says("/rules", group)
    group:sees "Без ссылок"
    assert.equal(0, #telegram:requests "deleteMessage")
  end)

  it("remembers when the group becomes a supergroup", function()
    anna:says(LINK, group)
    group:sees "1 из 3"
    local new = group:migrates()
    anna:says(LINK, new)
    new:sees "2 из 3"
  end)
end)

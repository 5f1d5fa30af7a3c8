scripts "moderator.lua"

describe("the moderator", function()
  local anna, group

  before_each(function()
    anna = telegram:person "Анна"
    group = telegram:group("Луна", { anna })
  end)

  local LINK = "смотрите https://example.org"

  it("deletes links, warns twice, then silences for an hour", function()
    anna:says(LINK, group)
    group:sees "Анна, ссылки здесь не публикуют. Предупреждение 1 из 3."
    anna:says(LINK, group)
    group:sees "Предупреждение 2 из 3"
    anna:says(LINK, group)
    group:sees "Анна помолчит час."
    assert.equal(3, #telegram:requests "deleteMessage")
    local restriction = telegram:requests("restrictChatMember")[1].parameters
    assert.equal(tostring(anna.id), tostring(restriction.user_id))
    assert.equal(tostring(clock:now() + 3600), tostring(restriction.until_date))
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

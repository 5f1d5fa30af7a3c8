scripts "door.lua"

describe("the door", function()
  local anna, boris, group, link

  before_each(function()
    anna, boris = telegram:person "Анна", telegram:person "Борис"
    group = telegram:supergroup("Луна", { anna })
    group:makes(bot, "administrator")
    group:makes(anna, "administrator")
    anna:says("/link", group)
    link = group:sees("https://t.me/").text
    boris:joins(link, "Люблю Луну")
    boris:sees "Сколько колёс"
  end)

  it("opens by the right answer", function()
    boris:press "8"
    boris:sees "Верно, заходите!"
    assert.is_true(telegram:requests("approveChatJoinRequest")[1].answer.ok)
  end)

  it("stays shut by a wrong one, which is asked once", function()
    boris:press "4"
    boris:sees "Увы, нет."
    assert.is_true(telegram:requests("declineChatJoinRequest")[1].answer.ok)
    assert.same({}, telegram:requests "approveChatJoinRequest")
  end)

  it("says so where the request is gone", function()
    telegram:answers("approveChatJoinRequest", { error_code = 400, description = "Bad Request: HIDE_REQUESTER_MISSING" })
    boris:press "8"
    boris:sees "Этой заявки уже нет."
  end)
end)

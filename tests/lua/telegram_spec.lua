-- What people see in Telegram besides texts and buttons, as a spec of the kit tries it.
scripts "telegram/bot.lua"

describe("a person", function()
  local anna
  before_each(function() anna = telegram:person "Anna" end)

  it("gets a voice, a sticker and a place", function()
    anna:says "/voice"
    anna:sees "[voice]"
    assert.same({ "ooh", 3 }, { anna:file().bytes, anna:file().message.voice.duration })
    anna:says "/sticker"
    anna:sees "[sticker]"
    anna:says "/place"
    assert.equal("Crater", anna:sees("[venue]").venue.title)
  end)

  it("pays with Stars, and has them back", function()
    anna:says "/buy tea"
    assert.is_true(anna:pays(anna:sees "[invoice]"))
    anna:sees "Thanks for 5 ⭐"
    anna:sees "And back"
    anna:says "/buy nothing"
    local is_paid, reason = anna:pays(anna:sees "[invoice]")
    assert.is_false(is_paid)
    assert.equal("sold out", reason)
    anna:sees_nothing()
  end)

  it("asks to join, comes in and leaves", function()
    local boris = telegram:person "Boris"
    local group = telegram:supergroup("Moon", { anna })
    anna:says("/invite", group)
    boris:joins(group:sees("https://t.me/").text)
    group:sees "Welcome, Boris"
    boris:leaves(group)
    group:sees "Farewell, Boris"
  end)

  it("is told by the bot when its rights are cut", function()
    local group = telegram:supergroup("Moon", { anna })
    anna:says("/place", group)
    group:sees "[venue]"
    group:makes({ id = telegram:requests("sendVenue")[1].answer.result.from.id }, "administrator", { can_manage_chat = true })
    group:sees "I may not pin any more"
  end)

  it("writes in a forum's topic", function()
    local forum = telegram:forum("Moon", { anna })
    anna:says("/topic", forum)
    assert.equal("number", type(forum:sees("in the topic").message_thread_id))
  end)

  it("gets what each call says and nothing of the calls before it, however they have ended", function()
    for _ = 1, 2 do
      anna:says "/calls"
      anna:sees(("long "):rep(500):sub(1, -2))
      anna:sees "[sticker]"
      anna:sees "false 400"
    end
    local requests = telegram:requests "sendMessage"
    assert.same({ chat_id = tostring(anna.id), text = "false 400" }, requests[#requests].parameters)
    anna:sees_nothing()
  end)

  it("reacts, and takes it back", function()
    anna:says "/place"
    local message = anna:sees "[venue]"
    anna:reacts(message, "👍")
    anna:sees "👍"
    anna:reacts(message)
    anna:sees "no more"
  end)

  it("sends what a Web App has made", function()
    anna:sends_data("42", "Open")
    anna:sees "from the app: 42"
  end)

  it("reads what the bot says of itself", function()
    anna:says "/about"
    anna:sees "far commands"
  end)

  it("is right or wrong in a quiz", function()
    anna:says "/quiz"
    anna:votes(anna:sees "[poll]", "4")
    anna:sees "Right"
  end)
end)

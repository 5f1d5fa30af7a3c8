-- What people of a spec do, and what a spec may not say.
scripts "kit/people.lua"

local anna, boris
before_each(function() anna, boris = telegram:person "Anna", telegram:person "Boris" end)

describe("people", function()
  it("come into a group, ask to, and leave it", function()
    local group = telegram:supergroup("Moon", { anna })
    group:makes(bot, "administrator")
    boris:joins(group)
    group:sees "Boris member"
    boris:leaves(group)
    group:sees "Boris left"
    anna:says("/link", group)
    local link = group:last().text
    local vera = telegram:person "Vera"
    vera:joins(link, "I like it here")
    vera:sees "asks: I like it here"
    group:sees "member"
  end)

  it("forward messages of others and of the bot", function()
    local message = boris:says "hello"
    anna:forwards(message)
    anna:sees "forwarded from Boris: hello"
    boris:says "/sign"
    anna:forwards(boris:last())
    anna:sees { pattern = "forwarded from Sandbox Bot: 1 %(of 2%)" }
    assert.has_error(function() anna:forwards { chat = { id = 1 }, message_id = 7 } end, "there is no message")
  end)

  it("write in topics of a forum, which they open", function()
    local forum = telegram:forum("Moon", { anna, boris })
    local news, talk = anna:opens_topic(forum, "News"), boris:opens_topic(forum, "Talk")
    news:sees "a new topic"
    talk:sees "a new topic"
    boris:says("hi", news)
    news:sees "topic: hi"
    talk:sees_nothing()
    anna:sends({ text = "hello" }, talk)
    talk:sees "topic: hello"
    assert.same({ "a new topic", "topic: hi" }, forum:topic(news.thread):saw())
    assert.equal(4, #forum:saw())
  end)

  it("share their contact and their place, by a button too", function()
    anna:shares_contact("+7 1")
    anna:sees("contact of " .. anna.id)
    anna:says "/ask"
    anna:press "Contact"
    anna:sees("contact of " .. anna.id)
    anna:press "Place"
    anna:sees "location"
    assert.has_error(function() anna:press "App" end, "sends no label")
    anna:sends_data("42", "App")
    anna:sees "data 42"
  end)

  it("react", function()
    local message = anna:says "/sign"
    anna:reacts(message, "👍")
    anna:sees "reaction: 👍"
  end)

  it("let the bot into their own chats", function()
    anna:says "/sign"
    anna:sees "1 (of 2)" -- so the bot is there
    assert.has_error(function() anna:chat_with(boris) end, "connects() lets it in")
    anna:connects()
    anna:sees "connected: true"
    local chat = anna:chat_with(boris)
    boris:says("are you open?", chat)
    chat:sees "Boris to Boris: are you open?"
    anna:says("a moment", chat)
    chat:sees "Anna to Boris: a moment"
    boris:sees_nothing()
    anna:disconnects()
    anna:sees "connected: false"
  end)
end)

describe("an id", function()
  it("may be chosen, for groups too", function()
    local group = telegram:group({ title = "Moon", id = -7 }, { anna })
    assert.equal(-7, group.id)
    anna:says("/sign", group)
    group:sees "1 (of 2)"
    assert.equal(-1000000000009, telegram:channel({ title = "News", id = -1000000000009, username = "news" }).id)
  end)

  it("that is chosen first is passed over by others", function()
    local keeper = telegram:person { first_name = "Keeper", id = 1003 }
    assert.equal(1004, telegram:person("Vera").id)
    telegram:group({ title = "Moon", id = -1005 })
    assert.equal(-1006, telegram:group("Sun").id)
    assert.equal("Keeper", keeper.name)
  end)

  it("that somebody has can't be chosen", function()
    assert.has_error(function() telegram:person { first_name = "Keeper", id = anna.id } end, "the id 1001 already")
    telegram:group({ title = "Moon", id = -7 })
    assert.has_error(function() telegram:supergroup { title = "Sun", id = -7 } end, "somebody with the id -7 already")
  end)
end)

describe("a field that there is not", function()
  for what, wrong in pairs {
    sends = function() anna:sends { text = "x", is_topic_message = true } end,
    ["sends: document"] = function() anna:sends { document = { nmae = "x", bytes = "y" } } end,
    ["telegram:person"] = function() telegram:person { first_name = "X", nick = "x" } end,
    ["telegram:group"] = function() telegram:group { titel = "X" } end,
    ["telegram:fault"] = function() telegram:fault { kind = "403", mehtod = "sendMessage" } end,
  } do
    it("is an error: " .. what, function() assert.has_error(wrong, what .. ": there is no field ") end)
  end
end)

describe("sees", function()
  it("takes a text as it is, and a pattern where it is told", function()
    anna:says "/sign"
    anna:says "/sign"
    anna:says "/sign"
    anna:sees "1 (of 2)"
    anna:sees "(of"
    anna:sees { pattern = "^%d %(of" }
    anna:says "/sign"
    for _, wanted in ipairs { "[1-9]", "^1", "." } do
      local ok, failure = pcall(anna.sees, anna, wanted)
      assert.is_false(ok)
      assert.equal("a pattern: sees{ pattern = \"" .. wanted .. "\" }", failure.hint)
    end
    assert.has_error(function() anna:sees { "1" } end, "a text or { pattern = ... } expected")
  end)
end)

describe("telegram:answers", function()
  it("gives what the local Telegram does not do", function()
    telegram:answers("get_my_star_balance", { amount = 5 })
    anna:says "/call getMyStarBalance"
    anna:sees '{"amount":5}'
    assert.equal("getMyStarBalance", telegram:requests("getMyStarBalance")[1].method)
    telegram:answers("getChatMemberCount", 77)
    anna:says "/call get_chat_member_count"
    anna:sees "77"
    telegram:answers("getChatMemberCount", { error_code = 403, description = "Forbidden: not here" })
    anna:says "/call getChatMemberCount"
    anna:sees "Forbidden: not here"
    telegram:answers "getChatMemberCount"
    anna:says "/call getChatMemberCount"
    anna:sees "2"
  end)
end)

describe("an address that a host would refuse", function()
  for url, why in pairs {
    ["http://127.0.0.1:5432/"] = "not on the public Internet",
    ["http://localhost/"] = "not on the public Internet",
    ["http://api.localhost/"] = "not on the public Internet",
    ["http://[::1]/"] = "not on the public Internet",
    ["http://0x7f.1/"] = "not on the public Internet",
    ["file:///etc/passwd"] = "Unsupported protocol",
    ["https://"] = "http.get: ",
  } do
    it("is refused by the kit: " .. url, function()
      http:answers(url, "secret")
      anna:says("/get " .. url)
      anna:sees(why)
      assert.same({}, http:requests())
    end)
  end

  it("is none of others", function()
    http:answers("https://e.org/", "fine")
    anna:says "/get https://e.org/localhost"
    anna:sees "fine"
  end)
end)

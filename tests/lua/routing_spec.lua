-- Which handler gets an update, in which order, and where its answers go.

describe("a route", function()
  scripts "routing/bot.lua"
  local anna

  before_each(function() anna = telegram:person { first_name = "Анна", language_code = "ru" } end)

  it("of a command has several names, in any alphabet and case", function()
    for _, said in ipairs { "/start 5", "/СТАРТ 5", "/Старт 5", "/START 5" } do
      anna:says(said)
      anna:sees "start:5"
    end
  end)

  it("of a command gets a caption, and of a text too", function()
    anna:sends { photo = "x", caption = "/report now" }
    anna:sees "report:now"
    anna:sends { photo = "x", caption = "Да" }
    anna:sees "exactly Да"
  end)

  it("matches in any case where it is asked to", function()
    anna:says "ПРИВЕТ"
    anna:sees "any case"
    anna:says "Бан АНТОНА"
    anna:sees "ban АНТОНА"
    anna:says "КУПИ Хлеб и [соль] (5)"
    anna:sees "Хлеб|соль|5|7"
    anna:says "эхо XX"
    anna:sees "x"
    anna:says "STRASSE Große Straße"
    anna:sees "Große Straße|STRASSE Große Straße"
    anna:says "ДА"
    anna:sees "otherwise"
  end)

  it("is tried in the order of registration, whatever the look-up", function()
    anna:says "n:5"
    anna:sees "n 5"
    anna:says "n:x"
    anna:sees "n without a number"
  end)

  it("hands on what the test of otherwise has returned", function()
    anna:says "x 7"
    anna:sees "x is 7"
  end)

  it("is for other types of messages, too", function()
    local channel = telegram:channel "News"
    channel:says "/post"
    channel:sees "posted in channel"
  end)

  it("takes a field that is null for one that is not there", function()
    telegram:update { message = { message_id = 900, date = clock:now(), text = "Да", photo = require "json".null,
      reply_to_message = require "json".null, chat = { id = anna.id, type = "private" },
      from = { id = anna.id, is_bot = false, first_name = "Анна" } } }
    anna:sees "exactly Да"
    telegram:update { message = { message_id = 901, date = clock:now(), text = "/broken", photo = require "json".null,
      reply_to_message = require "json".null, chat = { id = anna.id, type = "private" },
      from = { id = anna.id, is_bot = false, first_name = "Анна" } } }
    anna:sees "failed: nil"
    assert.equal(1, #bot:log "broken")
  end)

  it("of a command in a caption ends a dialogue", function()
    anna:says "/question"
    anna:sees "?"
    anna:sends { photo = "x", caption = "/report" }
    anna:sees "report:"
    anna:says "Нет"
    anna:sees "exactly Нет"
  end)
end)

describe("a router", function()
  scripts "routing/bot.lua"
  local anna, boris

  before_each(function()
    anna, boris = telegram:person { first_name = "Анна", language_code = "ru" }, telegram:person "Boris"
  end)

  it("has a filter and middlewares of its own, within those of the router that it is in", function()
    anna:says "/way"
    clock:advance "1s"
    anna:sees "file outer inner one two handler /two /one /inner /outer /file"
    anna:says "/way secret"
    anna:sees "not for the router"
  end)

  it("runs its steps within its middlewares", function()
    anna:says "/question"
    anna:sees "?"
    anna:says "so"
    anna:sees "answered"
  end)

  it("keeps what its middleware does not let through", function()
    anna:says "/closed"
    anna:says "stop"
    anna:sees_nothing()
  end)

  it("of administrators knows them, and what has become of them", function()
    local group = telegram:supergroup("G", { anna, boris })
    group:makes(anna, "administrator")
    anna:says("/admin", group)
    group:sees "admin"
    boris:says("/admin", group)
    group:sees "no admin"
    group:makes(boris, "administrator")
    group:makes(anna, "member")
    boris:says("/admin", group)
    group:sees "admin"
    anna:says("/admin", group)
    group:sees "no admin"
    anna:says "/admin"
    anna:sees "no admin"
  end)

  it("asks Telegram once for an administrator", function()
    local group = telegram:supergroup("G", { anna })
    for _ = 1, 3 do
      anna:says("/admin", group)
      group:sees "no admin"
    end
    assert.equal(1, #telegram:requests "getChatMember")
  end)
end)

describe("a filter", function()
  scripts "routing/bot.lua"
  local anna, boris

  before_each(function()
    anna, boris = telegram:person { first_name = "Анна", language_code = "ru" }, telegram:person "Boris"
  end)

  it("may have a name of the script's own", function()
    anna:says "/who"
    anna:sees "Анна"
    boris:says "/who"
    boris:sees "another"
  end)

  it("knows the language", function()
    anna:says "/lang"
    anna:sees "по-русски"
    boris:says "/lang"
    boris:sees "in English"
  end)

  it("knows kinds of media", function()
    anna:sends { document = "x" }
    anna:sees "a file"
    anna:sends { photo = "x" }
    anna:sees_nothing()
  end)

  it("is about the chat of a button", function()
    local group = telegram:group("G", { anna })
    anna:says "/button"
    anna:press "B"
    assert.equal("in private", anna:popup())
    anna:says("/button", group)
    anna:press("B", group)
    assert.equal("in a group", anna:popup())
  end)

  it("knows what was forwarded", function()
    telegram:update { message = { message_id = 900, date = clock:now(), text = "old", chat = { id = anna.id, type = "private" },
      from = { id = anna.id, is_bot = false, first_name = "Анна" },
      forward_origin = { type = "hidden_user", sender_user_name = "X", date = 1 } } }
    anna:sees "forwarded"
  end)
end)

describe("an answer", function()
  local message_id = 100
  local function says_id()
    message_id = message_id + 1
    return message_id
  end

  scripts "routing/threads.lua"
  local anna

  before_each(function() anna = telegram:person "Anna" end)

  local function from() return { id = anna.id, is_bot = false, first_name = "Anna" } end

  local function business(id, text, connection)
    telegram:update { business_message = { message_id = id, date = clock:now(), business_connection_id = connection or "bc1",
      text = text, chat = { id = anna.id, type = "private", first_name = "Anna" }, from = from() } }
  end

  local function last(method)
    local requests = telegram:requests(method)
    return requests[#requests] and requests[#requests].parameters or {}
  end

  it("to a business message goes through its connection", function()
    business(1, "hi")
    assert.equal("bc1", last("sendMessage").business_connection_id)
    business(2, "reply")
    assert.equal("bc1", last("sendMessage").business_connection_id)
    business(3, "edit")
    assert.equal("bc1", last("editMessageText").business_connection_id)
    business(4, "delete")
    assert.equal("bc1", last("deleteBusinessMessages").business_connection_id)
    assert.equal("[4]", last("deleteBusinessMessages").message_ids)
    assert.equal(0, #telegram:requests "deleteMessage")
  end)

  it("of a button does the same", function()
    telegram:update { callback_query = { id = "q", chat_instance = "1", data = "x", from = from(), message = {
      message_id = 7, date = clock:now(), business_connection_id = "bc1", chat = { id = anna.id, type = "private" } } } }
    assert.equal("bc1", last("editMessageText").business_connection_id)
    assert.equal("bc1", last("sendMessage").business_connection_id)
    assert.equal("bc1", last("deleteBusinessMessages").business_connection_id)
  end)

  it("is expected in the connection that was asked in", function()
    business(1, "ask")
    business(3, "elsewhere", "bc2")
    assert.equal("route: elsewhere", last("sendMessage").text)
    business(5, "Bob")
    assert.equal("name: Bob", last("sendMessage").text)
    assert.equal("bc1", last("sendMessage").business_connection_id)
  end)

  it("to a channel's direct message goes to its topic, which has its own dialogue", function()
    local function direct(id, text, topic)
      telegram:update { message = { message_id = id, date = clock:now(), text = text, from = from(),
        chat = { id = -1005, type = "supergroup", is_direct_messages = true, title = "C" },
        direct_messages_topic = { topic_id = topic } } }
    end
    direct(1, "ask", 77)
    assert.equal("77", last("sendMessage").direct_messages_topic_id)
    direct(2, "other", 78)
    assert.equal("route: other", last("sendMessage").text)
    direct(3, "Bob", 77)
    assert.equal("name: Bob", last("sendMessage").text)
  end)

  it("to a guest message is the answer to its query", function()
    for i, text in ipairs { "hi", "bold" } do
      telegram:update { guest_message = { message_id = i, date = clock:now(), guest_query_id = "g" .. i, text = text,
        from = from(), chat = { id = -77, type = "group", title = "G" } } }
    end
    local calls = telegram:requests "answerGuestQuery"
    assert.equal(0, #telegram:requests "sendMessage")
    assert.equal("g1", calls[1].parameters.guest_query_id)
    assert.matches('"message_text":"route: hi"', calls[1].parameters.result)
    assert.matches('"message_text":"fat"', calls[2].parameters.result)
    assert.matches('"type":"bold"', calls[2].parameters.result)
    assert.is_true(#bot:log "answerGuestQuery" > 0) -- which the local Telegram may not have
  end)

  it("is expected in each topic of a forum, and a question in one forgets none in another", function()
    local forum = telegram:forum("F", { anna })
    local function says(text, topic)
      telegram:update { message = { message_id = says_id(), date = clock:now(), text = text, from = from(),
        is_topic_message = topic and true or nil, message_thread_id = topic,
        chat = { id = forum.id, type = "supergroup", title = "F", is_forum = true } } }
    end
    says("ask", 10)
    says("ask", 20)
    says("general", nil)
    assert.equal("route: general", last("sendMessage").text)
    says("Ten", 10)
    assert.equal("name: Ten", last("sendMessage").text)
    assert.equal("10", last("sendMessage").message_thread_id)
    says("Twenty", 20)
    assert.equal("name: Twenty", last("sendMessage").text)
    says("Twenty", 20)
    assert.equal("route: Twenty", last("sendMessage").text)
  end)

  it("by default is given to a button whose id is no number", function()
    telegram:update { callback_query = { id = 'ab-"c', chat_instance = "1", data = "x", from = from(),
      inline_message_id = "i1" } }
    assert.equal('ab-"c', last("answerCallbackQuery").callback_query_id)
  end)

  it("is not needed for albums, which gather in channels and business chats, too", function()
    for id = 1, 2 do
      telegram:update { channel_post = { message_id = id, date = clock:now(), media_group_id = "5", photo = {},
        chat = { id = -1009, type = "channel", title = "C" } } }
    end
    clock:advance "3s"
    for id = 1, 3 do
      telegram:update { business_message = { message_id = id, date = clock:now(), media_group_id = "6", photo = {},
        business_connection_id = "bc1", chat = { id = anna.id, type = "private" }, from = from() } }
    end
    clock:advance "3s"
    assert.equal(1, #bot:log "album of 2 in channel")
    assert.equal(1, #bot:log "album of 3 in private")
  end)
end)

describe("a default", function()
  scripts "routing/defaults.lua"
  local anna

  before_each(function() anna = telegram:person "Anna" end)

  local function sent() return telegram:requests "sendMessage"[1].parameters end

  it("is in each call that knows it", function()
    anna:says "/plain"
    assert.equal("HTML", sent().parse_mode)
    assert.equal("true", sent().protect_content)
    assert.equal('{"is_disabled":true}', sent().link_preview_options)
    assert.equal("x", anna:last().text)
  end)

  it("gives way to what the call says, to entities and to a split", function()
    anna:says "/none"
    assert.is_nil(sent().parse_mode)
    assert.equal("false", sent().protect_content)
    anna:says "/split"
    assert.equal("1 < 2", anna:last().text)
    anna:says "/entities"
    assert.equal("<x", anna:last().text)
  end)

  it("is in the parts of an album and of an inline answer", function()
    anna:says "/album"
    assert.equal("one", anna:messages()[1].caption)
    assert.equal("<two", anna:messages()[2].caption)
    anna:asks "?"
    local results = telegram:requests "answerInlineQuery"[1].parameters.results
    assert.matches('"parse_mode":"HTML"', results)
    assert.matches('"is_disabled":true', results)
  end)

  it("shows typing while a handler works for longer than a second", function()
    anna:says "/plain"
    anna:sees "x"
    assert.equal(0, #telegram:requests "sendChatAction")
    telegram:fault { method = "getChat", kind = "delay", ms = 8000 }
    anna:says "/slow"
    clock:advance "20s"
    anna:sees "done"
    assert.equal(2, #telegram:requests "sendChatAction")
    assert.equal("typing", telegram:requests "sendChatAction"[1].parameters.action)
  end)
end)

describe("a script that another one requires", function()
  local main, util = "routing/once/main.lua", "routing/once/util.lua"
  for _, order in ipairs { { main, util }, { util, main }, { "routing/once" } } do
    describe(table.concat(order, ", "), function()
      scripts(table.unpack(order))

      it("runs once", function()
        local anna = telegram:person "Anna"
        anna:says "/start"
        anna:sees "hi"
        assert.equal(1, #bot:log "middleware")
      end)
    end)
  end
end)

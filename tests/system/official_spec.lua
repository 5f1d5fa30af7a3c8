-- The sandbox answers as the official server's source says, in the server's own words.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"
local process = require "tests.support.process"
local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"

describe("the sandbox, as the official server,", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local function refused(expected, method, parameters)
    parameters.chat_id = parameters.chat_id or anna.id
    assert.equal("Bad Request: " .. expected, (api:refusal(method, parameters)))
  end
  local function markup_refused(expected, markup, chat_id)
    refused(expected, "sendMessage", { text = "a", reply_markup = markup, chat_id = chat_id })
  end
  local function inline(button) return { inline_keyboard = { { button } } } end
  local function shown(button)
    return api.sendMessage { chat_id = anna.id, text = "a", reply_markup = inline(button) }.reply_markup.inline_keyboard[1][1]
  end

  -- Status, body.
  local function request(method, path, body, headers)
    local pieces = {}
    headers = headers or {}
    headers["content-length"] = body and #body or nil
    local _, status = http.request { method = method, url = telegram.url .. path, headers = headers,
      source = body and ltn12.source.string(body), sink = ltn12.sink.table(pieces) }
    return status, table.concat(pieces)
  end
  local function bot_path(method) return ("/bot%s/%s"):format(api.token, method) end
  local JSON = { ["content-type"] = "application/json" }

  it("refuses keyboards that are none", function()
    markup_refused('field "keyboard" must be of type Array', { keyboard = 1 })
    markup_refused('field "keyboard" must be an Array of Arrays', { keyboard = { 1 } })
    markup_refused('field "inline_keyboard" must be of type Array', { inline_keyboard = 1 })
    markup_refused('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
      { inline_keyboard = { 1 } })
    markup_refused("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
      inline { text = "a" })
    markup_refused("BUTTON_DATA_INVALID", inline { text = "a", callback_data = ("x"):rep(65) })
    markup_refused("inline keyboard button Web App URL 'http://e.com' is invalid: Only HTTPS links are allowed",
      inline { text = "a", web_app = { url = "http://e.com" } })
    markup_refused("inline keyboard button URL 'e' is invalid: Wrong HTTP URL", inline { text = "a", url = "e" })
    markup_refused("link to a user can't be used in login URL buttons",
      inline { text = "a", login_url = { url = "tg://user?id=7" } })
  end)

  it("echoes of a button what it does, and nothing else", function()
    assert.same({ text = "a", url = "http://example.com/" },
      shown { text = "a", url = "Example.com", callback_data = "b", nonsense = 1 })
    assert.same({ text = "7", callback_data = "b", style = "danger" },
      shown { text = 7, callback_data = "b", style = "danger" })
    assert.same({ text = "a", web_app = { url = "https://e.com/" } }, shown { text = "a", web_app = { url = "https://e.com" } })
    assert.same({ text = "a", url = "https://e.com/?x" }, shown { text = "a", login_url = { url = "https://e.com/?x" } })
    assert.same({ text = "a", copy_text = { text = "b" } }, shown { text = "a", copy_text = { text = "b", more = 1 } })
    assert.same({ text = "a", switch_inline_query_chosen_chat = { query = "", allow_user_chats = true, allow_bot_chats = false,
      allow_group_chats = false, allow_channel_chats = false } },
      shown { text = "a", switch_inline_query_chosen_chat = { allow_user_chats = true } })
  end)

  it("lets buttons ask for something in private chats only", function()
    local group = telegram:chat("supergroup", "G", { anna })
    local keyboard = { keyboard = { { { text = "a", request_contact = true } } } }
    markup_refused("phone number can be requested in private chats only", keyboard, group.id)
    assert.is_not_nil(api.sendMessage { chat_id = anna.id, text = "a", reply_markup = keyboard })
  end)

  it("knows only reactions that everybody may use", function()
    local sent = api.sendMessage { chat_id = anna.id, text = "a" }
    local function react(emoji)
      return { message_id = sent.message_id, chat_id = anna.id, reaction = { { type = "emoji", emoji = emoji } } }
    end
    refused("REACTION_INVALID", "setMessageReaction", react "🏟")
    refused("REACTION_INVALID", "setMessageReaction", react "👍 👎")
    assert.is_true(api.setMessageReaction(react "❤️"))
    assert.is_true(api.setMessageReaction(react "👍"))
  end)

  it("says what is wrong with a file's identifier", function()
    local wrong = "wrong remote file identifier specified: "
    refused(wrong .. "can't unserialize it. Wrong last symbol", "sendDocument", { document = "abc" })
    refused(wrong .. "Wrong string length", "sendDocument", { document = "abcde" })
    refused(wrong .. "Wrong character in the string", "sendDocument", { document = "ab c" })
    refused("failed to get HTTP URL content", "sendDocument", { document = "nowhere.invalid/a.txt" })
    refused("invalid file HTTP URL specified: Unsupported URL protocol", "sendDocument", { document = "ftp://e.com/a.txt" })
  end)

  it("refuses an edit that names no message", function()
    refused("message to edit not found", "editMessageText", { text = "a" })
  end)

  it("refuses broken characters wherever they are", function()
    for _, text in ipairs { "\xC3(", "\\ud83d" } do
      local _, body = request("POST", bot_path "sendMessage", ('{"chat_id":%d,"text":"%s"}'):format(anna.id, text), JSON)
      assert.equal('{"ok":false,"error_code":400,"description":"Bad Request: strings must be encoded in UTF-8"}', body)
    end
  end)

  it("uses what comes before a fault of a JSON body, and takes no more than 1 MB of parameters", function()
    local status = request("POST", bot_path "sendMessage", ('{"chat_id":%d,"text":"cut","re'):format(anna.id), JSON)
    assert.equal(200, status)
    assert.same({ "cut" }, anna:saw())
    assert.equal(413, (request("POST", bot_path "sendMessage", ('{"text":"%s"}'):format(("x"):rep(1024 * 1024)), JSON)))
  end)

  it("knows GET and POST, and tokens that can be some", function()
    assert.equal(501, (request("HEAD", bot_path "getMe")))
    assert.equal(501, (request("PUT", bot_path "getMe", "")))
    local status, body = request("GET", "/bot0123:AAbbCCddEEffGGhhIIjjKKllMM/getMe")
    assert.equal(401, status)
    assert.matches("Unauthorized: invalid token specified", body, 1, true)
    assert.equal(421, (request("GET", "/botabc:AAbbCCddEEffGGhhIIjjKKllMM/getMe")))
  end)

  -- Each segment leaves by itself, so that the value is cut at every byte.
  it("reads a form that arrives in pieces", function()
    local body = ('--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n%d\r\n--b\r\n'):format(anna.id)
      .. 'content-disposition:form-data;name=text\r\n\r\nhello world\r\n--b--\r\n'
    local connection = assert(socket.connect("127.0.0.1", telegram.url:match ":(%d+)$"))
    connection:setoption("tcp-nodelay", true)
    connection:send(("POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n"
      .. "Content-Type: multipart/form-data; boundary=b\r\n\r\n"):format(bot_path "sendMessage", #body))
    for at = 1, #body do connection:send(body:sub(at, at)) end
    assert.matches('"text":"hello world"', connection:receive "*a", 1, true)
    connection:close()
  end)

  it("slows down a bot that asks for the same updates again, where limits hold", function()
    world.finish()
    telegram = world.sandbox { limits = true }
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
    api.getMe {}
    anna:says "a"
    anna:says "b"
    assert.equal(2, #api.getUpdates { offset = 0 })
    assert.equal(1, #api.getUpdates { offset = 0 })
  end)

  describe("has bounds for", function()
    local function refused_control(path, body)
      local status, answer = request("POST", "/sandbox/" .. path, body, { ["content-type"] = "application/json" })
      assert.equal(400, status, answer)
      return answer
    end

    it("numbers that would overflow", function()
      refused_control("flood", '{"users":100000,"messages_each":9223372036854775807,"text":"x"}')
      refused_control("flood", '{"users":2,"messages_each":1,"text":"x","first_id":9223372036854775807}')
      refused_control("clock", '{"advance_s":9223372036854775807}')
      refused_control("users", '{"id":1e300,"first_name":"A"}')
      assert.equal(200, (request("POST", "/sandbox/clock", '{"advance_s":60}', { ["content-type"] = "application/json" })))
    end)

    it("people", function()
      local function flood(first_id)
        return (request("POST", "/sandbox/flood",
          ('{"users":100000,"messages_each":0,"text":"x","first_id":%d}'):format(first_id),
          { ["content-type"] = "application/json" }))
      end
      assert.equal(200, flood(1000))
      assert.equal(200, flood(1000000))
      assert.equal(400, flood(2000000))
    end)

    it("bots", function()
      local last
      api.getMe {}
      for id = 1, 101 do last = request("GET", ("/bot%d:AAbbCCddEEffGGhhIIjjKKllMM/getMe"):format(id)) end
      assert.equal(429, last)
      assert.equal("Anna", api.getChat { chat_id = anna.id }.first_name)
    end)
  end)

  -- It holds tokens, and somebody else may have laid a link where it is written first.
  it("keeps its data from others", function()
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    local path, other = directory .. "/telegram", directory .. "/other"
    assert(os.execute(("touch %s && chmod 644 %s && ln -s %s %s.new"):format(other, other, other, path)))
    local stored = world.sandbox { data = path }
    stored:person "Anna"
    stored:stop()
    local pipe = assert(io.popen(("stat -c '%%a %%s' %s %s"):format(path, other)))
    assert.matches("^600 %d%d+\n644 0\n$", pipe:read "a")
    pipe:close()
  end)

  describe("keeps out", function()
    local function control(headers, body)
      headers["content-type"] = headers["content-type"] or "application/json"
      return (request("POST", "/sandbox/users", body or '{"id":5,"first_name":"E"}', headers))
    end

    it("pages of other sites", function()
      assert.equal(200, control {})
      assert.equal(200, control { origin = telegram.url })
      assert.equal(403, control { origin = "https://evil.example" })
      assert.equal(403, control { ["sec-fetch-site"] = "cross-site" })
      assert.equal(403, control { host = "evil.example" })
      assert.equal(403, (request("GET", bot_path "getMe", nil, { host = "evil.example" })))
    end)

    it("bodies of the control API that any page can send", function()
      assert.equal(415, control { ["content-type"] = "text/plain" })
      assert.equal(415, control({ ["content-type"] = "application/x-www-form-urlencoded" }, "id=5&first_name=E"))
    end)
  end)

  it("takes entities that are no list for none", function()
    assert.equal("a", api.sendMessage({ chat_id = anna.id, text = "a", entities = "null" }).text)
    assert.equal("b", api.sendMessage({ chat_id = anna.id, text = "b", entities = "moon" }).text)
    api.sendPoll { chat_id = anna.id, question = "q", options = { "a", "b" }, explanation_entities = "null" }
    assert.is_true(api.sendMessageDraft { chat_id = anna.id, draft_id = 1, text = "I th", entities = "null" })
    local document = bot_client.file("a.txt", "a")
    local sent = api.sendDocument { chat_id = anna.id, document = document, caption = "c", caption_entities = "null" }
    assert.equal("c", sent.caption)
  end)

  it("cuts a row of buttons after 12, and a keyboard after 300", function()
    local function rows_of(size, rows)
      local keyboard = {}
      for r = 1, rows do
        keyboard[r] = {}
        for b = 1, size do keyboard[r][b] = { text = "a", callback_data = "b" } end
      end
      local message = api.sendMessage { chat_id = anna.id, text = "a", reply_markup = { inline_keyboard = keyboard } }
      return message.reply_markup.inline_keyboard
    end
    assert.equal(12, #rows_of(13, 1)[1])
    assert.equal(25, #rows_of(12, 26))
    assert.equal(4, #rows_of(8, 38)[38])
  end)

  it("sends Web App buttons to private chats only", function()
    local group = telegram:chat("supergroup", "Club", { anna })
    local markup = { inline_keyboard = { { { text = "a", web_app = { url = "https://example.com" } } } } }
    api.sendMessage { chat_id = anna.id, text = "a", reply_markup = markup }
    assert.equal("Bad Request: BUTTON_TYPE_INVALID",
      (api:refusal("sendMessage", { chat_id = group.id, text = "a", reply_markup = markup })))
  end)

  it("knows effects by numbers only", function()
    assert.equal("5104841245755180586",
      api.sendMessage({ chat_id = anna.id, text = "a", message_effect_id = "5104841245755180586" }).effect_id)
    assert.is_nil(api.sendMessage({ chat_id = anna.id, text = "a", message_effect_id = "fire" }).effect_id)
  end)

  it("lets nobody take back a throw of dice in a private chat on the same day", function()
    local id = api.sendDice({ chat_id = anna.id }).message_id
    local refusal = "Bad Request: message can't be deleted for everyone"
    assert.equal(refusal, (api:refusal("deleteMessage", { chat_id = anna.id, message_id = id })))
    telegram:post("clock", { advance_s = 86400 })
    assert.is_true(api.deleteMessage { chat_id = anna.id, message_id = id })
    local group = telegram:chat("supergroup", "Club", { anna })
    assert.is_true(api.deleteMessage { chat_id = group.id, message_id = api.sendDice({ chat_id = group.id }).message_id })
  end)

  it("lets a bot log out for ten minutes, and close itself only after ten", function()
    local words, answer = api:refusal "close"
    assert.matches("^Too Many Requests: retry after %d+$", words)
    assert.is_true(answer.parameters.retry_after > 300)
    telegram:post("clock", { advance_s = 600 })
    assert.is_true(api.close())
    anna:says "lost"
    assert.is_true(api.logOut())
    assert.equal("Logged out", (api:refusal "getMe"))
    telegram:post("clock", { advance_s = 600 })
    assert.same({}, api:updates())
  end)

  it("knows how long a place may be live, and where it may look", function()
    for words, parameters in pairs {
      period = { live_period = 59 }, heading = { live_period = 60, heading = 361 },
      ["proximity alert radius"] = { live_period = 60, proximity_alert_radius = 100001 },
    } do
      parameters.latitude, parameters.longitude = 1, 2
      refused(("wrong live location %s specified"):format(words), "sendLocation", parameters)
    end
    api.sendLocation { chat_id = anna.id, latitude = 1, longitude = 2, live_period = 0x7FFFFFFF }
  end)

  it("lets a bot send into a group what is permitted, and into a channel what it has the right to", function()
    local group, channel = telegram:chat("supergroup", "Club", { anna }), telegram:chat("channel", "News")
    local bot_id = api.getMe().id
    local function becomes(chat, status, rights)
      telegram:post("members", { chat_id = chat.id, user_id = bot_id, status = status, rights = rights })
    end
    local function may_send(what, method, parameters)
      parameters.chat_id = group.id
      if what then return refused(("not enough rights to send %s to the chat"):format(what), method, parameters) end
      assert.truthy(api[method](parameters))
    end
    local photo = function() return { photo = bot_client.file("a.jpg", "a") } end
    api.setChatPermissions { chat_id = group.id, permissions = { can_send_messages = true } }
    may_send(nil, "sendPhoto", photo())
    becomes(group, "member")
    may_send("photos", "sendPhoto", photo())
    may_send("dice", "sendDice", {})
    may_send("polls", "sendPoll", { question = "q", options = { "a" } })
    may_send(nil, "sendMessage", { text = "a" })
    becomes(group, "restricted", { can_send_photos = true })
    may_send("text messages", "sendMessage", { text = "a" })
    may_send("locations", "sendLocation", { latitude = 1, longitude = 2 })
    api.sendMessage { chat_id = channel.id, text = "a" }
    becomes(channel, "administrator", { can_manage_chat = true })
    refused("need administrator rights in the channel chat", "sendMessage", { chat_id = channel.id, text = "a" })
  end)
end)

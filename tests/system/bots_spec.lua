-- Several bots at once: each has its own people's words, its own buttons and its own updates.
local bot_client = require "tests.support.bot_client"
local socket = require "socket"
local world = require "tests.support.world"

describe("two bots in one sandbox", function()
  local telegram, sun, moon, anna
  before_each(function()
    telegram = world.sandbox {}
    sun = bot_client.new(telegram, "111:ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    moon = bot_client.new(telegram, "222:ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert.same({ 111, 222 }, { sun.getMe().id, moon.getMe().id })
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  it("have a private chat with a person each, with ids of its own, which the others never see", function()
    telegram:post("messages", { chat_id = anna.id, text = "to sun" })
    telegram:post("messages", { chat_id = anna.id, text = "to moon", bot_id = 222 })
    local of_sun, of_moon = sun:updates "message", moon:updates "message"
    assert.same({ 1, 1 }, { #of_sun, #of_moon })
    assert.same({ "to sun", "to moon" }, { of_sun[1].text, of_moon[1].text })
    assert.same({ 1, 1 }, { of_sun[1].message_id, of_moon[1].message_id })
    assert.same({ anna.id, anna.id }, { of_sun[1].chat.id, of_moon[1].chat.id })
    moon.sendMessage { chat_id = anna.id, text = "from moon" }
    assert.equal("Bad Request: message to copy not found",
      (sun:refusal("copyMessage", { chat_id = anna.id, from_chat_id = anna.id, message_id = 2 })))
    local function texts(more)
      local found = {}
      for _, message in ipairs(telegram:get(("messages?chat_id=%d%s"):format(anna.id, more)).messages) do
        found[#found + 1] = message.text
      end
      return found
    end
    assert.same({ "to sun" }, texts "")
    assert.same({ "to moon", "from moon" }, texts "&bot_id=222")
  end)

  it("each show their own pinned message, and are told of reactions to their own messages", function()
    local message = moon.sendMessage { chat_id = anna.id, text = "moon's" }
    moon.pinChatMessage { chat_id = anna.id, message_id = message.message_id }
    assert.equal("moon's", moon.getChat({ chat_id = anna.id }).pinned_message.text)
    assert.is_nil(sun.getChat({ chat_id = anna.id }).pinned_message)
    for _, bot in ipairs { sun, moon } do bot.getUpdates { allowed_updates = { "message_reaction" } } end
    telegram:post("reactions", { chat_id = anna.id, message_id = math.tointeger(message.message_id), bot_id = 222,
      reaction = { "👍" } })
    assert.same({}, sun:updates "message_reaction")
    assert.equal(1, #moon:updates "message_reaction")
  end)

  it("are told only of votes in their own polls", function()
    local poll = moon.sendPoll { chat_id = anna.id, question = "q", options = { "a", "b" }, is_anonymous = false }
    telegram:post("votes", { chat_id = anna.id, message_id = math.tointeger(poll.message_id), from_id = anna.id,
      options = { 1 }, bot_id = 222 })
    assert.same({}, sun:updates "poll_answer")
    assert.equal(1, #moon:updates "poll_answer")
  end)

  it("hear of requests to join only if they may let people in", function()
    local group = telegram:chat("supergroup", "Club", {})
    telegram:post("members", { chat_id = group.id, user_id = 111, status = "member" })
    local link = moon.createChatInviteLink { chat_id = group.id, creates_join_request = true }
    telegram:post("joins", { from_id = anna.id, invite_link = link.invite_link })
    assert.same({}, sun:updates "chat_join_request")
    assert.equal(1, #moon:updates "chat_join_request")
  end)

  it("get the presses of their own buttons only", function()
    local message = sun.sendMessage { chat_id = anna.id, text = "a",
      reply_markup = { inline_keyboard = { { { text = "b", callback_data = "c" } } } } }
    telegram:post("callbacks", { chat_id = anna.id, message_id = math.tointeger(message.message_id), data = "c" })
    local pressed = sun:updates "callback_query"
    assert.equal(1, #pressed)
    assert.same({}, moon:updates())
    assert.equal("Bad Request: query is too old and response timeout expired or query ID is invalid",
      (moon:refusal("answerCallbackQuery", { callback_query_id = pressed[1].id })))
    assert.is_true(sun.answerCallbackQuery { callback_query_id = pressed[1].id })
  end)

  it("can't edit what another has written", function()
    local group = telegram:chat("supergroup", "Club", { anna })
    local message = sun.sendMessage { chat_id = group.id, text = "a" }
    assert.equal("Bad Request: message can't be edited",
      (moon:refusal("editMessageText", { chat_id = group.id, message_id = message.message_id, text = "mine now" })))
  end)

  it("answer inline queries each for itself, and are told what was chosen of theirs", function()
    local query = telegram:post("inline", { from_id = anna.id, query = "x", bot_id = 222 })
    assert.same({}, sun:updates())
    assert.equal("x", moon:updates("inline_query")[1].query)
    moon.answerInlineQuery { inline_query_id = query.id, results = { { type = "article", id = "1", title = "t",
      input_message_content = { message_text = "m" } } } }
    local written = telegram:post("choices", { id = query.id, from_id = anna.id, result_id = "1", chat_id = anna.id })
    assert.equal(222, written.via_bot.id)
    assert.equal("1", moon:updates("chosen_inline_result")[1].result_id)
    assert.same({}, sun:updates "chosen_inline_result")
  end)

  it("with privacy hear in a group what was written by their inline mode", function()
    local group = telegram:chat("supergroup", "Club", { anna })
    telegram:post("bots", { id = 222, can_read_all_group_messages = false })
    telegram:post("members", { chat_id = group.id, user_id = 222, status = "member" })
    moon:updates()
    local query = telegram:post("inline", { from_id = anna.id, query = "x", bot_id = 222 })
    moon.answerInlineQuery { inline_query_id = query.id, results = { { type = "article", id = "1", title = "t",
      input_message_content = { message_text = "by moon" } } } }
    telegram:post("messages", { chat_id = group.id, from_id = anna.id, text = "by hand" })
    telegram:post("choices", { id = query.id, from_id = anna.id, result_id = "1", chat_id = group.id })
    local heard = moon:updates "message"
    assert.same({ 1, "by moon" }, { #heard, heard[1].text })
  end)

  it("sell each for itself", function()
    local message = sun.sendInvoice { chat_id = anna.id, title = "t", description = "d", payload = "p", currency = "XTR",
      prices = { { label = "l", amount = 3 } } }
    local id = math.tointeger(message.message_id)
    local query = telegram:post("payments", { from_id = anna.id, chat_id = anna.id, message_id = id })
    sun.answerPreCheckoutQuery { pre_checkout_query_id = query.id, ok = true }
    assert.same({}, moon:updates())
    assert.same({ { amount = 3 }, { amount = 0 } }, { sun.getMyStarBalance(), moon.getMyStarBalance() })
  end)

  it("have Telegram's limits each for itself", function()
    local limited = world.sandbox { limits = true }
    local one = bot_client.new(limited, "111:ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    local other = bot_client.new(limited, "222:ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    local boris = limited:person "Boris"
    local requests, sent = {}, 0
    for i = 1, 200 do -- the limit of a chat is another one
      local body = ("chat_id=%d&text=a"):format(limited:chat("supergroup", "Club", { boris }).id)
      requests[i] = ("POST /bot%s/sendMessage HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        .. "Connection: %s\r\nContent-Length: %d\r\n\r\n%s")
        :format(one.token, i == 200 and "close" or "keep-alive", #body, body)
    end
    local connection = assert(socket.connect("127.0.0.1", limited.port)) -- one after the other would not be fast everywhere
    assert(connection:send(table.concat(requests)))
    for _ in assert(connection:receive "*a"):gmatch "HTTP/1%.1 200" do sent = sent + 1 end
    connection:close()
    assert.is_true(sent >= 30 and sent < #requests, sent .. " sent")
    other.sendMessage { chat_id = boris.id, text = "a" }
  end)
end)

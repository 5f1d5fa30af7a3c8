-- Several bots at once: each has its own people's words, its own buttons and its own updates.
local bot_client = require "tests.support.bot_client"
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

  it("hear what a person says to one of them, or to both", function()
    telegram:post("messages", { chat_id = anna.id, text = "sun only", bot_id = 111 })
    telegram:post("messages", { chat_id = anna.id, text = "both" })
    assert.equal(2, #sun:updates "message")
    assert.equal("both", moon:updates("message")[1].text)
  end)

  it("get the presses of their own buttons only", function()
    local message = sun.sendMessage { chat_id = anna.id, text = "a",
      reply_markup = { inline_keyboard = { { { text = "b", callback_data = "c" } } } } }
    telegram:post("callbacks", { chat_id = anna.id, message_id = math.tointeger(message.message_id), data = "c" })
    assert.equal(1, #sun:updates "callback_query")
    assert.same({}, moon:updates())
    assert.equal("Bad Request: message can't be edited",
      (moon:refusal("editMessageText", { chat_id = anna.id, message_id = message.message_id, text = "mine now" })))
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

  it("sell each for itself", function()
    local message = sun.sendInvoice { chat_id = anna.id, title = "t", description = "d", payload = "p", currency = "XTR",
      prices = { { label = "l", amount = 3 } } }
    local id = math.tointeger(message.message_id)
    local query = telegram:post("payments", { from_id = anna.id, chat_id = anna.id, message_id = id })
    sun.answerPreCheckoutQuery { pre_checkout_query_id = query.id, ok = true }
    assert.same({}, moon:updates())
    assert.same({ { amount = 3 }, { amount = 0 } }, { sun.getMyStarBalance(), moon.getMyStarBalance() })
  end)
end)

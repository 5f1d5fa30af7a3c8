-- A host whose handlers reply by the answer to their update: one request less, the same order, nothing said twice or lost.
local bot_client = require "tests.support.bot_client"
local dkjson = require "dkjson"
local webhook_host = require "tests.support.webhook_host"
local world = require "tests.support.world"
local until_ = world.until_

local BOT = [[
local bot, keyboard = require "bot", require "keyboard"
bot.text("one", function(message) message:answer "only" end)
bot.text("keys", function(message)
  local buttons = keyboard.inline { { { "Press", "press" } } }
  message:answer(("Choose, %s"):format(message.from.first_name), { reply_markup = buttons })
end)
bot.text("two", function(message)
  message:answer "first"
  message:answer "second"
end)
bot.text("read", function(message)
  local sent = message:answer "read"
  message:answer("was " .. sent.text)
end)
bot.text("tested", function(message)
  if message:answer "tested" then message:answer "yes" end
end)
bot.text("returned", function(message) return message:answer "returned" end)
local function send(message) return message:answer "sent" end
local function keep(message, sent) message:answer("kept " .. sent.text) end
bot.text("passed", function(message) keep(message, send(message)) end)
bot.text("sleeps", function(message)
  message:answer "before"
  bot.sleep(0.01)
end)
bot.text("fails", function(message)
  message:answer "said"
  error "broken"
end)
bot.text("photo", function(message)
  message:answer_photo(require("telegram").bytes("GIF89a", "a.gif"))
end)
bot.text("refused", function(message)
  require("telegram").send_message{ chat_id = 1, text = "to nobody" }
end)
bot.callback("press", function(query)
  query:answer()
  query.message:edit "Pressed"
end)
]]

local COUNT = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(n INTEGER)"
db.exec "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total)"
bot.on("message:text", function(message)
  local n = db.one("UPDATE total SET n = n + 1 RETURNING n").n
  message:answer(tostring(n))
end)
]]

local function replies(bot) return webhook_host.metric(bot, "lunokhod_webhook_replies_total") end

-- What the host has sent itself.
local function sent(bot, method)
  return webhook_host.metric(bot, ('lunokhod_calls_total{method="%s",outcome="ok"}'):format(method or "sendMessage")) or 0
end

local function update(id, text, person) return webhook_host.update(id, text, person.id) end

describe("a reply in the webhook's answer", function()
  local telegram, anna
  before_each(function()
    telegram = world.sandbox {}
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local function start(script, what)
    what = what or {}
    what.telegram, what.script = telegram, script
    what.options = what.options or {}
    table.insert(what.options, "--reply-in-webhook")
    return webhook_host.new(what)
  end

  local function pending() return bot_client.new(telegram).getWebhookInfo().pending_update_count end

  -- Says it, sees the last of the texts that it expects, and returns how many went in an answer, and how many by themselves.
  local function say(bot, text, ...)
    local before_replies, before_sent, seen = replies(bot), sent(bot), #anna:saw()
    anna:says(text)
    local all = anna:saw(seen + select("#", ...))
    assert.same({ ... }, table.move(all, seen + 1, #all, 1, {}))
    until_(function() return webhook_host.metric(bot, "lunokhod_updates_unfinished") == 0 end, "the end of the handler")
    return replies(bot) - before_replies, sent(bot) - before_sent
  end

  it("travels where its result is not read, and nothing of the chat comes before it", function()
    local bot = start(BOT)
    local function says(travelled, alone, ...)
      local got_travelled, got_alone = say(bot, ...)
      assert.same({ travelled, alone }, { got_travelled, got_alone }, (...))
    end
    says(1, 0, "one", "only")
    says(1, 0, "keys", "Choose, Anna")
    says(0, 2, "two", "first", "second")
    says(0, 2, "read", "read", "was read")
    says(0, 2, "tested", "tested", "yes")
    says(0, 1, "returned", "returned")
    says(0, 2, "passed", "sent", "kept sent")
    says(0, 1, "sleeps", "before")
    says(1, 0, "fails", "said")
    assert.equal(1, webhook_host.metric(bot, "lunokhod_dead_letters"))
    says(1, 0, "one", "only")
  end)

  it("is for any method but an upload, and of a button the answer", function()
    local bot = start(BOT)
    anna:says "photo"
    until_(function() return sent(bot, "sendPhoto") == 1 end, "the photo")
    assert.equal(0, replies(bot))
    anna:says "keys"
    anna:sees_last "Choose, Anna"
    anna:presses "Press"
    anna:sees_last "Pressed"
    assert.same({ 2, 0, 1 }, { replies(bot), sent(bot, "answerCallbackQuery"), sent(bot, "editMessageText") })
    assert.equal(1, #telegram:calls "answerCallbackQuery", "nor does the host answer in the handler's place")
  end)

  it("keeps its place before what other handlers say in the chat", function()
    local bot = start([[
      local bot, telegram = require "bot", require "telegram"
      local other
      bot.text("wait", function(message)
        other = message.chat.id
        bot.after(0, "later", other)
        message:answer "now"
      end)
      bot.job("later", function(chat) telegram.send_message{ chat_id = chat, text = "later" } end)
    ]])
    local expected = {}
    for i = 1, 5 do
      anna:says "wait"
      expected[2 * i - 1], expected[2 * i] = "now", "later"
      assert.same(expected, anna:saw(2 * i))
    end
    assert.equal(5, replies(bot))
  end)

  it("is given again with an update whose answer got lost, and not made twice", function()
    local bot = start(COUNT)
    local secret = webhook_host.secret(telegram)
    for _ = 1, 3 do
      local status, body = webhook_host.post(bot, secret, update(5, "x", anna))
      local answer = dkjson.decode(body)
      assert.same({ 200, "sendMessage", anna.id, "1" }, { status, answer.method, answer.chat_id, answer.text })
    end
    local _, body = webhook_host.post(bot, secret, update(6, "x", anna))
    assert.equal("2", dkjson.decode(body).text)
    assert.same({}, telegram:calls "sendMessage")
  end)

  it("tells nobody that it was refused", function()
    local bot = start(BOT)
    anna:says "refused"
    until_(function() return #telegram:calls "sendMessage" == 1 end, "the message to nobody")
    assert.equal(1, replies(bot))
    assert.same({}, bot:log_lines "failed")
  end)

  -- A durable host whose backup, with what Anna has said, is on its way.
  local function start_and_hold_backup()
    local admin = telegram:person "Admin"
    local bot = start(COUNT, { admin = admin, options = { "--durable" } })
    until_(function() return pending() == 0 end, "the answer to the pin of the backup")
    telegram:fault { method = "editMessageMedia", kind = "hold", times = 1 }
    anna:says "x"
    until_(function() return telegram:status().held > 0 end, "the backup")
    return bot, admin
  end

  it("of a durable host waits for the backup, so that nothing is said whose result is lost", function()
    local bot = start_and_hold_backup()
    assert.equal(1, webhook_host.metric(bot, 'lunokhod_webhook_waiting_requests{for="backup"}'))
    assert.same({}, anna:saw())
    telegram:let_go "apply"
    assert.same({ "1" }, anna:saw(1))
    assert.same({ 1, 0 }, { replies(bot), sent(bot) })
  end)

  it("goes by itself where the request is gone before the backup is there", function()
    local bot, admin = start_and_hold_backup()
    bot:signal "TERM"
    assert.same({ "1" }, anna:saw(1))
    telegram:let_go "apply"
    assert.equal(0, bot:ends())
    local again = webhook_host.new { telegram = telegram, admin = admin, script = COUNT }
    anna:says "x"
    assert.same({ "1", "2" }, anna:saw(2))
    again:stop()
  end)

  it("needs a webhook", function()
    local bot = world.host { telegram = telegram, script = BOT, options = { "--reply-in-webhook" }, wait = false }
    assert.equal(2, bot:ends())
    bot:logged "%-%-reply%-in%-webhook needs %-%-webhook"
  end)
end)

-- The script of the fuzzer of updates: it uses whatever an update holds, in every way that a handler can.
local bot, db, fsm, json = require "bot", require "db", require "fsm", require "json"
local telegram = require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS seen(what)"

local function walk(value, depth)
  if type(value) ~= "table" then
    db.exec("INSERT INTO seen VALUES (?)", value)
  elseif depth < 4 then
    for _, each in pairs(value) do walk(each, depth + 1) end
  end
end

local function use(update)
  pcall(walk, update, 0)
  pcall(json.encode, update)
  pcall(function() update:answer(update.text) end)
  pcall(function() update:reply(update.caption, { entities = update.entities }) end)
  pcall(function() update:edit(update.data) end)
  pcall(function() update:delete() end)
  pcall(function() fsm.set(update, "named", update.text) end)
  pcall(function() update:ask("?", "step", update.text) end)
  pcall(telegram.send_message, update.chat)
  db.exec "DELETE FROM seen"
end

for _, name in ipairs { "message", "edited_message", "channel_post", "callback_query", "inline_query", "poll", "poll_answer",
  "my_chat_member", "chat_member", "chat_join_request", "message_reaction", "pre_checkout_query", "business_message" } do
  bot.on(name, use)
end
bot.command("start", function(message, text) message:answer(text) use(message) end)
bot.text("text", use)
bot.match("^(%a+) (%d+)", function(message, word, number) message:answer(word .. number) end)
bot.callback("^(%a*):(.*)", function(query, word) query:answer(word) use(query) end)
bot.step("step", function(message, data) message:answer(data or message.text) message:finish() end)
fsm.state("named", function(message, data) pcall(message.answer, message, data) fsm.clear(message) end)
bot.migrated(function(old, new) db.exec("INSERT INTO seen VALUES (?), (?)", old, new) end)
bot.failed(function(update, why) pcall(walk, update, 0) error(why) end)
bot.use(function(update, proceed) pcall(tostring, update.from and update.from.id) return proceed() end)

-- A bot for recurrence_spec.lua: it plans what it is told, and says when it comes.
local bot, db, time = require "bot", require "db", require "time"
local recurrence = require "core.recurrence"
local telegram = require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS functions(chat INTEGER, code TEXT)"

bot.job("ring", function(chat)
  telegram.send_message { chat_id = chat, text = time.format("%a %d.%m. %H:%M:%S", time.now(), "UTC") }
end)

local function run(code, ...) return load("local bot, work, chat = ...; return " .. code)(bot, ...) end

-- = bot.daily("09:00", work, chat)
bot.match("^= (.*)$", function(message, code)
  local ok, err = pcall(run, code, "ring", message.chat.id)
  if not ok then message:answer(err) end
end)

-- The same with a function, from the next load on.
bot.match("^fn (.*)$", function(message, code)
  db.exec("INSERT INTO functions VALUES(?, ?)", message.chat.id, code)
end)
for _, row in ipairs(db.all "SELECT * FROM functions") do
  run(row.code, function()
    telegram.send_message { chat_id = row.chat, text = "fn " .. time.format("%a %d.%m. %H:%M:%S", time.now(), "UTC") }
  end)
end

-- next 0 9 * * 1-5: when that comes next.
bot.match("^next (.*)$", function(message, line)
  message:answer(time.format("%a %d.%m. %H:%M:%S", recurrence.next(line, "UTC", time.now()), "UTC"))
end)

-- Time: a reminder that comes once, and a greeting every morning to whoever asked for it.
local bot = require "bot"
local db = require "db"
local telegram = require "telegram"

db.exec [[
  CREATE TABLE IF NOT EXISTS reminders(chat INTEGER, at INTEGER, text TEXT);
  CREATE TABLE IF NOT EXISTS early(chat INTEGER PRIMARY KEY);
]]

bot.match("^напомни через (%d+) мин[ут]*%s+(.+)$", function(message, minutes, text)
  db.exec("INSERT INTO reminders VALUES(?, ?, ?)", message.chat.id, os.time() + 60 * minutes, text)
  message:answer(("Хорошо, через %d мин."):format(minutes))
end)

bot.command("morning", function(message)
  db.exec("INSERT OR IGNORE INTO early VALUES(?)", message.chat.id)
  message:answer "Буду здороваться каждое утро в девять."
end)

-- What is to come is a row, so a restart loses none; one that was missed comes late.
bot.every(30, function()
  for row in db.rows("DELETE FROM reminders WHERE at <= ? RETURNING chat, text", os.time()) do
    telegram.send_message { chat_id = row.chat, text = "⏰ " .. row.text }
  end
end)

bot.daily("09:00", function()
  for row in db.rows "SELECT chat FROM early" do
    telegram.send_message { chat_id = row.chat, text = "Доброе утро! ☀️" }
  end
end)

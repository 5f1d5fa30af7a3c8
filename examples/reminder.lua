-- Time zones: reminders at a date, at a time of the day, and on weekdays, by the clock of whoever asks. A name such as
-- Europe/Berlin knows summer time.
local bot = require "bot"
local db = require "db"
local telegram = require "telegram"
local time = require "time"

db.exec "CREATE TABLE IF NOT EXISTS zones(chat INTEGER PRIMARY KEY, zone TEXT NOT NULL)"

local function zone_of(chat)
  local row = db.one("SELECT zone FROM zones WHERE chat = ?", chat)
  return row and row.zone or "Europe/Moscow"
end

bot.command("zone", function(message, zone)
  if not time.is_zone(zone) then
    return message:answer "Такого пояса я не знаю. Напишите, например, /zone Europe/Berlin или /zone +05:30."
  end
  db.exec("INSERT OR REPLACE INTO zones VALUES(?, ?)", message.chat.id, zone)
  message:answer("Хорошо. У вас сейчас " .. time.format("%H:%M", time.now(), zone))
end)

-- напомни 31.12.2024 18:00 купить ёлку
bot.match("^напомни (%d+%.%d+%.%d+ %d+:%d+) (.+)$", function(message, date, text)
  local at = time.parse(date, "%d.%m.%Y %H:%M", zone_of(message.chat.id))
  if not at then return message:answer "Такого времени нет." end
  if at <= time.now() then return message:answer "Это время прошло." end
  if at > time.add(time.now(), { years = 10 }) then return message:answer "Так далеко я не загадываю." end
  bot.after(at - time.now(), "say", { chat = message.chat.id, text = text })
  message:answer "Напомню."
end)

-- каждый день 09:30 зарядка; по будням 09:30 планёрка
for _, choice in ipairs { { "каждый день", "mon-sun" }, { "по будням", "mon-fri" }, { "по выходным", "sat,sun" } } do
  local words, days = table.unpack(choice)
  bot.match("^" .. words .. " (%d+:%d%d) (.+)$", function(message, clock, text)
    if not time.parse(clock, "%H:%M") then return message:answer "Такого времени нет." end
    local chat = message.chat.id
    bot.weekly(days, clock, "say", { chat = chat, text = text }, { zone = zone_of(chat) })
    message:answer "Буду напоминать."
  end)
end

bot.job("say", function(reminder)
  telegram.send_message { chat_id = reminder.chat, text = "⏰ " .. reminder.text }
end)

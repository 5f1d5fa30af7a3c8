-- Things done later: a reminder that comes once, and a greeting every morning. Both are rows, so a restart loses none.
local bot = require "bot"
local telegram = require "telegram"

local LONGEST = 366 * 24 * 60 -- minutes

bot.match("^напомни через (%d+) мин%S*%s+(.+)$", function(message, minutes, text)
  minutes = math.tointeger(tonumber(minutes)) or math.huge
  if minutes > LONGEST then return message:answer "Так далеко я не загадываю." end
  bot.after(60 * minutes, "remind", { chat = message.chat.id, text = text })
  message:answer(("Хорошо, через %d мин."):format(minutes))
end)

bot.job("remind", function(reminder)
  telegram.send_message { chat_id = reminder.chat, text = "⏰ " .. reminder.text }
end)

bot.command("morning", function(message)
  bot.daily("09:00", "greet", message.chat.id, { skip = true }) -- a greeting that is late is left out
  message:answer "Буду здороваться каждое утро в девять."
end)

bot.command("quiet", function(message)
  bot.cancel("greet", message.chat.id)
  message:answer "Больше не буду."
end)

bot.job("greet", function(chat)
  telegram.send_message { chat_id = chat, text = "Доброе утро! ☀️" }
end)

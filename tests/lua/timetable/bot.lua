-- A bot for timetable_spec.lua.
local bot, db, telegram = require "bot", require "db", require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS marks(name TEXT PRIMARY KEY)"
local function has(name) return db.one("SELECT 1 FROM marks WHERE name = ?", name) ~= nil end

local function tell(chat, text) telegram.send_message { chat_id = chat, text = text } end

bot.command("mark", function(_, name) db.exec("INSERT INTO marks VALUES(?)", name) end)
bot.command("unmark", function(_, name) db.exec("DELETE FROM marks WHERE name = ?", name) end)

bot.job("remind", function(data)
  db.exec("INSERT INTO marks VALUES(?)", "reminded " .. data.text)
  if has "broken" then error("the reminder is broken") end
  tell(data.chat, "⏰ " .. data.text)
  if has "broken later" then error("broken after it was sent") end
end)
if not has "without tick" then
  bot.job("tick", function(chat) tell(chat, "тик") end)
end
bot.job("slow", function(chat)
  tell(chat, "начал")
  tell(chat, "кончил")
end)
bot.job("good morning", function(chat) tell(chat, "доброе утро") end)

bot.match("^через (%d+) (.+)$", function(message, seconds, text)
  local id = bot.after(tonumber(seconds), "remind", { chat = message.chat.id, text = text }, { skip = text == "необязательно" })
  if text == "передумал" then bot.cancel(id) end
  if text == "ошибка" then error("and so nothing is planned") end
end)
bot.command("tick", function(message) bot.every(60, "tick", message.chat.id) end)
bot.command("often", function(message) bot.every(10, "tick", message.chat.id) end)
bot.command("sparing", function(message) bot.every(60, "tick", message.chat.id, { skip = true }) end)
local function full(chat)
  return { chat = chat, text = "полный", a = 1, b = { c = 2, d = 3, e = { 4, 5 } }, ["1"] = 6, f = 7 }
end
bot.command("full", function(message) bot.every(60, "remind", full(message.chat.id)) end)
bot.command("nofull", function(message) message:answer(tostring(bot.cancel("remind", full(message.chat.id)))) end)

bot.job("first", function(chat)
  bot.cancel("second")
  bot.cancel("third")
  tell(chat, "первый")
end)
bot.job("second", function(chat) tell(chat, "второй") end)
bot.job("third", function(chat) tell(chat, "третий") end)
bot.command("rivals", function(message)
  bot.every(1800, "first", message.chat.id)
  bot.every(1800, "second", message.chat.id)
  bot.after(1800, "third", message.chat.id)
end)

bot.command("slow", function(message) bot.every(10, "slow", message.chat.id) end)
bot.command("morning", function(message, zone)
  bot.daily("09:00", "good morning", message.chat.id, { zone = math.tointeger(tonumber(zone)) })
end)
bot.command("stop", function(message) message:answer(tostring(bot.cancel("tick", message.chat.id))) end)
bot.command("bad", function(message)
  for _, wrong in ipairs {
    function() bot.after(1, "nowhere") end, function() bot.after(-1, "remind") end, function() bot.every(0, "tick") end,
    function() bot.every(0.5, "tick") end,
    function() bot.daily("25:00", "tick") end, function() bot.daily("09:00", "tick", 1, { zone = "MSK" }) end,
    function() bot.after(1, "remind", { f = print }) end, function() bot.every(1, "tick", 1, { skp = true }) end,
  } do
    message:answer((select(2, pcall(wrong))))
  end
end)

if has "declares" then
  bot.every(60, "remind", { chat = db.one("SELECT name FROM marks WHERE name GLOB '[0-9]*'").name, text = "объявлено" })
end

local plain = db.one("SELECT substr(name, 7) AS chat FROM marks WHERE name GLOB 'plain *'")
if plain then
  bot.daily("12:00", function() tell(plain.chat, "полдень по Токио") end, nil, { zone = 540 })
end

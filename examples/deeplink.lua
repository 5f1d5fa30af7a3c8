-- Deep links: each person gets a link to invite friends with, and sees how many friends have come.
local bot = require "bot"
local db = require "db"

db.exec "CREATE TABLE IF NOT EXISTS guests(person INTEGER PRIMARY KEY, invited_by INTEGER)"

bot.command("start", function(message, payload)
  local host = bot.decode_link(payload)
  host = host and math.tointeger(tonumber(host:match "^by:(%d+)$"))
  if host == message.from.id then host = nil end
  local is_new = db.exec("INSERT OR IGNORE INTO guests VALUES(?, ?)", message.from.id, host) == 1
  message:answer(is_new and host and "Добро пожаловать! Вас пригласил друг." or "Добро пожаловать!")
end)

bot.command("invite", function(message)
  local count = db.one("SELECT count(*) AS n FROM guests WHERE invited_by = ?", message.from.id).n
  message:answer(("Ваша ссылка: %s\nПо ней пришли: %d"):format(bot.link(bot.encode_link("by:" .. message.from.id)), count))
end)

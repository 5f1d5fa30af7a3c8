-- "to SELECT ..." sends to the chats that the SELECT names, "list SELECT ..." to a list of them.
local bot = require "bot"
local broadcast = require "broadcast"
local db = require "db"

db.exec "CREATE TABLE IF NOT EXISTS users(chat INTEGER, name TEXT)"

bot.match("^user (%d+) (.+)$", function(_, chat, name)
  db.exec("INSERT INTO users VALUES(?, ?)", math.tointeger(tonumber(chat)), name)
end)

bot.match("^to (.+)$", function(message, sql)
  local ok, err = pcall(function() return broadcast.start { to = sql, text = "news" } end)
  if not ok then message:answer(tostring(err)) end
end)

bot.match("^named (%S+) (%S+)$", function(message, parameter, name)
  local to = { "SELECT chat FROM users WHERE name = " .. parameter .. ";", parameter == "?" and name or { name = name } }
  local ok, err = pcall(function() broadcast.start { to = to, text = "news" } end)
  if not ok then message:answer(tostring(err)) end
end)

bot.match("^list (.+)$", function(message, name)
  local ok, err = pcall(function() broadcast.start { to = { message.chat.id, require "json"[name] }, text = "news" } end)
  message:answer(tostring(ok and "started" or err))
end)

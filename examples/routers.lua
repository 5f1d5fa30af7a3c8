-- Routers: filters and middlewares for a part of the routes. Here what administrators of a group may do, and nobody else.
local bot = require "bot"
local db = require "db"

db.exec "CREATE TABLE IF NOT EXISTS rules(chat INTEGER PRIMARY KEY, text TEXT)"

local admins = bot.router { "group", "admin" }

-- Around the handlers of this router only.
admins.use(function(update, next)
  next()
  local message = update.message
  print(("an administrator did it; chat=%d person=%d"):format(message.chat.id, message.from.id))
end)

admins.command({ "setrules", "правила_такие" }, function(message, text)
  db.exec("INSERT OR REPLACE INTO rules VALUES(?, ?)", message.chat.id, text)
  message:answer "Записал."
end)

-- A router within the router: commands that answer a message.
local on_message = admins.router "reply"
on_message.command("delete", function(message) message.reply_to_message:delete() end)

-- For those whom the router did not let through.
bot.command({ "setrules", "delete" }, function(message)
  message:answer "Это могут только администраторы группы."
end, { filter = "group" })

bot.text({ "Правила", "rules" }, function(message)
  local row = db.one("SELECT text FROM rules WHERE chat = ?", message.chat.id)
  message:answer(row and row.text or "Правил нет.")
end, { any_case = true })

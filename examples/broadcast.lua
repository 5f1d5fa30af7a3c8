-- A broadcast to everybody who has started the bot. /news TEXT sends about 25 messages a second and goes on after a restart.
local bot = require "bot"
local broadcast = require "broadcast"
local db = require "db"
local telegram = require "telegram"

local EDITORS = { [1001] = true } -- the ids of those who may send news; /start tells one's id

db.exec [[
  CREATE TABLE IF NOT EXISTS readers(chat INTEGER PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS issues(id INTEGER PRIMARY KEY, editor INTEGER);
]]

bot.command("start", function(message)
  db.exec("INSERT OR IGNORE INTO readers VALUES(?)", message.chat.id)
  message:answer(("Вы подписаны. Ваш номер: %d"):format(message.chat.id))
end)

bot.command("news", function(message, text)
  if not EDITORS[message.from.id] or text == "" then
    message:answer "Новости пишет редактор: /news ТЕКСТ"
    return
  end
  local id = telegram.broadcast { to = "SELECT chat FROM readers", text = text }
  db.exec("INSERT INTO issues VALUES(?, ?)", id, message.chat.id)
  message:answer(("Выпуск %d: читателей %d"):format(id, broadcast.status(id).total))
end)

broadcast.gone(function(chat) db.exec("DELETE FROM readers WHERE chat = ?", chat) end)

broadcast.done(function(id, status)
  local issue = db.one("SELECT editor FROM issues WHERE id = ?", id)
  if not issue then return end
  telegram.send_message {
    chat_id = issue.editor, text = ("Выпуск %d доставлен: %d, отписались: %d"):format(id, status.sent, status.gone),
  }
end)

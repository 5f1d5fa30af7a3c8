-- Inline buttons: they are part of a message and carry data. The handler edits the message in its place.
local bot = require "bot"
local db = require "db"

db.exec [[CREATE TABLE IF NOT EXISTS likes(chat INTEGER, message INTEGER, person INTEGER, PRIMARY KEY(chat, message, person))]]

local function button(count)
  return { inline_keyboard = { { { text = ("❤️ %d"):format(count), callback_data = "like" } } } }
end

bot.command("start", function(message)
  message:answer("Закат над Морем Дождей. Нравится?", { reply_markup = button(0) })
end)

-- A second press takes the like back. The handler need not answer the press: the host does so when the handler ends.
bot.callback("^like$", function(query)
  local chat, message, person = query.message.chat.id, query.message.message_id, query.from.id
  if db.exec("DELETE FROM likes WHERE chat = ? AND message = ? AND person = ?", chat, message, person) == 0 then
    db.exec("INSERT INTO likes VALUES(?, ?, ?)", chat, message, person)
  end
  local count = db.one("SELECT count(*) AS n FROM likes WHERE chat = ? AND message = ?", chat, message).n
  query:edit(query.message.text, { reply_markup = button(count) })
end)

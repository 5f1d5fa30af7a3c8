-- A bot for kit_spec.lua: it does a little of everything.
local bot, db, http, keyboard = require "bot", require "db", require "http", require "keyboard"
local log, telegram = require "log", require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS notes(chat INTEGER, text TEXT)"

bot.after(0, function() log.info "as soon as it may" end)

bot.command("buttons", function(message)
  message:answer("Выбирайте", { reply_markup = keyboard.inline { { { "Да (1)", "yes" }, { "Нет", "no" } } } })
end)

bot.callback("^(%a+)$", function(query, what)
  query:answer("вы сказали " .. what)
  query:edit("Выбрано: " .. what)
end)

bot.command("file", function(message)
  local document = telegram.bytes("a;b\n1;2\n", "table.csv")
  telegram.send_document { chat_id = message.chat.id, document = document, caption = "Таблица" }
end)

bot.on("message:document", function(message)
  message:answer(telegram.download(message.document.file_id))
end)

bot.on("message:sticker", function(message) message:answer("стикер") end)
bot.on("edited_message", function(message) message:answer("исправлено: " .. message.text) end)
bot.on("poll_answer", function(answer)
  telegram.send_message { chat_id = answer.user.id, text = "голос " .. answer.option_ids[1] }
end)

bot.on("inline_query", function(query)
  telegram.answer_inline_query { inline_query_id = query.id, results = { { type = "article", id = "1", title = query.query,
    input_message_content = { message_text = query.query } } } }
end)

bot.on("album", function(messages) messages[1]:answer("альбом: " .. #messages) end)

bot.on("my_chat_member", function(change) log.info("a change of " .. change.from.first_name) end)

bot.command("note", function(message, text)
  db.exec("INSERT INTO notes VALUES (?, ?)", message.chat.id, text)
  message:answer("Записано: " .. db.one("SELECT count(*) AS n FROM notes").n)
end)

bot.match("^курс (.*)$", function(message, address)
  local answer, err = http.get(address)
  message:answer(answer and answer.status .. " " .. answer.body or tostring(err))
end)
bot.match("^сообщи (.*)$", function(message, address)
  message:answer(http.post(address, { from = message.from.first_name }).content_type)
end)

bot.command("time", function(message) message:answer(os.date("%Y-%m-%d %H:%M", os.time())) end)
bot.command("sql", function(message) message:answer(db.one("SELECT datetime('now') AS now").now) end)
bot.command("later", function(message) bot.after(3600, function() message:answer("час прошёл") end) end)
bot.command("quit", function(message)
  os.exit()
  message:answer("До свидания")
end)
bot.command("fail", function() error("так нельзя") end)
bot.match("^скажи (.*)$", function(message, text) message:answer(text) end)

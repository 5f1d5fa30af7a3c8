-- Mistakes that would be ignored: silence_spec.lua looks for each.
local bot, db, keyboard = require "bot", require "db", require "keyboard"

db.exec "CREATE TABLE t(name, note)"

bot.command("sql", function() db.exec("INSERT INTO t VALUES(:name, :note)", { nmae = "Anna", note = "x" }) end)
bot.command("list", function() db.exec("INSERT INTO t VALUES(:name, :note)", { name = "Anna", "x" }) end)
bot.command("absent", function(message)
  db.exec("INSERT INTO t VALUES(:name, :note)", { name = "Anna" })
  message:answer(db.one "SELECT count(*) AS n FROM t WHERE name = 'Anna' AND note IS NULL".n)
end)

bot.command("answer", function(message) message:answer { text = "hi" } end)
bot.command("reply", function(message)
  return message:reply { "hi" } end)
bot.command("dot", function(message) message.answer("hi") end)

bot.command("label", function(message)
  for _ = 1, 3 do message:answer("Press", { reply_markup = keyboard.reply { " Клик ", "Ещё" } }) end
end)

bot.command("/LABEL", function(message) message:answer "never" end)

-- A bot for dialogue_spec.lua: orders, by dialogue and by states.
local bot, db, fsm, telegram = require "bot", require "db", require "fsm", require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS without_steps(yes INTEGER)"

db.exec "CREATE TABLE IF NOT EXISTS without_albums(yes INTEGER)"

bot.command("drop", function(_, what)
  db.exec(what == "albums" and "INSERT INTO without_albums VALUES(1)" or "INSERT INTO without_steps VALUES(1)")
end)
bot.command("order", function(message) message:ask("Что?", "what", nil, { timeout = 60 }) end)
bot.command("cancel", function(message) message:answer("отменено") end)

if db.one "SELECT * FROM without_steps" then
  return bot.otherwise(function(message) message:answer("другое: " .. message.text) end)
end

bot.text("опрос", function(message) message:ask("Что?", "what") end)

bot.on("message:successful_payment", function(message) message:answer("оплачено") end)

bot.step("what", function(message)
  if not message.text then return message:again("Только словами. Что?") end
  if message.text == "назад" then return message:back() end
  if message.text == "нет" then return message:again("А что же?") end
  message:ask(("Сколько «%s»?"):format(message.text), "count", { what = message.text, list = { 1, { deep = true } } })
end)

bot.step("count", function(message, data)
  if message.text == "назад" then return message:back() end
  if message.text == "бросить" then error("no good") end
  if message.text == "бросить потом" then
    message:answer("сейчас...")
    error("no good either")
  end
  if message.text == "подумать" then
    message:answer("думаю...")
    return message:answer("думаю ещё...") and message:again()
  end
  if message.text == "дважды" then message:ask("Правда?", "sure", { what = data.what, count = 2 }) end
  if message.text == "запомнить" then
    db.exec "CREATE TABLE kept(yes INTEGER)"
    message:answer("запомнил")
    error("too late")
  end
  local count = math.tointeger(tonumber(message.text))
  if message.text == "дважды" then count = 2 end
  if not count then return message:again() end
  message:ask("Точно?", "sure", { what = data.what, count = count, deep = data.list[2].deep })
end)

bot.step("sure", function(message, data)
  if message.text == "назад" then return message:back() end
  message:answer(("%d × %s %s"):format(data.count, data.what, data.deep))
end)

bot.text("первый назад", function(message) message:answer(tostring(select(2, message:back()))) end)
bot.command("name", function(message)
  message:ask("Имя?", "name", nil, { reply_markup = { inline_keyboard = { { { text = "Аноним", callback_data = "anonymous" } },
    { { text = "Иначе", callback_data = "other" } } } } })
end)
bot.step("name", function(message) message:answer("Привет, " .. message.text) end)
bot.callback("^anonymous$", function(query)
  query:finish()
  query.message:answer("Привет, никто")
end)
bot.callback("^other$", function(query) query:ask("Как же?", "name") end)

bot.command("quiz", function(message)
  message:ask("Столица?", "guess", { answer = "Париж" }, { timeout = 30, expired = "late" })
end)
bot.step("guess", function(message, data)
  if message.text == "подсказка" then return message:again("Столица, ещё раз?") end
  message:answer(message.text == data.answer and "Верно" or "Нет")
end)
bot.job("late", function(what)
  telegram.send_message { chat_id = what.chat, text = ("Время вышло: %s, %s"):format(what.data.answer, what.step) }
end)

bot.command("rows", function(message) message:answer(tostring(db.one("SELECT count(*) AS n FROM lunokhod_steps").n)) end)

bot.command("photos", function(message) message:ask("Фото?", "photos") end)
bot.step("photos", function(message) message:answer(#message.album .. " фото") end)
if not db.one "SELECT * FROM without_albums" then
  bot.on("album", function(messages) messages[1]:answer("альбом из " .. #messages) end)
end

bot.command("pictures", function(message) message:ask("Картинка?", "picture") end)
bot.step("picture", function(message) message:ask("Подпись?", "caption") end)
bot.step("caption", function(message) message:answer("подпись: " .. tostring(message.text)) end)

bot.text("провал", function(message)
  coroutine.wrap(function() message:ask("Что?", "what") end)() -- can't wait there, and the row is written by then
end)

bot.command("bad", function(message)
  for _, wrong in ipairs {
    function() message:ask("?", "nowhere") end, function() message:ask("?", nil) end,
    function() message:ask("?", "name", { f = print }) end, function() message:ask("?", "name", 1, { timeout = "soon" }) end,
    function() message:again() end, function() fsm.set(message, "nowhere") end,
    function() message:ask("?", "name", 1, { expired = "late" }) end,
    function() message:ask("?", "name", 1, { timeout = 1, expired = "nowhere" }) end,
    function() message:ask("", "name") end, function() fsm.get({}) end,
  } do
    message:answer((select(2, pcall(wrong))))
  end
end)

fsm.state("counting", function(message, data)
  if message.text == "хватит" then
    fsm.clear(message)
    return message:answer("всего " .. data.n)
  end
  fsm.set(message, "counting", { n = data.n + 1 })
  message:answer(tostring(data.n + 1))
end)
bot.command("count", function(message) fsm.set(message, "counting", { n = 0 }) end)
bot.command("state", function(message) message:answer(tostring((fsm.get(message)))) end)

bot.otherwise(function(message) message:answer("иначе: " .. message.text) end)

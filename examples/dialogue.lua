-- A dialogue of two questions. It can go back, it checks the answers, and it survives a restart.
local bot = require "bot"
local db = require "db"

db.exec "CREATE TABLE IF NOT EXISTS bookings(chat INTEGER, name TEXT, guests INTEGER)"

bot.command("book", function(message)
  message:ask("На чьё имя столик?", "name")
end)

bot.step("name", function(message)
  if not message.text then return message:again("Напишите имя словами.") end -- a sticker, a photo
  message:ask("Сколько вас будет?", "guests", { name = message.text })
end)

bot.step("guests", function(message, booking)
  if message.text == "назад" then
    return message:back()
  end
  local guests = math.tointeger(tonumber(message.text))
  if not guests or guests < 1 or guests > 12 then
    return message:again("Напишите числом, от 1 до 12.")
  end
  db.exec("INSERT INTO bookings VALUES(?, ?, ?)", message.chat.id, booking.name, guests)
  message:answer(("Столик на имя %s, гостей: %d. Ждём!"):format(booking.name, guests))
end)

bot.command("cancel", function(message) -- any command ends a dialogue
  message:answer("Хорошо, в другой раз.")
end)

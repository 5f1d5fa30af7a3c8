-- The clicker: a button that counts. Its rating is in rating.lua.
local bot = require "bot"
local backup = require "backup"
local keyboard = require "keyboard"
local users = require "users"

local stranger = "Вы не зарегистрированы"

bot.command("start", function(message)
  local name = message.from and message.from.first_name or message.chat.title or ""
  if users.register(users.id_of(message), name) then
    backup.now()
  end
  message:answer("Приветствую " .. name, { reply_markup = keyboard.reply { "Клик", "Рейтинг" } })
end, "Кликер")

bot.text("Клик", function(message)
  local clicks = users.click(users.id_of(message))
  message:answer(clicks and ("Кликов: %d 🏆"):format(clicks) or stranger)
end)

-- Not in groups, where people talk to each other.
bot.otherwise(function(message)
  if message.chat.type == "private" and not users.is_registered(users.id_of(message)) then
    message:answer(stranger)
  end
end)

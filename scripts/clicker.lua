-- The clicker: a button that counts. Its rating is in rating.lua.
local bot = require "bot"
local backup = require "backup"
local keyboard = require "keyboard"
local locale = require "locale"
local users = require "users"

locale.add("ru", { clicker = {
  start = "Кликер", help = "Что умеет бот",
  hello = "Приветствую %{name}", stranger = "Вы не зарегистрированы",
  click = "Клик", rating = "Рейтинг", clicks = "Кликов: %{count} 🏆",
  hint = "Клик. Или калории: 350 борщ",
  about = "«Клик» считает клики, «Рейтинг» показывает, кто впереди.\n"
    .. "Ещё я считаю калории: напишите, сколько съедено, например 350 борщ. Подробнее: /calories",
} })
locale.add("en", { clicker = {
  start = "Clicker", help = "What the bot can do",
  hello = "Hello %{name}", stranger = "You are not registered",
  click = "Click", rating = "Rating", clicks = { one = "%{count} click 🏆", other = "%{count} clicks 🏆" },
  hint = "Click. Or calories: 350 soup",
  about = "“Click” counts your clicks, “Rating” shows who leads.\n"
    .. "I count calories, too: write what you ate, such as 350 soup. More: /calories",
} })

local function keys(message, say)
  local options = message.chat.type == "private" and { input_field_placeholder = say "clicker.hint" } or nil
  return keyboard.reply({ say "clicker.click", say "clicker.rating" }, options)
end

bot.command("start", function(message)
  local say = locale.of(message)
  local name = message.from and message.from.first_name or message.chat.title or ""
  if users.register(users.id_of(message), name) then
    backup.now()
  end
  message:answer(say("clicker.hello", { name = name }), { reply_markup = keys(message, say) })
end, locale.all "clicker.start")

bot.command("help", function(message)
  local is_known = users.is_registered(users.id_of(message))
  message:answer(locale.of(message)(is_known and "clicker.about" or "clicker.stranger"))
end, locale.all "clicker.help")

bot.text({ "Клик", "Click" }, function(message)
  local clicks, say = users.click(users.id_of(message)), locale.of(message)
  message:answer(clicks and say("clicker.clicks", { count = clicks }) or say "clicker.stranger")
end)

-- Not in groups, where people talk to each other.
bot.otherwise(function(message)
  if message.chat.type == "private" and not users.is_registered(users.id_of(message)) then
    message:answer(locale.of(message) "clicker.stranger")
  end
end)

-- A bot in two languages, for locale_spec.lua. A text that begins with "lua " is run.
local bot = require "bot"
local locale = require "locale"
local text = require "text"

locale.add("ru", {
  hello = "Привет, %{name}!", only = "только по-русски",
  clicks = {
    one = "%{count} клик", few = "%{count} клика", many = "%{count} кликов", zero = "ни клика", other = "%{count} клика",
  },
  commands = { start = "Начать", go = "Вперёд" },
})
locale.add("en", "texts/en.json")

bot.command("start", function(message)
  local say = locale.of(message)
  message:answer(say("hello", { name = text.bold(message.from.first_name) }))
end, locale.all "commands.start")
bot.command("go", function(message) message:answer(locale.language(message)) end, locale.all "commands.go")
bot.match("^lang (%S+)$", function(message, language)
  locale.choose(message, language ~= "own" and language or nil)
  message:answer(locale.of(message) "only")
end)
bot.match("^clicks (%S+)$", function(message, count)
  message:answer(locale.of(message)("clicks", { count = math.tointeger(count) or tonumber(count) }))
end)
bot.match("^lua (.+)$", function(message, code) message:answer(tostring(load(code, "=said")())) end)

-- A bot for menu_spec.lua: its description has a text in English.
local bot = require "bot"

bot.command("tea", function(message) message:answer "Чай" end, { "Чай", en = "Tea" })

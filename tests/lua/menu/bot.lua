-- A bot for menu_spec.lua: its menu changes with the hour in which it is loaded.
local bot = require "bot"

bot.command("tea", function(message) message:answer("Чай") end, os.date("Чай, %H часов"))

-- A menu that each load in another hour changes.
local bot = require "bot"

bot.command("tea", function(message) message:answer("Чай") end, os.date("Чай, %H часов"))

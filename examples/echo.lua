-- The smallest bot: it repeats what it gets.
local bot = require "bot"

bot.command("start", function(message) message:answer "Напишите мне что-нибудь, и я повторю." end)

bot.on("message:text", function(message) message:answer(message.text) end)

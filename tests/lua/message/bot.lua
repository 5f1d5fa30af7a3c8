-- A pinned message is answered, and buttons too.
local bot = require "bot"
local keyboard = require "keyboard"

bot.text("pin", function(message) message:pin() end)
bot.on("message:pinned_message", function(message) message.pinned_message:reply "it was pinned" end)

bot.text("button", function(message) message:answer("press", { reply_markup = keyboard.inline { { "open" } } }) end)
bot.callback("open", function(query) query:answer("a window", { alert = true }) end)

local bot, util = require "bot", require "util"

bot.command("start", function(message) message:answer(util.greet()) end)

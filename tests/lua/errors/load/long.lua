local bot = require "bot"

bot.command(("x"):rep(33), print)

local bot = require "bot"

bot.match("100%", print)

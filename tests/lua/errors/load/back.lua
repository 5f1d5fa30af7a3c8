local bot = require "bot"

bot.match("(a)%2", print)

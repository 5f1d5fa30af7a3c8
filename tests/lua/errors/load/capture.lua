local bot = require "bot"

bot.match("(%d+", print)

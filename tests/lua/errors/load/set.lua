local bot = require "bot"

bot.callback("^[a-z", print)

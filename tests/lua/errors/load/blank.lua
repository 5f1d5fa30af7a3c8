local bot = require "bot"

bot.command("two words", print)

local bot = require "bot"

bot.command("помощь", print, "Help")

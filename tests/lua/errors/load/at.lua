local bot = require "bot"

bot.command("a@b", print)

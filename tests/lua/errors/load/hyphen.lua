local bot = require "bot"

bot.command("my-cmd", print)

local keyboard = require "keyboard"
keyboard.inline(5)

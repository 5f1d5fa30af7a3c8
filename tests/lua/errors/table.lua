local keyboard = require "keyboard"
if keyboard then error { code = 42 } end

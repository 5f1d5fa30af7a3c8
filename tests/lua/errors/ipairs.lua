local keyboard = require "keyboard"
keyboard.reply(setmetatable({}, { __index = 5 })) -- Lua's ipairs, which the host calls, raises without a place

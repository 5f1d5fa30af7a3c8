-- Misspelt names: spelling_spec.lua says "run" and a piece of Lua, and looks at the error or the warning.
local bot = require "bot"

bot.job("work", function() end)
bot.step("amount", function() end)

bot.match("^run (.*)$", function(message, text)
  local chunk = assert(load("local bot, message = require 'bot', ... " .. text, "=said"))
  local result = chunk(message)
  message:answer(tostring(result))
end)

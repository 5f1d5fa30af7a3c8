-- A script, and shared code of another.
local bot = require "bot"

bot.use(function(_, go_on)
  print "middleware"
  go_on()
end)
bot.job("tick", function() print "tick" end)

return { greet = function() return "hi" end }

-- A bot for time_spec.lua: it answers with the values of an expression.
local bot, time = require "bot", require "time"

local function show(value)
  return math.type(value) == "float" and value % 1 == 0 and ("%d"):format(value) or tostring(value)
end

bot.match("^= (.*)$", function(message, code)
  local results = table.pack(pcall(assert(load("local time = ...; return " .. code)), time))
  local texts = {}
  for i = 2, results.n do texts[#texts + 1] = show(results[i]) end
  message:answer(table.concat(texts, " | "))
end)

-- Calls with which a bot could wipe what its backup needs: /do METHOD {PARAMETERS}
local bot, json, telegram = require "bot", require "json", require "telegram"

bot.match("^/do (%S+) (.*)$", function(message, method, parameters)
  local result, err = telegram[method](json.decode(parameters))
  message:answer(result and "done" or err.description)
end)

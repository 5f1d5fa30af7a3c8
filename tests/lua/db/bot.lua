-- What a person writes is Lua, and the answer is what it returns. Each spec says its own schema and SQL.
local bot = require "bot"

bot.on("message:text", function(message)
  local result = assert(load(message.text, "=said"))(message)
  message:answer(tostring(result))
end)

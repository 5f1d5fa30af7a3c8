-- Inspects each text as if it were a script of its own. It has these tables, a step "norm" and a job "remind".
local bot, db = require "bot", require "db"

db.exec [[
  CREATE TABLE IF NOT EXISTS users(id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE IF NOT EXISTS notes(user_id INTEGER, text TEXT)]]

bot.step("norm", function() end)
bot.job("remind", function() end)

bot.match(".", function(message)
  local lines = require "core.inspection".of_text(message.text, { step = { norm = {} }, job = { remind = {} } })
  message:answer(#lines > 0 and table.concat(lines, "\n") or "fine")
end)

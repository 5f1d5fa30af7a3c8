-- Ways to fail, whose lines errors_spec.lua names.
local bot, telegram = require "bot", require "telegram"

bot.command("loop", function() while true do end end)
bot.command("tail", function(message)
  return message:answer(function() end) end)
bot.command("misuse", function(message)
  message:answer(print)
end)
bot.command("table", function() error { code = 42, message = "sold out" } end)
bot.command("text", function() error(setmetatable({}, { __tostring = function() return "own words" end })) end)
bot.command("amiss", function() error(setmetatable({}, { __tostring = function() error "oops" end })) end)
bot.command("heavy", function() error(setmetatable({}, { __tostring = function() while true do end end })) end)
bot.command("nothing", function() error() end)
bot.command("plain", function() error("as it is", 0) end)

local function deep(message) telegram.send_message { chat_id = message.chat.id, text = print } end
bot.command("deep", function(message) deep(message) end)

bot.job("work", function() error "at work" end)
bot.command("job", function() bot.after(1, "work", { who = "Anna" }) end)
bot.command("later", function() bot.after(1, function() while true do end end) end)
bot.command("zero", function() error "a\0b" end)
bot.command("zero_caught", function(message)
  local _, err = pcall(error, "a\0b", 1)
  message:answer(tostring(err:byte(-2)))
end)

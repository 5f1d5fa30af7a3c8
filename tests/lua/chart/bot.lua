-- A bot for chart_spec.lua: it draws what it is told to. /chart { values = { 1, 2 } }
local bot = require "bot"
local chart = require "chart"
local telegram = require "telegram"

bot.command("chart", function(message, arguments)
  local is_fine, png, err = pcall(chart.bars, load("return " .. arguments)())
  if is_fine and png then
    telegram.send_document { chat_id = message.chat.id, document = telegram.bytes(png, "chart.png") }
  else
    message:answer((is_fine and "error: " or "mistake: ") .. tostring(png or err))
  end
end)

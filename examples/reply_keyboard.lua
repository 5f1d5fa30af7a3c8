-- A reply keyboard: a pressed button sends its label as a message.
local bot = require "bot"
local keyboard = require "keyboard"

local SIZES = { "Маленькая", "Средняя", "Большая" }

bot.command("start", function(message)
  message:answer("Какую пиццу испечь?", { reply_markup = keyboard.reply { { SIZES[1], SIZES[2] }, { SIZES[3] } } })
end)

for _, size in ipairs(SIZES) do
  bot.text(size, function(message)
    message:answer(size .. " пицца уже в печи 🍕", { reply_markup = keyboard.remove() })
  end)
end

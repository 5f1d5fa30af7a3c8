-- Who waits for a handler that waits.
local bot = require "bot"
local telegram = require "telegram"

local function slow(message)
  telegram.get_chat { chat_id = message.chat.id } -- the spec makes it slow
  message:answer("slow " .. message.from.first_name)
end

bot.command("chat", slow)
bot.command("user", slow, { order = "user" })
bot.command("none", slow, { order = "none" })
bot.command("fast", function(message) message:answer("fast " .. message.from.first_name) end)
bot.command("document", function(message)
  telegram.send_document { chat_id = message.chat.id, document = telegram.bytes("x", "x.txt") }
  message:answer "sent"
end, { order = "user" })

local asking = bot.router()
asking.order "none"
asking.command("ask", function(message) message:ask("What?", "what") end)
asking.step("what", function(message)
  slow(message)
  message:answer("it is " .. message.text)
end)

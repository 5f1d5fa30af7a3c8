-- Answers that stay where the message came from, and dialogues of each thread.
local bot = require "bot"

local function converse(message)
  if message.text == "ask" then
    message:ask("Name?", "name", nil, { quiet = true })
  elseif message.text == "edit" then
    message:edit("edited", { quiet = true })
  elseif message.text == "delete" then
    message:delete { quiet = true }
  elseif message.text == "bold" then
    message:answer(require "text".bold "fat", { quiet = true })
  elseif message.text == "reply" then
    message:reply("reply", { quiet = true })
  else
    message:answer("route: " .. message.text, { quiet = true })
  end
end

bot.on("business_message", converse)
bot.on("guest_message", converse)
bot.on("message:text", converse)
bot.step("name", function(message) message:answer("name: " .. message.text, { quiet = true }) end)
bot.callback(".", function(query)
  query:edit("pressed", { quiet = true })
  query:reply("pressed", { quiet = true })
  query:delete { quiet = true }
end)
bot.on("album", function(messages)
  print(("album of %d in %s"):format(#messages, messages[1].chat.type))
end)

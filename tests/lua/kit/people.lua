-- A bot for people_spec.lua: it says what it has heard.
local bot, http, json, keyboard = require "bot", require "http", require "json", require "keyboard"
local telegram = require "telegram"

local function member_of(name)
  bot.on(name, function(change)
    local text = ("%s %s"):format(change.from.first_name, change.new_chat_member.status)
    telegram.send_message { chat_id = change.chat.id, text = text }
  end)
end
member_of "chat_member"

bot.on("chat_join_request", function(request)
  telegram.send_message { chat_id = request.from.id, text = "asks: " .. tostring(request.bio) }
  telegram.approve_chat_join_request { chat_id = request.chat.id, user_id = request.from.id }
end)

bot.command("link", function(message)
  local link = telegram.create_chat_invite_link { chat_id = message.chat.id, creates_join_request = true }
  message:answer(link.invite_link)
end)

bot.command("ask", function(message)
  message:answer("Who?", { reply_markup = keyboard.reply {
    { text = "Contact", request_contact = true }, { text = "Place", request_location = true },
    { text = "App", web_app = { url = "https://e.org" } },
  } })
end)

bot.command("get", function(message, url)
  local answer, err = http.get(url)
  message:answer(answer and answer.body or err.text)
end)

bot.command("call", function(message, name)
  local result, err = telegram[name] { chat_id = message.chat.id }
  message:answer(err and err.text or json.encode(result))
end)

bot.command("sign", function(message) message:answer "1 (of 2)" end)

bot.on("business_message", function(message)
  telegram.send_message { chat_id = message.chat.id, business_connection_id = message.business_connection_id,
    text = ("%s to %s: %s"):format(message.from.first_name, message.chat.first_name, message.text) }
end)
bot.on("business_connection", function(connection)
  telegram.send_message { chat_id = connection.user.id, text = "connected: " .. tostring(connection.is_enabled) }
end)
bot.on("message_reaction", function(reaction)
  local first = reaction.new_reaction[1]
  telegram.send_message { chat_id = reaction.chat.id, text = "reaction: " .. (first and first.emoji or "none") }
end)

bot.on("message:contact", function(message) message:answer("contact of " .. message.contact.user_id) end)
bot.on("message:location", function(message) message:answer "location" end)
bot.on("message:web_app_data", function(message) message:answer("data " .. message.web_app_data.data) end)
bot.on("message:forward_origin", function(message)
  local origin = message.forward_origin
  message:answer(("forwarded from %s: %s"):format(origin.sender_user and origin.sender_user.first_name, message.text))
end)
bot.on("message:is_topic_message", function(message)
  message:answer(message.text and "topic: " .. message.text or "a new topic")
end)

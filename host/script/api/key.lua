-- Whose dialogue is it? Who has written the message, or pressed the button, in that chat. Where the bot itself has written, it is
-- the person of the private chat.
local function person_of(message)
  local from = message.from or message.sender_chat
  if from and not from.is_bot then return from.id end
  return message.chat.type == "private" and message.chat.id or not from and message.chat.id or nil
end

return function(message, name)
  local is_press = type(message) == "table" and message.data ~= nil and message.from ~= nil and not message.chat
  local chat = type(message) == "table" and (message.chat or message.message and message.message.chat)
  local person = chat and (is_press and message.from.id or not is_press and person_of(message))
  if not person then
    error(("%s: a message or a callback query of a person expected"):format(name), 3)
  end
  return { chat = chat.id, person = person, message = message }
end

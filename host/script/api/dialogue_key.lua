-- The key of a dialogue: a chat, a thread in it, and the person there who wrote the message or pressed the button. Somebody
-- who writes in the name of a chat counts as that chat. A message of the bot itself stands for the person of its private chat.
local core = require "core.script"
local thread = require "core.thread"

local key = {}

--- The id of the author of an incoming message.
function key.author(message)
  return (message.sender_chat or message.from or message.chat).id
end

local function person_of(message)
  local from = message.from
  if from and (from.is_bot or message.sender_business_bot) and not message.sender_chat then
    return message.chat.type == "private" and message.chat.id or nil
  end
  return key.author(message)
end

--- { chat, person, thread, message } of a message or a callback query.
function key.of(message, name)
  local is_table = type(message) == "table"
  local is_press = is_table and message.data ~= nil and message.from ~= nil and not message.chat
  local chat = is_table and (message.chat or message.message and message.message.chat)
  local person = chat and (is_press and message.from.id or not is_press and person_of(message))
  if not person then
    core.misuse(("%s: a message or a callback query of a person expected"):format(name))
  elseif chat.type == "channel" then
    core.misuse(("%s: in a channel nobody answers"):format(name))
  end
  local in_thread = thread.key(is_press and message.message or message)
  return { chat = chat.id, person = person, thread = in_thread, message = message }
end

return key

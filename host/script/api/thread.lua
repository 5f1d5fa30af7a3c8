-- The thread of a message: the part of a chat in which an answer belongs. A topic of a forum, the messages of one person to a
-- channel, the account of a person for whom the bot answers.
local stable_json = require "core.stable_json"

local thread = {}

--- The parameters that keep a message which the bot sends in the thread of this one; a new table.
function thread.parameters(message)
  local topic = message.direct_messages_topic
  return {
    business_connection_id = message.business_connection_id,
    message_thread_id = message.is_topic_message and message.message_thread_id or nil,
    direct_messages_topic_id = topic and topic.topic_id or nil,
  }
end

--- The same as a text, "" for a message that is in no thread.
function thread.key(message)
  local parameters = thread.parameters(message)
  return next(parameters) and stable_json.encode(parameters) or ""
end

--- The reverse of key.
function thread.of_key(key)
  return key ~= "" and stable_json.decode(key) or {}
end

return thread

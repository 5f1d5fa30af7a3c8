-- The thread of a message: the part of a chat in which an answer belongs. A topic of a forum, the messages of one person to a
-- channel, the account of a person for whom the bot answers.
local stable_json = require "core.stable_json"

local thread = {}

--- Adds the parameters that keep a message which the bot sends in the thread of this one; to a new table where none is given.
--- Most messages are in no thread: so nothing is written that is not there, and the table has no room for it.
function thread.parameters(message, parameters)
  parameters = parameters or {}
  local connection, topic = message.business_connection_id, message.direct_messages_topic
  if connection then parameters.business_connection_id = connection end
  if message.is_topic_message then parameters.message_thread_id = message.message_thread_id end
  if topic then parameters.direct_messages_topic_id = topic.topic_id end
  return parameters
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

-- Whom something is about: the person and the chat of a message, a callback query, any other part of an update, or an update.
local core = require "core.script"

local whose = {}

-- The part of an update that tells what has happened; anything else is itself.
local function payload_of(what)
  if type(what) ~= "table" or what.update_id == nil then return what end
  for name, value in pairs(what) do
    if name ~= "update_id" and type(value) == "table" then return value[1] or value end
  end
end

local function complain(name, wanted)
  core.misuse(("%s: a message, an update or %s expected"):format(name, wanted))
end

--- The User object of the person; of a chat that writes in its own name, the chat. name: of the function, for the error.
function whose.person(what, name)
  local payload = payload_of(what)
  if type(payload) ~= "table" then complain(name, "a person") end
  local person = payload.sender_chat or payload.from or payload.user or payload.chat or payload.id and payload
  if type(person) ~= "table" or math.type(person.id) ~= "integer" then complain(name, "a person") end
  return person
end

--- The id of the chat.
function whose.chat(what, name)
  local payload = payload_of(what)
  if type(payload) ~= "table" then complain(name, "a chat") end
  local chat = payload.chat or payload.message and payload.message.chat or payload.title and payload
  if type(chat) ~= "table" or math.type(chat.id) ~= "integer" then complain(name, "a chat") end
  return chat.id
end

return whose

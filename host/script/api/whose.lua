-- Whom something is about: the person and the chat of a message, a callback query, any other part of an update, or an update.
local core = require "core.script"

local is_table, has_id = core.is_table, core.has_id -- a local costs less than a global

local whose = {}

local function complain(name, wanted)
  core.misuse(("%s: a message, an update or %s expected"):format(name, wanted))
end

-- The part of an update that tells what has happened; of an album its first message.
local function payload_of(update)
  for name, value in pairs(update) do
    if name ~= "update_id" and is_table(value) then
      local payload = value[1] or value
      return is_table(payload) and payload or nil
    end
  end
end

-- What has the fields that are looked for, of what is none of those itself: the payload of an update.
local function subject_of(what, name, wanted)
  return is_table(what) and payload_of(what) or complain(name, wanted)
end

--- The User object of the person; of a chat that writes in its own name, the chat. name: of the function, for the error.
function whose.person(what, name)
  -- An update has no `from`; a message that has one is found out by it without a look for a method called update_id.
  local is_subject = is_table(what) and (what.from or what.update_id == nil)
  local subject = is_subject and what or subject_of(what, name, "a person")
  local person = subject.sender_chat or subject.from or subject.user or subject.chat or subject.id and subject
  if not has_id(person) then complain(name, "a person") end
  return person
end

--- The id of the chat.
function whose.chat(what, name)
  local subject = is_table(what) and what.update_id == nil and what or subject_of(what, name, "a chat")
  local chat = subject.chat or subject.message and subject.message.chat or subject.title and subject
  if not has_id(chat) then complain(name, "a chat") end
  return chat.id
end

return whose

-- Who is an administrator of a chat, for the filter "admin". What Telegram has answered is remembered for minutes, and kept
-- right by chat_member and my_chat_member. Telegram sends the former to administrators only, so a bot that is none learns of a
-- change when the time is over.
local core = require "core.telegram"

local chat_admin = {}

local KNOWN_FOR = 300 -- seconds
local CHATS_MAX = 1000
local ANONYMOUS = 1087968824 -- the user that Telegram names for an administrator who writes in the group's name

local is_watched = false
local known, count = {}, 0 -- chat -> { user -> { is_admin, until } }

--- Somebody asks: from now on updates about members are wanted.
function chat_admin.watch() is_watched = true end
function chat_admin.is_watched() return is_watched end

local function is_admin_status(status)
  return status == "creator" or status == "administrator"
end

local function remember(chat, user, is_admin)
  if not known[chat] then
    if count >= CHATS_MAX then known, count = {}, 0 end
    known[chat], count = {}, count + 1
  end
  known[chat][user] = { is_admin = is_admin, over_at = os.time() + KNOWN_FOR }
end

--- For every update about a member.
function chat_admin.take(update_type, change)
  if not is_watched then return end
  if update_type == "my_chat_member" then
    if known[change.chat.id] then known[change.chat.id], count = nil, count - 1 end
  elseif update_type == "chat_member" then
    remember(change.chat.id, change.new_chat_member.user.id, is_admin_status(change.new_chat_member.status))
  end
end

--- Is what the person does in the message's chat done by an administrator? May ask Telegram. Where it gives no answer: no.
function chat_admin.is_admin(message, person)
  local chat, sender = message.chat, message.sender_chat
  if not chat or chat.type == "private" then return false end
  if chat.type == "channel" or sender and sender.id == chat.id and (not person or person.id == ANONYMOUS) then return true end
  if not person then return false end
  local found = known[chat.id] and known[chat.id][person.id]
  if found and os.time() < found.over_at then return found.is_admin end
  local member = core.call("getChatMember", { chat_id = chat.id, user_id = person.id })
  if not member then return false end
  remember(chat.id, person.id, is_admin_status(member.status))
  return known[chat.id][person.id].is_admin
end

return chat_admin

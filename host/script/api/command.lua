-- Commands: /name, /name@bot, /name arguments.
local core = require "core.script"

local command = {}

local function is_ours(addressee)
  local me = core.me()
  return addressee == "" or not me or not me.username or addressee:lower() == me.username:lower()
end

--- Reads a text as a command: its name in lower case, its arguments, and whether it is meant for this bot, and not for another
--- one of the same group. nil: it is no command.
function command.read(text)
  if not text or text:byte() ~= 47 then return nil end -- "/"
  local name, addressee, arguments = text:match("^/([%w_\x80-\xff]+)@?([%w_]*)%s*(.*)$")
  if name then return name:lower(), arguments, is_ours(addressee) end
end

--- Can a text be this command? Telegram marks only those of a-z, 0-9 and _; one in another alphabet is a text that begins so.
function command.is_name(name)
  local length = utf8.len(name)
  return length ~= nil and length <= 32 and name:find "^[%w_\x80-\xff]+$" ~= nil
end

return command

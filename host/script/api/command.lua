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
  local name, addressee, arguments = text:match("^/([%w_]+)@?([%w_]*)%s*(.*)$")
  if name then return name:lower(), arguments, is_ours(addressee) end
end

return command

-- Commands: /name, /name@bot, /name arguments.
local core = require "core.script"

local command = {}

local function is_ours(addressee)
  local me = core.me()
  return addressee == "" or not me or not me.username or addressee:lower() == me.username:lower()
end

-- One message is read by its dialogue, by its look-up and by its route.
local last_text, last_name, last_addressee, last_arguments

--- Reads a text as a command: its name, the same for any case of its letters, its arguments, and whether it is meant for this
--- bot, and not for another one of the same group. nil: it is no command.
function command.read(text)
  if not text or text:byte() ~= 47 then return nil end -- "/"
  if text ~= last_text then
    local name, addressee, arguments = text:match("^/([%w_\x80-\xff]+)@?([%w_]*)%s*(.*)$")
    last_text, last_name, last_addressee, last_arguments = text, name and core.fold(name), addressee, arguments
  end
  if last_name then return last_name, last_arguments, is_ours(last_addressee) end
end

--- What a person has written: the text, or what stands below a photo or a file.
function command.text_of(message)
  return message.text or message.caption
end

--- Can a text be this command? Telegram marks only those of a-z, 0-9 and _; one in another alphabet is a text that begins so.
function command.is_name(name)
  local length = utf8.len(name)
  return length ~= nil and length <= 32 and name:find "^[%w_\x80-\xff]+$" ~= nil
end

return command

-- The menu of commands that Telegram shows beside the text field: the commands of the scripts that have a description. It is
-- read once after each load, and written where it differs. Where no command has a description, the menu is the operator's own.
local core = require "core.script"
local log = require "log"
local schedule = require "core.schedule"

local menu = {}

local AGAIN_AFTER = 60 -- seconds, where Telegram could not be asked
local commands = {}

local function is_same(shown)
  if #shown ~= #commands then return false end
  for i, command in ipairs(commands) do
    if shown[i].command ~= command.command or shown[i].description ~= command.description then return false end
  end
  return true
end

local function write()
  local telegram = require "telegram"
  local shown, err = telegram.get_my_commands {}
  if shown and not is_same(shown) then
    shown, err = telegram.set_my_commands { commands = commands }
    if shown then log.info("the menu of commands is new; commands=" .. #commands) end
  end
  if not shown then
    log.warn("can't write the menu of commands: " .. tostring(err))
    if err.kind ~= "refused" then schedule.after(AGAIN_AFTER, write, true) end
  end
end

-- Checked while the script loads, because Telegram would refuse the whole menu, later, with no more than a line in the log.
local function check(name, description)
  if #name > 32 or name:find("[^%l%d_]") then
    core.misuse(("bot.command: a command of the menu has up to 32 of a-z 0-9 _, unlike %q"):format(name))
  elseif (utf8.len(description) or 257) > 256 then
    core.misuse("bot.command: a description has up to 256 characters")
  end
end

function menu.add(name, description)
  check(name, description)
  if #commands == 0 then schedule.after(0, write, true) end
  commands[#commands + 1] = { command = name, description = description }
end

return menu

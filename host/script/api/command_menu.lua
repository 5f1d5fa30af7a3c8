-- The menu of commands that Telegram shows beside the text field: the commands of the scripts that have a description. It is
-- read once after each load, and written where it differs; one menu for everybody, and one for each language that a description
-- has. Where no command has a description, the menu is the operator's own.
local core = require "core.script"
local log = require "log"
local schedule = require "core.schedule"

local command_menu = {}

local AGAIN_AFTER = 60 -- seconds, where Telegram could not be asked
local added = {}       -- { command, descriptions }, where descriptions is language -> text, and "" is everybody's
local languages = {}   -- sorted; "" comes first

-- In that language; a command that has no text in it is shown in everybody's.
local function commands_in(language)
  local commands = {}
  for i, item in ipairs(added) do
    commands[i] = { command = item.command, description = item.descriptions[language] or item.descriptions[""] }
  end
  return commands
end

local function is_same(shown, commands)
  if #shown ~= #commands then return false end
  for i, command in ipairs(commands) do
    if shown[i].command ~= command.command or shown[i].description ~= command.description then return false end
  end
  return true
end

-- Returns true, or nil and the error.
local function write_one(language)
  local telegram = require "telegram"
  local code, commands = language ~= "" and language or nil, commands_in(language)
  local shown, err = telegram.get_my_commands { language_code = code }
  if not shown then return nil, err end
  if is_same(shown, commands) then return true end
  shown, err = telegram.set_my_commands { commands = commands, language_code = code }
  if shown then
    log.info(("the menu of commands is new; commands=%d%s"):format(#commands, code and " language=" .. code or ""))
  end
  return shown, err
end

local function write()
  for _, language in ipairs(languages) do
    local ok, err = write_one(language)
    if not ok then
      log.warn("can't write the menu of commands: " .. tostring(err))
      if err.kind ~= "refused" then schedule.after(AGAIN_AFTER, write, true) end
      return
    end
  end
end

local function check_length(description)
  if type(description) ~= "string" or description == "" then
    core.misuse "bot.command: a description is a text, or a table of texts by language"
  elseif (utf8.len(description) or 257) > 256 then
    core.misuse("bot.command: a description has up to 256 characters")
  end
end

-- Checked while the script loads, because Telegram would refuse the whole menu, later, with no more than a line in the log.
local function check_name(name)
  if #name > 32 or name:find("[^%l%d_]") then
    core.misuse(("bot.command: a command of the menu has up to 32 of a-z 0-9 _, unlike %q"):format(name))
  end
end

-- The description as language -> text. "pt-br" is "pt": Telegram's menus know only languages of two letters.
local function read(description)
  if type(description) ~= "table" then
    check_length(description)
    return { [""] = description }
  end
  local texts = {}
  for language, text in pairs(description) do
    check_length(text)
    local code = language == 1 and "" or type(language) == "string" and language:lower():match "^%l%l%f[^%l]"
    if not code then core.misuse(("bot.command: %q is no language of two letters"):format(tostring(language))) end
    texts[code] = texts[code] or text
  end
  if not texts[""] then core.misuse 'bot.command: the first text is for everybody: { "Start", ru = "Начать" }' end
  return texts
end

local function note_languages(texts)
  for code in pairs(texts) do
    local is_known = false
    for _, language in ipairs(languages) do is_known = is_known or language == code end
    if not is_known then languages[#languages + 1] = code end
  end
  table.sort(languages)
end

--- description: a text; or { "Start", ru = "Начать" }, where the first is for everybody else.
function command_menu.add(name, description)
  check_name(name)
  local texts = read(description)
  if #added == 0 then schedule.after(0, write, true) end
  added[#added + 1] = { command = name, descriptions = texts }
  note_languages(texts)
end

return command_menu

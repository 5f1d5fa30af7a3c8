-- The menu of commands that Telegram shows beside the text field: the commands of the scripts that have a description. It is
-- read once after each load, and written where it differs; one menu for everybody, and one for each language that a description
-- has. Where no command has a description, the menu is the operator's own.
--
-- The admin's chat has a menu of its own, which tells where the backup is (backup/pointer.h) and hides the others. It is never
-- written here. But a chat's menu in the language of the person goes before it, so the admin gets one in each language that a
-- description has, and in each in which he has written. Which the latter are is kept as rows.
local core = require "core.script"
local db = require "core.db"
local log = require "log"
local schedule = require "core.schedule"

local command_menu = {
  admin = core.admin(), -- the id of his chat; nil: there is none
}

local AGAIN_AFTER = 60 -- seconds, where Telegram could not be asked
local added = {}       -- { command, descriptions }, where descriptions is language -> text, and "" is everybody's
local languages = {}   -- sorted; "" comes first
local admin = command_menu.admin
local admins_languages -- language -> true; nil: not read yet

local TABLE = "CREATE TABLE IF NOT EXISTS main.lunokhod_admin_languages(language TEXT PRIMARY KEY)"
local COMMANDS_MAX = 100
local BACKUP = { command = "backup", description = "Save now" } -- the host's own, see operator/admin.c

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

-- Returns true, or nil and the error. scope: nil for everybody.
local function write_one(commands, language, scope)
  local telegram = require "telegram"
  local code = language ~= "" and language or nil
  local shown, err = telegram.get_my_commands { language_code = code, scope = scope }
  if not shown then return nil, err end
  if is_same(shown, commands) then return true end
  shown, err = telegram.set_my_commands { commands = commands, language_code = code, scope = scope }
  if shown then
    log.info(("the menu of commands is new; commands=%d%s%s"):format(#commands, code and " language=" .. code or "",
      scope and " chat=" .. scope.chat_id or ""))
  end
  return shown, err
end

-- What the admin is shown: the scripts' commands, and the host's.
local function admins_commands(language)
  local commands = commands_in(language)
  for _, item in ipairs(commands) do
    if item.command == BACKUP.command then return commands end
  end
  if #commands < COMMANDS_MAX then commands[#commands + 1] = BACKUP end
  return commands
end

local function read_admins_languages()
  db.exec(TABLE)
  admins_languages = {}
  for row in db.rows "SELECT language FROM main.lunokhod_admin_languages" do admins_languages[row.language] = true end
end

local function write_all()
  for _, language in ipairs(languages) do
    local ok, err = write_one(commands_in(language), language)
    if not ok then return nil, err end
  end
  if not admin then return true end
  if not admins_languages then read_admins_languages() end
  local shown = {}
  for _, language in ipairs(languages) do shown[language] = language ~= "" and not core.keeps_menu(language) or nil end
  for language in pairs(admins_languages) do shown[language] = true end
  for language in pairs(shown) do
    local ok, err = write_one(admins_commands(language), language, { type = "chat", chat_id = admin })
    if not ok then return nil, err end
  end
  return true
end

local function write()
  local ok, err = write_all()
  if ok then return end
  log.warn("can't write the menu of commands: " .. tostring(err))
  if err.kind ~= "refused" then schedule.after(AGAIN_AFTER, write, true) end
end

--- For every incoming message of the admin's chat: they tell in which language his menu is to be.
function command_menu.see(message)
  if #added == 0 or not message.from then return end
  local language = (message.from.language_code or ""):lower():match "^%l%l%f[^%l]"
  if not language or core.keeps_menu(language) then return end
  if not admins_languages then read_admins_languages() end
  if admins_languages[language] then return end
  db.exec("INSERT OR IGNORE INTO main.lunokhod_admin_languages(language) VALUES (?)", language)
  admins_languages[language] = true
  schedule.after(0, write, true)
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

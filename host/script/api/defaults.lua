-- bot.defaults: parameters that every call has which knows them, unless the call gives its own; and whether "typing" is shown.
local core = require "core.script"
local json = require "json"
local spelling = require "core.spelling"
local typing = require "core.typing"

local defaults = {
  has_any = false, -- parameter for calls
  shows_typing = false,
}

local KNOWN = {
  parse_mode = "string", link_preview_options = "table", protect_content = "boolean", disable_notification = "boolean",
  typing = "boolean",
}

local parameters = {} -- name -> value
local of_method = {}  -- method -> the parameters that it knows

--- Sets some; false takes one back.
function defaults.set(options)
  if type(options) ~= "table" then core.misuse "bot.defaults: a table expected" end
  for name, value in pairs(options) do
    local kind = KNOWN[name]
    if not kind then
      core.misuse(("bot.defaults: there is no default %q%s"):format(tostring(name), spelling.hint_among(tostring(name), KNOWN)))
    elseif value ~= false and type(value) ~= kind then
      core.misuse(("bot.defaults: %s must be a %s, or false for none"):format(name, kind))
    elseif name == "typing" then
      defaults.shows_typing = value
    else
      parameters[name] = value or nil
    end
  end
  defaults.has_any, of_method = next(parameters) ~= nil, {}
end

local function parameters_of(method)
  local list = of_method[method]
  if not list then
    list = {}
    for name, value in pairs(core.find_method(method) and parameters or {}) do
      if core.find_parameter(method, name) then list[name] = value end
    end
    of_method[method] = list
  end
  return list
end

-- Formatting that is given as entities excludes a mode.
local function is_excluded(name, given)
  return name == "parse_mode" and (given.entities ~= nil or given.caption_entities ~= nil)
end

local function copy(original)
  local made = {}
  for name, value in pairs(original) do made[name] = value end
  return made
end

-- One of the media of an album, or what an inline result will say: with a mode of its own, as Telegram has it there.
local function format(part)
  if type(part) ~= "table" or parameters.parse_mode == nil then return part end
  local made = copy(part)
  local has_text = part.caption ~= nil or part.message_text ~= nil
  if has_text and part.parse_mode == nil and not is_excluded("parse_mode", part) then
    made.parse_mode = parameters.parse_mode
  end
  if part.message_text ~= nil and part.link_preview_options == nil then
    made.link_preview_options = parameters.link_preview_options
  end
  made.parse_mode = made.parse_mode or nil
  made.input_message_content = format(part.input_message_content)
  return made
end

local PARTS = { media = true, results = true, result = true } -- parameters that hold such parts, or one

local function format_parts(value)
  if type(value) ~= "table" or #value == 0 then return format(value) end
  local made = setmetatable({}, getmetatable(value))
  for i, part in ipairs(value) do made[i] = format(part) end
  return made
end

--- The parameters of a call with the defaults, perhaps the same table. parse_mode = false, or link_preview_options: none.
function defaults.add(method, given)
  local is_any_off = given.parse_mode == false or given.link_preview_options == false
  if not defaults.has_any and not is_any_off then return given end
  local made = copy(given)
  for name in pairs(PARTS) do
    if made[name] ~= nil then made[name] = format_parts(made[name]) end
  end
  for name, value in pairs(parameters_of(method)) do
    if made[name] == nil and not is_excluded(name, given) then made[name] = value end
  end
  made.parse_mode, made.link_preview_options = made.parse_mode or nil, made.link_preview_options or nil
  return made
end

--- The handler that is running is about this message: "typing" is shown there while it waits. To be called while shows_typing.
function defaults.show_typing(message)
  local chat = message and message.chat
  if not chat or chat.type == "channel" or message.guest_query_id then return end
  typing.expect(json.encode { -- sendChatAction knows fewer threads than core.thread has parameters for
    chat_id = chat.id, action = "typing", business_connection_id = message.business_connection_id,
    message_thread_id = message.is_topic_message and message.message_thread_id or nil,
  })
end

return defaults

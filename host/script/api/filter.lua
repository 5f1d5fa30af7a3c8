-- Filters: whether an update is for a route or a router. A filter is a name ("private", "admin", "photo", "language:ru"), a
-- function(payload, update), or a list of filters that all must hold. bot.all, bot.any and bot.none make filters of filters.
local chat_admin = require "core.chat_admin"
local core = require "core.script"
local spelling = require "core.spelling"

local filter = {}

local KINDS = {
  "photo", "video", "animation", "audio", "voice", "video_note", "sticker", "live_photo", "paid_media", "story", "location",
  "venue", "contact", "poll", "dice", "text", "caption",
}
local MEDIA = {
  "photo", "video", "animation", "audio", "document", "voice", "video_note", "sticker", "live_photo", "paid_media", "story",
}

-- The message that a payload is about: itself, the one of a button, the first one of an album.
local function message_of(payload)
  return payload.chat and payload or payload.message or payload[1] or payload
end

local function chat_of(payload) return message_of(payload).chat end

local function person_of(payload)
  return payload.from or payload.user or payload[1] and payload[1].from
end

local function has_type(...)
  local types = {}
  for _, each in ipairs { ... } do types[each] = true end
  return function(payload)
    local chat = chat_of(payload)
    return chat ~= nil and types[chat.type] == true
  end
end

local function has_field(name)
  return function(payload) return message_of(payload)[name] ~= nil end
end

local named = {
  private = has_type "private",
  group = has_type("group", "supergroup"),
  supergroup = has_type "supergroup",
  channel = has_type "channel",
  topic = function(payload) return message_of(payload).is_topic_message == true end,
  business = has_field "business_connection_id",
  forwarded = has_field "forward_origin",
  reply = has_field "reply_to_message",
  bot = function(payload)
    local person = person_of(payload)
    return person ~= nil and person.is_bot == true
  end,
  -- An animation carries the same file as a document, for old clients.
  document = function(payload)
    local message = message_of(payload)
    return message.document ~= nil and message.animation == nil
  end,
  media = function(payload)
    local message = message_of(payload)
    for _, name in ipairs(MEDIA) do
      if message[name] ~= nil then return true end
    end
    return false
  end,
  admin = function(payload) return chat_admin.is_admin(message_of(payload), person_of(payload)) end,
}
for _, name in ipairs(KINDS) do named[name] = has_field(name) end

local function speaks(language)
  return function(payload)
    local person = person_of(payload)
    local code = person and person.language_code
    return code ~= nil and code:lower():match "^%a+" == language
  end
end

local function compile_name(name, caller)
  local language = name:match "^language:(%a+)$"
  if language then return speaks(language:lower()) end
  if name == "admin" then chat_admin.watch() end
  if not named[name] then
    core.misuse(("%s: there is no filter %q%s"):format(caller, name, spelling.hint_among(name, named)))
  end
  return function(...) return named[name](...) end -- the name may get another meaning
end

--- One function(payload, update) of a filter in any form; nil for nil. caller: for the error.
function filter.compile(spec, caller)
  local kind = type(spec)
  if kind == "nil" or kind == "function" then
    return spec
  elseif kind == "string" then
    return compile_name(spec, caller)
  elseif kind == "table" and #spec > 0 then
    return filter.all(spec, caller)
  end
  core.misuse(("%s: a filter is a name, a function or a list of filters, not a %s"):format(caller,
    kind == "table" and "table without items" or kind))
end

local function compile_list(list, caller)
  if type(list) ~= "table" or #list == 0 then core.misuse(caller .. ": a list of filters expected") end
  local tests = {}
  for i, each in ipairs(list) do tests[i] = filter.compile(each, caller) end
  return tests
end

-- Asks one after the other until one says `stops`.
local function ask(tests, stops)
  return function(payload, update)
    for _, test in ipairs(tests) do
      if (not test(payload, update)) == (not stops) then return true end
    end
    return false
  end
end

--- All of them hold.
function filter.all(list, caller)
  local fails = ask(compile_list(list, caller or "bot.all"), false)
  return function(payload, update) return not fails(payload, update) end
end

--- One of them holds, at least.
function filter.any(list)
  return ask(compile_list(list, "bot.any"), true)
end

--- None of them holds.
function filter.none(list)
  local holds = ask(compile_list(list, "bot.none"), true)
  return function(payload, update) return not holds(payload, update) end
end

--- Gives a filter a name of the script's own.
function filter.add(name, spec)
  if type(name) ~= "string" or not name:find "^[%w_]+$" then
    core.misuse "bot.filter: a name of letters, digits and _ expected"
  elseif named[name] then
    core.misuse(("bot.filter: there is a filter %q already"):format(name))
  elseif spec == nil then
    core.misuse "bot.filter: a name and a filter expected"
  end
  named[name] = filter.compile(spec, "bot.filter")
end

return filter

-- bot: registers handlers. Routes are tried in the order in which they were registered, files in the order of their names; the
-- first match wins.
local command = require "core.command"
local core = require "core.script"
local dialogue = require "core.dialogue"
local later = require "core.later"
local link = require "core.link"
local log = require "log"
local menu = require "core.menu"
local migration = require "core.migration"
local pattern_check = require "core.pattern_check"
local routes = require "core.routes"

local bot = {}

local commands = {} -- name -> where its handler was registered

local function check_text(value, name)
  if type(value) ~= "string" or value == "" then
    core.misuse(("bot.%s: the first argument must be a text"):format(name))
  end
end

-- A malformed pattern is an error here, and not at the first message that reaches its mistake.
local function check_pattern(pattern, name)
  check_text(pattern, name)
  local complaint = pattern_check.complaint(pattern)
  if complaint then
    core.misuse(("bot.%s: %s: %q"):format(name, complaint, pattern))
  end
end

-- A route whose test is the script's own function: all its results go to the handler, the first one too.
local function wanted_if(first, ...)
  return first ~= nil and first ~= false, first, ...
end

local function test_with(test)
  return function(message) return wanted_if(test(message)) end
end

--- bot.command("start", function(message, arguments) end): /start, /start@this_bot, /start arguments. With a description it
--- stands in the menu of commands.
function bot.command(name, handler, description)
  check_text(name, "command")
  name = name:gsub("^/", ""):lower()
  if description ~= nil then
    check_text(description, "command")
    menu.add(name, description) -- which is stricter about the name
  elseif not command.is_name(name) then
    core.misuse(("bot.command: a command has up to 32 letters, digits and _, unlike %q"):format(name))
  end
  local where = core.where(2)
  if commands[name] then
    log.warn(("bot.command: /%s has a handler already, at %s; this one never gets it"):format(name, commands[name]))
  end
  commands[name] = commands[name] or where
  routes.add("message", "command /" .. name, function(message)
    local said, arguments, is_ours = command.read(message.text)
    return said == name and is_ours, arguments
  end, handler, false, { is_command = true })
end

--- bot.text("Клик", function(message) end): a message of exactly this text, such as a reply keyboard's button sends.
function bot.text(text, handler)
  check_text(text, "text")
  local function try(message) return message.text == text end
  routes.add("message", ("text %q"):format(text), try, handler, false, { exact = text })
end

--- bot.match("^(%d+) (.*)$", function(message, ...) end): a text that fits the Lua pattern, with its captures; or instead of
--- the pattern a function(message), whose first result says whether the message is wanted, and whose results the handler gets.
function bot.match(pattern, handler)
  if type(pattern) == "function" then
    routes.add("message", "match by a function", test_with(pattern), handler)
    return
  end
  check_pattern(pattern, "match")
  routes.add("message", ("match %q"):format(pattern), function(message)
    if message.text then
      return message.text:find(pattern) ~= nil, message.text:match(pattern)
    end
  end, handler)
end

--- bot.callback("^delete:(%d+)$", function(callback_query, ...) end): the press of an inline button whose data fits.
function bot.callback(pattern, handler)
  check_pattern(pattern, "callback")
  routes.add("callback_query", ("callback %q"):format(pattern), function(query)
    if query.data then
      return query.data:find(pattern) ~= nil, query.data:match(pattern)
    end
  end, handler)
end

--- bot.on("edited_message", function(message) end): any update of that type; bot.on("message:photo", fn): only with that field;
--- bot.on("album", function(messages) end): photos that were sent together, whose messages then come to no other handler.
function bot.on(update_type, handler)
  check_text(update_type, "on")
  local name, field = update_type:match("^([%l_]+):([%l_]+)$")
  if field then
    routes.check_field(name, field)
  end
  routes.add(name or update_type, "on " .. update_type, function(payload)
    return not field or payload[field] ~= nil
  end, handler)
end

--- bot.step("norm", function(message, data) end): gets the answer to message:ask("How much?", "norm", data).
function bot.step(name, handler)
  check_text(name, "step")
  routes.check_handler(handler, "step")
  routes.want_messages()
  dialogue.add_step(name, handler, core.where(2), false)
end

--- bot.otherwise(function(message) end): a text that no route of any script has taken; bot.otherwise(test, fn): if
--- test(message) wants it.
function bot.otherwise(test, handler)
  if handler == nil then
    routes.add("message", "otherwise", function(message) return message.text ~= nil end, test, true)
    return
  end
  routes.check_handler(test, "otherwise")
  routes.add("message", "otherwise by a function", function(message)
    return message.text ~= nil and test(message)
  end, handler, true)
end

--- bot.migrated(function(old_id, new_id) end): a group became a supergroup; once for each, and for every script that asks.
function bot.migrated(handler)
  routes.check_handler(handler, "migrated")
  routes.want_messages()
  migration.add(handler)
end

--- bot.link("ref_42"): https://t.me/THIS_BOT?start=ref_42, which makes bot.command("start", fn) get "ref_42" as its arguments.
function bot.link(payload)
  return link.build(bot.me and bot.me.username, payload, "start")
end

--- The same for adding the bot to a group, where it then gets /start with the payload.
function bot.group_link(payload)
  return link.build(bot.me and bot.me.username, payload, "startgroup")
end

--- Any text, of 48 bytes at most, as a payload of links; and back: nil for one that a person has made up.
bot.encode_link, bot.decode_link = link.encode, link.decode

--- bot.read("texts/help.txt"): the text of a file beside the script, or nil and why there is none.
function bot.read(path)
  check_text(path, "read")
  local text = core.read_beside(path)
  if text then return text end
  return nil, ("can't read %s: it is no file of up to 4 MB in a directory of the scripts"):format(path)
end

--- bot.use(function(update, next) ... next() ... end): around every update; without next() it goes no further.
function bot.use(middleware)
  routes.use(middleware)
end

--- bot.failed(function(update, err) end): after an update's handler has failed, a limit has stopped it, or its deadline, and
--- its writes were rolled back. err.message and err.traceback tell why.
function bot.failed(handler)
  routes.add_failed(handler)
end

-- ---- time: bot.job, bot.every, bot.daily, bot.sleep and others ----

for name, fn in pairs(later) do bot[name] = fn end

-- bot.me: what getMe told; nil before Telegram has answered (lunokhod check).
return setmetatable(bot, {
  __index = function(_, name)
    if name == "me" then
      return core.me()
    end
  end,
})

-- bot: registers handlers. Routes are tried in the order in which they were registered, files in the order of their names; the
-- first match wins.
local button_data = require "core.button_data"
local command = require "core.command"
local command_menu = require "core.command_menu"
local core = require "core.script"
local dialogue = require "core.dialogue"
local link = require "core.link"
local log = require "log"
local migration = require "core.migration"
local pattern_check = require "core.pattern_check"
local routes = require "core.routes"
local schedule = require "core.schedule"
local spelling = require "core.spelling"
local timetable = require "core.timetable"

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
    command_menu.add(name, description) -- which is stricter about the name
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

-- What a press is answered by whose value is not there any more.
local function tell_expired(query) query:answer "⌛" end

--- bot.button("delete", function(callback_query, value) end): a button { "Delete", "delete", value } of keyboard.inline.
--- expired(callback_query): its value was kept as a row, and is gone.
function bot.button(name, handler, expired)
  button_data.check_name(name, "bot.button")
  routes.check_handler(handler, "button")
  if expired ~= nil then routes.check_handler(expired, "button") end
  button_data.prepare()
  routes.add("callback_query", ("button %q"):format(name), function(query)
    local said, value, is_expired = button_data.decode(query.data)
    return said == name, value, is_expired
  end, function(query, value, is_expired)
    if is_expired then
      return (expired or tell_expired)(query)
    end
    return handler(query, value)
  end)
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

-- ---- time: a job with a name is a row of the timetable and survives everything; a function lives as long as its VM ----

--- bot.job("remind", function(data) end): the handler of a job that bot.after, bot.every or bot.daily name.
function bot.job(name, handler)
  check_text(name, "job")
  routes.check_handler(handler, "job")
  timetable.add_job(name, handler, core.where(2))
end

-- fn, but never twice at the same time: while it runs, a call does nothing.
local function alone(fn)
  local is_running = false
  return function()
    if is_running then
      return
    end
    is_running = true
    local _ <close> = setmetatable({}, { __close = function() is_running = false end })
    fn()
  end
end

local function recur(seconds, fn)
  local work = alone(fn)
  local function tick()
    schedule.after(seconds, tick, true)
    work()
  end
  schedule.after(seconds, tick, true)
end

-- Checks once a minute, since the clock may be set meanwhile: forward, and the time has passed; back by days, and it is far
-- off.
local function recur_daily(minute, zone, fn)
  local work = alone(fn)
  local at = timetable.next_daily(minute, zone, os.time())
  local function tick()
    local now = os.time()
    local is_due = now >= at
    if is_due or at - now > 2 * 86400 then
      at = timetable.next_daily(minute, zone, now)
    end
    schedule.after(math.min(at - now, 60), tick, true)
    if is_due then
      work()
    end
  end
  schedule.after(0, tick, true)
end

local function check_work(work, name)
  if type(work) ~= "string" then
    routes.check_handler(work, name)
  end
end

-- An option that is not known is a mistake, which would otherwise go unnoticed.
local function check_options(options, name, known)
  for key in pairs(options or {}) do
    if not known[key] then
      core.misuse(("bot.%s: there is no option %q%s"):format(name, tostring(key), spelling.hint_among(tostring(key), known)))
    end
  end
  return options or {}
end

--- bot.every(60, "job", data): every so many seconds, from now on; bot.every(60, fn): as long as these scripts are loaded.
--- { skip = true }: a time that was missed is left out; without, it comes late.
function bot.every(seconds, work, data, options)
  check_work(work, "every")
  if type(seconds) ~= "number" or seconds < 0.1 then
    core.misuse("bot.every: a number of seconds, at least 0.1, expected")
  elseif seconds < 1 and type(work) == "string" then
    core.misuse("bot.every: a job by its name comes once a second at most")
  end
  options = check_options(options, "every", { skip = true })
  if type(work) == "function" then
    return recur(seconds, work)
  end
  return timetable.recur(work, data, { every = seconds, skips = options.skip })
end

local function minute_of(time)
  local hour, minute = tostring(time):match("^(%d%d?):(%d%d)$")
  hour, minute = tonumber(hour), tonumber(minute)
  if not hour or hour > 23 or minute > 59 then
    core.misuse(('bot.daily: a time like "09:30" expected, not %q'):format(tostring(time)))
  end
  return hour * 60 + minute
end

local function check_zone(zone)
  if zone ~= nil and (math.type(zone) ~= "integer" or zone < -16 * 60 or zone > 16 * 60) then
    core.misuse("bot.daily: zone is the number of minutes east of Greenwich, such as 180 for Moscow")
  end
end

--- bot.daily("09:30", "job", data): once a day, by the machine's clock; { zone = 180 }: by that of minutes east of Greenwich.
function bot.daily(time, work, data, options)
  check_work(work, "daily")
  local minute = minute_of(time)
  options = check_options(options, "daily", { skip = true, zone = true })
  check_zone(options.zone)
  if type(work) == "function" then
    return recur_daily(minute, options.zone, work)
  end
  return timetable.recur(work, data, { daily = minute, zone = options.zone, skips = options.skip })
end

--- bot.after(10, "job", data): once, so many seconds from now; returns an id for bot.cancel. bot.after(10, fn): if these
--- scripts are there then.
function bot.after(seconds, work, data, options)
  check_work(work, "after")
  options = check_options(options, "after", { skip = true })
  if type(work) == "function" then
    return schedule.after(seconds, work)
  end
  if math.type(seconds) == nil or seconds < 0 then
    core.misuse("bot.after: a number of seconds expected")
  end
  return timetable.after(seconds, work, data, options.skip)
end

--- bot.cancel(id), bot.cancel("job"), bot.cancel("job", data): it is not done any more. Returns how many there were.
function bot.cancel(what, ...)
  if math.type(what) ~= "integer" then
    check_text(what, "cancel")
  end
  local data = ...
  return timetable.cancel(what, data, select("#", ...) > 0)
end

-- bot.me: what getMe told; nil before Telegram has answered (lunokhod check).
return setmetatable(bot, {
  __index = function(_, name)
    if name == "me" then
      return core.me()
    end
  end,
})

-- bot: registers handlers. Routes are tried in the order in which they were registered, files in the order of their names; the
-- first match wins.
local core = require "core.script"
local defaults = require "core.defaults"
local filter = require "core.filter"
local link = require "core.link"
local migration = require "core.migration"
local router = require "core.router"
local routes = require "core.routes"
local schedule = require "core.schedule"
local spelling = require "core.spelling"
local timetable = require "core.timetable"

local bot = router.face(routes.root) -- command, text, match, callback, on, otherwise, step, use, order, router

local function check_text(value, name)
  if type(value) ~= "string" or value == "" then
    core.misuse(("bot.%s: the first argument must be a text"):format(name))
  end
end

--- bot.all{...}, bot.any{...}, bot.none{...}: filters of filters; bot.filter(name, filter): a name of one's own.
bot.all, bot.any, bot.none, bot.filter = filter.all, filter.any, filter.none, filter.add

--- bot.defaults{ parse_mode = "HTML", typing = true }: for all calls that know such a parameter.
bot.defaults = defaults.set

--- bot.fold(text): the same for texts that differ only in the case of their letters.
bot.fold = core.fold

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

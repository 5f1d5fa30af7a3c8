-- What bot.lua offers for work by the clock. A job with a name is a row of the timetable and survives everything; a function
-- lives as long as its VM.
local core = require "core.script"
local core_time = require "core.time"
local parallel = require "core.parallel"
local recurrence = require "core.recurrence"
local routes = require "core.routes"
local schedule = require "core.schedule"
local spelling = require "core.spelling"
local timetable = require "core.timetable"
local wait = require "core.wait"

local later = {}

local LONGEST = 100 * 366 * 86400 -- seconds; more is a mistake, such as math.huge or a time in milliseconds
local SET_BACK = 2 * 86400 -- seconds by which a clock may be set back without new times for what is planned

--- bot.job("remind", function(data) end): the handler of a job that bot.after, bot.every or bot.daily name.
function later.job(name, handler)
  routes.check_text(name, "job")
  routes.check_handler(handler, "job")
  timetable.add_job(name, handler, core.where(2))
end

-- ---- functions that recur ----

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

local function recur(seconds, at_start, fn)
  local work = alone(fn)
  local function tick()
    schedule.after(seconds, tick, true)
    work()
  end
  schedule.after(at_start and 0 or seconds, tick, true)
end

-- Checks once a minute, since the clock may be set meanwhile: forward, and the time has passed; back by days, and it is far
-- off.
local function recur_by_rule(rule, zone, at_start, fn)
  local work = alone(fn)
  local asked_at = os.time()
  local at = at_start and asked_at or recurrence.next(rule, zone, asked_at)
  local function tick()
    local now = os.time()
    local is_due = now >= at
    if is_due or asked_at - now > SET_BACK then
      asked_at, at = now, recurrence.next(rule, zone, now)
    end
    schedule.after(math.min(at - now, 60), tick, true)
    if is_due then
      work()
    end
  end
  schedule.after(0, tick, true)
end

-- ---- what is asked for ----

local function check_work(work, name)
  if type(work) ~= "string" then
    routes.check_handler(work, name)
  end
end

local function check_zone(zone, name)
  local ok, complaint = core_time.check(zone)
  if not ok then core.misuse(("bot.%s: %s"):format(name, complaint)) end
end

local RECURRING = { skip = true, zone = true, at_start = true }

-- row: what the timetable keeps of the rule, if that is not the rule itself.
local function plan(name, rule, work, data, options, row)
  check_work(work, name)
  options = spelling.check_options("bot." .. name, options, RECURRING)
  check_zone(options.zone, name)
  local read, complaint = recurrence.read(rule)
  if not read then core.misuse(("bot.%s: %s"):format(name, complaint)) end
  if not recurrence.next(rule, options.zone, os.time()) then
    core.misuse(("bot.%s: %q never comes"):format(name, rule))
  end
  if type(work) == "function" then
    return recur_by_rule(rule, options.zone, options.at_start, work)
  end
  row = row or { cron = rule }
  row.zone, row.skips, row.at_start = options.zone, options.skip, options.at_start
  return timetable.recur(work, data, row)
end

-- "09:30" as the two first fields of cron.
local function clock_of(time, name)
  local hour, minute = recurrence.read_clock(time)
  if not hour then
    core.misuse(('bot.%s: a time like "09:30" expected, not %q'):format(name, tostring(time)))
  end
  return hour, minute
end

-- The rule of an interval that begins at midnight in a zone.
local function rule_of_interval(seconds)
  local minutes = math.tointeger(seconds / 60)
  if not minutes or minutes < 1 or 1440 % minutes ~= 0 then
    core.misuse("bot.every: with a zone, the times of a day are counted from its midnight, so the interval must be minutes of "
      .. "which a day has a whole number")
  end
  return ("@every %d"):format(minutes)
end

local function interval_of(interval)
  local seconds = interval
  if type(interval) == "string" then seconds = recurrence.seconds(interval) end
  if math.type(seconds) == nil or seconds ~= seconds or seconds < 0.1 or seconds > LONGEST then
    core.misuse('bot.every: a number of seconds, at least 0.1 and at most 100 years, or a time like "12h" expected')
  end
  return seconds
end

--- bot.every(60, "job", data): every so many seconds, from now on; bot.every("12h", fn): as long as these scripts are loaded.
--- { at_start = true }: the first time is now. { zone = "Europe/Berlin" }: counted from midnight there. { skip = true }: a time
--- that was missed is left out; without, it comes late.
function later.every(interval, work, data, options)
  check_work(work, "every")
  local seconds = interval_of(interval)
  if seconds < 1 and type(work) == "string" then
    core.misuse("bot.every: a job by its name comes once a second at most")
  end
  options = spelling.check_options("bot.every", options, RECURRING)
  if options.zone ~= nil then
    return plan("every", rule_of_interval(seconds), work, data, options)
  elseif type(work) == "function" then
    return recur(seconds, options.at_start, work)
  end
  return timetable.recur(work, data, { every = seconds, skips = options.skip, at_start = options.at_start })
end

--- bot.daily("09:30", "job", data): once a day, by the machine's clock; { zone = "Europe/Berlin" }: by that of the zone, or of
--- so many minutes east of Greenwich.
function later.daily(time, work, data, options)
  local hour, minute = clock_of(time, "daily")
  return plan("daily", ("%d %d * * *"):format(minute, hour), work, data, options, { daily = hour * 60 + minute })
end

--- bot.weekly("mon", "09:30", "job", data), or "mon,thu", "mon-fri": on these days of each week.
function later.weekly(days, time, work, data, options)
  routes.check_text(days, "weekly")
  local hour, minute = clock_of(time, "weekly")
  local rule = ("%d %d * * %s"):format(minute, hour, days:gsub("%s", ""))
  if days:find "[^%a,%s-]" or not recurrence.read(rule) then
    core.misuse(('bot.weekly: days like "mon", "mon,thu" or "mon-fri" expected, not %q'):format(days))
  end
  return plan("weekly", rule, work, data, options)
end

--- bot.monthly(1, "09:30", "job", data): on that day of each month, or on the last one of a month that has no such day.
function later.monthly(day, time, work, data, options)
  if math.type(day) ~= "integer" or day < 1 or day > 31 then
    core.misuse(("bot.monthly: a day from 1 to 31 expected, not %s"):format(tostring(day)))
  end
  local hour, minute = clock_of(time, "monthly")
  return plan("monthly", ("%d %d %dL * *"):format(minute, hour, day), work, data, options)
end

--- bot.cron("0 9 * * 1-5", "job", data): at the times of a cron line.
function later.cron(line, work, data, options)
  routes.check_text(line, "cron")
  if line:find "@" then core.misuse("bot.cron: five fields expected, such as \"0 9 * * 1-5\"") end
  return plan("cron", line, work, data, options)
end

--- bot.after(10, "job", data): once, so many seconds from now; returns an id for bot.cancel. bot.after(10, fn): if these
--- scripts are there then.
function later.after(seconds, work, data, options)
  check_work(work, "after")
  options = spelling.check_options("bot.after", options, { skip = true })
  if type(seconds) == "string" then seconds = recurrence.seconds(seconds) end
  if math.type(seconds) == nil or seconds ~= seconds or seconds < 0 or seconds > LONGEST then
    core.misuse('bot.after: a number of seconds expected, at most 100 years, or a time like "12h"')
  end
  if type(work) == "function" then
    return schedule.after(seconds, work)
  end
  return timetable.after(seconds, work, data, options.skip)
end

--- bot.cancel(id), bot.cancel("job"), bot.cancel("job", data): it is not done any more. Returns how many there were.
function later.cancel(what, ...)
  if math.type(what) ~= "integer" then
    routes.check_text(what, "cancel")
  end
  local data = ...
  return timetable.cancel(what, data, select("#", ...) > 0)
end

-- ---- within a handler ----

--- bot.sleep(2): the handler goes on so many seconds later.
later.sleep = wait.sleep

--- bot.deadline(120): the handler that is running may take so many seconds from now.
later.deadline = wait.deadline

--- local results, errors = bot.parallel { fn, fn }: all of them at once. results[i] is what the i-th has returned; where it has
--- failed, or has returned nil and an error, that is errors[i].
later.parallel = parallel.run

return later

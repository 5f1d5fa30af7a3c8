-- The timetable: jobs by name and data that are due at a time. Each is a row, so jobs survive reload, restart and restore, and
-- roll back with the segment that made them. A job that is due runs late rather than never, and never twice at the same time:
--
--   due -> claimed, in a segment of its own (the row gets its next time) -> the job's handler, as a run of its own
--
-- A job that comes once deletes its row in the first segment of its handler, so the row ends together with what that segment
-- writes. If the handler fails before that, the job is tried again, three times in all. A recurring job waits for its next
-- time.
local core = require "core.script"
local db = require "core.db"
local log = require "log"
local recurrence = require "core.recurrence"
local schedule = require "core.schedule"
local stable_json = require "core.stable_json"
local vm_context = require "core.vm_context"
local wait = require "core.wait"

local timetable = {}

-- Seconds between two checks at most: a clock that was set is noticed by then, and what another host has planned.
local CHECK_MAX = vm_context.is_shared() and 1 or 60
local CHECK_SOON = 1                  -- seconds, where the VM that this one has replaced must finish first
local AGAIN_AFTER = { 60, 300, 1800 } -- seconds until the next try of a job that failed
local AT_ONCE = 50                    -- jobs begun in one check
local LATE = 60                       -- seconds after which a job with { skip = true } is left out
local SET_BACK = 2 * 86400            -- seconds by which the clock may be set back without new times for what is planned
local BROKEN = 3600                   -- seconds until the next try of a job whose time zone can't be read

local TABLE = [[
  CREATE TABLE IF NOT EXISTS lunokhod_timetable(
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, data TEXT, due_at REAL NOT NULL, planned_at REAL NOT NULL,
    every REAL, daily INTEGER, zone, skips INTEGER NOT NULL DEFAULT 0, is_declared INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0, holder TEXT, cron TEXT, asked_at REAL);
  CREATE INDEX IF NOT EXISTS lunokhod_timetable_name ON lunokhod_timetable(name, data);
  CREATE INDEX IF NOT EXISTS lunokhod_timetable_due ON lunokhod_timetable(due_at);
]]
-- For a table that an earlier version has made. every, daily (a minute of the day) and cron (a rule of recurrence.lua) say how
-- a job comes again; asked_at is when a rule was last asked for the next time.
local ADDED = { cron = "ALTER TABLE lunokhod_timetable ADD COLUMN cron TEXT",
  asked_at = "ALTER TABLE lunokhod_timetable ADD COLUMN asked_at REAL" }

local handlers = {}    -- name -> { fn, where }
local declared = {}    -- ids of the jobs that top levels have asked for
local running = {}     -- id -> the coroutine of its handler, in this VM
local holder = vm_context.holder()
local is_tidy = false  -- since the scripts were loaded, and the clock was last set back
local checked_at = 0   -- ask_time() of the last check
local check_at         -- os.time() of the check that is planned

-- Hosts that share a database go by its clock, whatever their own ones say.
local function ask_time()
  return vm_context.is_shared() and db.one "SELECT unixepoch() AS now".now or os.time()
end

local function has_table()
  local index = db.one "SELECT 1 AS one FROM sqlite_master WHERE name = 'lunokhod_timetable_due'"
  local table = index and db.one "SELECT sql FROM sqlite_master WHERE name = 'lunokhod_timetable'"
  for column, add in pairs(table and ADDED or {}) do
    if not table.sql:find(column, 1, true) then db.exec(add) end
  end
  return table ~= nil
end

-- A row as it was written: where a column has one type, a zone that is a number is a text.
local function with_zone(row)
  if db.has_types and row and row.zone then row.zone = tonumber(row.zone) or row.zone end
  return row
end

-- The first time after `now` that the row comes again; nil: never. Raises where its zone can't be read.
local function next_time(row, now)
  if row.every then
    return row.planned_at + row.every * (math.max(now - row.planned_at, 0) // row.every + 1)
  end
  local rule = row.cron or row.daily and ("%d %d * * *"):format(row.daily % 60, row.daily // 60)
  return rule and recurrence.next(rule, row.zone, now)
end

-- ---- running ----

local function is_held_elsewhere(row)
  if running[row.id] then return vm_context.is_running(running[row.id]) end
  local mine = holder:match "^[^:]+:"
  return row.holder ~= nil and row.holder ~= holder and row.holder:sub(1, #mine) == mine and not vm_context.is_alone()
end

-- The job may have been canceled since its row was claimed.
local function run(row)
  if row.is_once then
    if db.exec("DELETE FROM lunokhod_timetable WHERE id = ? AND holder = ?", row.id, holder) == 0 then return end
  elseif not db.one("SELECT 1 AS one FROM lunokhod_timetable WHERE id = ? AND holder = ?", row.id, holder) then
    return
  end
  running[row.id] = coroutine.running()
  handlers[row.name].fn(stable_json.decode(row.data))
  running[row.id] = nil
  if not row.is_once then
    db.exec("UPDATE lunokhod_timetable SET holder = NULL WHERE id = ? AND holder = ?", row.id, holder)
  end
end

-- The next time is written before the job runs. So a crash in between costs a recurring job one run, and one that comes once
-- none.
local function claim(row, now)
  local ok, at = pcall(next_time, with_zone(row), now)
  if not ok then
    log.error(("a job waits for its time zone; name=%s error=%s"):format(row.name, at))
    db.exec("UPDATE lunokhod_timetable SET due_at = ? WHERE id = ?", now + BROKEN, row.id)
    return false
  end
  row.is_once = at == nil
  if row.is_once and row.tries >= #AGAIN_AFTER then
    log.error(("a job has failed %d times, and is given up; name=%s data=%s"):format(row.tries, row.name, row.data))
    db.exec("DELETE FROM lunokhod_timetable WHERE id = ?", row.id)
    return false
  end
  local is_skipped = row.skips == 1 and now - row.planned_at > LATE and row.tries == 0
  if is_skipped then
    log.info(("a job is late, and skipped; name=%s late_s=%d"):format(row.name, now - row.planned_at))
    if row.is_once then
      db.exec("DELETE FROM lunokhod_timetable WHERE id = ?", row.id)
      return false
    end
  end
  db.exec([[UPDATE lunokhod_timetable SET due_at = ?1, planned_at = ?2, tries = tries + ?3, holder = ?4, asked_at = ?5
    WHERE id = ?6]], at or now + AGAIN_AFTER[row.tries + 1], at or row.planned_at, row.is_once and 1 or 0,
    not is_skipped and holder or nil, now, row.id)
  return not is_skipped
end

-- Deletes jobs that top levels of earlier scripts asked for, and none asks for now.
local function drop_undeclared()
  for _, row in ipairs(db.all "SELECT id FROM lunokhod_timetable WHERE is_declared = 1") do
    if not declared[row.id] then
      db.exec("DELETE FROM lunokhod_timetable WHERE id = ?", row.id)
    end
  end
end

-- After the clock was set back, recurring jobs are too far away; these get their next time anew. True: all have.
local function bring_near(now)
  local far = db.all([[SELECT * FROM lunokhod_timetable
    WHERE due_at - ?1 > every + 1 OR daily IS NOT NULL AND due_at - ?1 > ?2 OR cron IS NOT NULL AND asked_at - ?1 > ?2
    LIMIT ?3]], now, SET_BACK, AT_ONCE)
  for _, row in ipairs(far) do
    local ok, at = pcall(next_time, row, now)
    if row.every then at = now + row.every end
    db.exec("UPDATE lunokhod_timetable SET due_at = ?1, planned_at = ?1, asked_at = ?2 WHERE id = ?3",
      ok and at or now + BROKEN, now, row.id)
  end
  return #far < AT_ONCE
end

local missing = {} -- names of jobs without a handler that the log has told of

-- A job looks for its claim, so that must be committed first. Where the database answers later, that takes a while.
local function begin_claimed(claimed)
  if db.has_types and #claimed > 0 then wait.sleep(0) end
  for _, row in ipairs(claimed) do
    schedule.after(0, function() run(row) end, false, row.name, row.data)
  end
end

local function begin_due(now)
  local claimed = {}
  local due = db.all("SELECT * FROM lunokhod_timetable WHERE due_at <= ? ORDER BY due_at, id LIMIT ?", now, AT_ONCE)
  for _, row in ipairs(due) do
    with_zone(row)
    if not handlers[row.name] then
      if not missing[row.name] then
        log.error(("no script has the job %q any more; it waits for one: bot.job(%q, function(data) ... end)")
          :format(row.name, row.name))
      end
      missing[row.name] = true
      db.exec("UPDATE lunokhod_timetable SET due_at = ? WHERE id = ?", now + CHECK_MAX, row.id)
    elseif is_held_elsewhere(row) then
      db.exec("UPDATE lunokhod_timetable SET due_at = ? WHERE id = ?", now + CHECK_SOON, row.id)
    elseif claim(row, now) then
      claimed[#claimed + 1] = row
    end
  end
  return claimed
end

local function plan(seconds)
  local at = os.time() + seconds
  if check_at and check_at <= at then return end
  check_at = at
  schedule.after(seconds, function() timetable.check(at) end, true)
end

--- Begins what is due, and plans the next check.
--- planned_at: its own check_at. One that begins again, since the database was lost, has planned the next one already.
function timetable.check(planned_at)
  if check_at == planned_at then check_at = nil end
  if vm_context.is_shared() then plan(CHECK_MAX) end -- whatever is here, another host may plan something
  if not has_table() then return end
  local now = ask_time()
  if not is_tidy then drop_undeclared() end
  if not is_tidy or now < checked_at then is_tidy = bring_near(now) end
  checked_at = now
  local claimed = begin_due(now)
  local nearest = db.one("SELECT min(due_at) AS at FROM lunokhod_timetable").at
  if nearest then plan(math.max(math.min(nearest - now, CHECK_MAX), 0)) end
  begin_claimed(claimed)
end

-- ---- for bot.lua ----

--- Registers the handler of the jobs of that name. where: its place in a script; nil for the host's own jobs.
function timetable.add_job(name, fn, where)
  if handlers[name] then
    core.misuse(("the job %q is there already, at %s"):format(name, handlers[name].where))
  end
  handlers[name] = { fn = fn, where = where }
end

function timetable.jobs() return handlers end

local function encode(data)
  return stable_json.encode(data, "a job's")
end

-- At a top level the job may be registered further down, or in another file, so it is begin_due that finds out.
local function check_job(name)
  if not vm_context.is_loading() and not handlers[name] then
    core.misuse(("there is no job %q: register it with bot.job(%q, function(data) ... end)"):format(name, name))
  end
end

local function insert(name, data, row, now)
  db.exec(TABLE)
  has_table()
  local id = db.one([[INSERT INTO lunokhod_timetable(name, data, due_at, planned_at, every, daily, zone, skips, is_declared,
    cron, asked_at) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id]],
    name, data, row.due_at, row.every, row.daily, row.zone, row.skips and 1 or 0, vm_context.is_loading() and 1 or 0, row.cron,
    now).id
  plan(math.max(math.min(row.due_at - now, CHECK_MAX), 0))
  return id
end

--- Once, so many seconds from now. Returns the id, for cancel.
function timetable.after(seconds, name, data, skips)
  check_job(name)
  if vm_context.is_loading() then
    core.misuse("bot.after with a job's name is for handlers: at the top level every reload would add one more")
  end
  local text, now = encode(data), ask_time()
  return insert(name, text, { due_at = now + seconds, skips = skips }, now)
end

local function find_recurring(name, data)
  return has_table() and with_zone(db.one([[SELECT * FROM lunokhod_timetable WHERE name = ? AND data IS ?
    AND (every IS NOT NULL OR daily IS NOT NULL OR cron IS NOT NULL)]], name, data)) or nil
end

local function has_other_times(old, row)
  return old.every ~= row.every or old.daily ~= row.daily or old.cron ~= row.cron or old.zone ~= row.zone
end

--- Recurring. The same job with the same data has one row: asking once more only changes its times. row: every, daily or cron;
--- zone; skips; at_start: a new one comes at once.
function timetable.recur(name, data, row)
  check_job(name)
  local text, now = encode(data), ask_time()
  local old = find_recurring(name, text)
  row.planned_at = now
  row.due_at = not old and row.at_start and now or next_time(row, now)
  local id = old and old.id or insert(name, text, row, now)
  if old and has_other_times(old, row) then
    db.exec([[UPDATE lunokhod_timetable SET every = ?1, daily = ?2, zone = ?3, due_at = ?4, planned_at = ?4, cron = ?5,
      asked_at = ?6 WHERE id = ?7]], row.every, row.daily, row.zone, row.due_at, row.cron, now, id)
    plan(math.max(math.min(row.due_at - now, CHECK_MAX), 0))
  end
  if old and (old.skips == 1) ~= (row.skips == true) then
    db.exec("UPDATE lunokhod_timetable SET skips = ? WHERE id = ?", row.skips and 1 or 0, id)
  end
  if vm_context.is_loading() then declared[id] = true end
  return id
end

--- By the id, or all of that name (with that data). Returns how many there were.
function timetable.cancel(what, data, has_data)
  if not has_table() then return 0 end
  if math.type(what) == "integer" then
    return db.exec("DELETE FROM lunokhod_timetable WHERE id = ?", what)
  elseif has_data then
    return db.exec("DELETE FROM lunokhod_timetable WHERE name = ? AND data IS ?", what, encode(data))
  end
  return db.exec("DELETE FROM lunokhod_timetable WHERE name = ?", what)
end

plan(0) -- for what a restart, a restore or a reload brings

return timetable

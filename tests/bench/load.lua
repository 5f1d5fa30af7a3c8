-- One run of a program under load: how fast it answers, what CPU time and memory that takes. The work is laid ready while the
-- program is stopped, so that only its own time is measured.
local lfs = require "lfs"
local process = require "tests.support.process"
local socket = require "socket"

local load = { FIRST_ID = 100000 }

local PAUSE = 0.02 -- between two looks at the sandbox

local function number_of(command)
  local pipe = assert(io.popen(command))
  local number = tonumber(pipe:read("a"))
  pipe:close()
  return number
end

local TICKS = number_of "getconf CLK_TCK"
local HAS_CORES = number_of "nproc" > 1

-- The sandbox and the bot have a core each, so that neither is moved, nor takes the other's. Returns the bot's command.
local function pin(telegram, command)
  if not HAS_CORES then return command end
  assert(os.execute(("taskset -acp 0 %d >/dev/null"):format(telegram.process.pid)))
  return { "taskset", "-c", "1", table.unpack(command) }
end

-- In seconds, of the threads that live. The kernel counts it in nanoseconds here, and in hundredths of a second in stat.
local function cpu_of_threads(pid)
  local directory, nanoseconds = ("/proc/%d/task"):format(pid), 0
  for thread in lfs.dir(directory) do
    local text = thread:find("^%d") and process.read_file(directory .. "/" .. thread .. "/schedstat")
    nanoseconds = nanoseconds + (text and tonumber(text:match("^%d+")) or 0)
  end
  return nanoseconds / 1e9
end

--- Seconds of CPU that a process has used, all its threads, the kernel's work for it included. with_ended: with those of its
--- children that have ended.
function load.cpu_of(pid, with_ended)
  if not with_ended then return cpu_of_threads(pid) end
  local fields = {}
  local stat = assert(process.read_file(("/proc/%d/stat"):format(pid))):match("%) (.+)")
  for field in stat:gmatch("%S+") do fields[#fields + 1] = field end
  return cpu_of_threads(pid) + (fields[14] + fields[15]) / TICKS
end

--- VmRSS: all; RssAnon: without the pages of programs and libraries, which processes share.
function load.resident_mb(pid, which)
  return tonumber(process.read_file(("/proc/%d/status"):format(pid)):match(which .. ":%s*(%d+)")) / 1024
end

-- Each call in flight has a connection, which is kept for the next one; so they tell how many were in flight at once.
local function connections_of(pid)
  local count = 0
  for name in lfs.dir(("/proc/%d/fd"):format(pid)) do
    local target = lfs.symlinkattributes(("/proc/%d/fd/%s"):format(pid, name), "target") or ""
    count = count + (target:find("^socket:") and 1 or 0)
  end
  return count
end

--- Waits until the bot has sent so many messages.
function load.wait_sent(telegram, run, count)
  while telegram:sent() < count do
    assert(not run:code(), "it ended early:\n" .. run:stderr())
    socket.sleep(PAUSE)
  end
end

--- Every user's counts must be 1, 2, ... in this order, with nothing missing and nothing twice.
function load.check_counts(telegram, users, clicks_each)
  for id = load.FIRST_ID, load.FIRST_ID + users - 1 do
    local texts = telegram:texts_of(id)
    assert(#texts == clicks_each + 1, ("user %d got %d messages instead of %d"):format(id, #texts, clicks_each + 1))
    for click = 1, clicks_each do
      local expected = ("Кликов: %d 🏆"):format(click)
      assert(texts[click + 1] == expected, ("user %d, click %d: %s"):format(id, click, texts[click + 1]))
    end
  end
end

local running -- what was started last

function load.stop(run)
  run:signal("TERM")
  if not pcall(run.wait, run, 20) then
    run:signal("KILL")
    run:wait()
  end
end

--- Starts the program, and waits until each of so many people has had an answer to /start. Where a measurement has failed, its
--- program is stopped first: two bots would share the updates.
function load.start(telegram, program, users)
  if running and not running:code() then load.stop(running) end
  telegram:reset()
  local begun = telegram:begun()
  local run = process.start(pin(telegram, program.command), telegram:environment())
  running = run
  run.may_be_killed = true
  while telegram:begun() < begun + program.first_calls do
    assert(not run:code(), "it ended early:\n" .. run:stderr())
    socket.sleep(PAUSE)
  end
  local idle_mb, own_mb = load.resident_mb(run.pid, "VmRSS"), load.resident_mb(run.pid, "RssAnon")
  telegram:flood { users = users, messages_each = 1, text = "/start", first_id = load.FIRST_ID }
  load.wait_sent(telegram, run, users)
  return run, idle_mb, own_mb
end

--- program: { command, first_calls (of the Bot API, until it polls), is_checked }. work: { users, clicks_each, delay_ms }.
function load.measure(telegram, program, work)
  local run, idle_mb, own_mb = load.start(telegram, program, work.users)
  local clicks = work.users * work.clicks_each
  if work.delay_ms then telegram:fault { method = "sendMessage", kind = "delay", ms = work.delay_ms, times = -1 } end
  run:signal("STOP")
  telegram:flood { users = work.users, messages_each = work.clicks_each, text = "Клик", first_id = load.FIRST_ID }
  local cpu, sandbox_cpu, began = load.cpu_of(run.pid), load.cpu_of(telegram.process.pid), socket.gettime()
  run:signal("CONT")
  load.wait_sent(telegram, run, work.users + clicks)
  local seconds = socket.gettime() - began
  local sandbox_seconds = load.cpu_of(telegram.process.pid) - sandbox_cpu
  local result = {
    rate = clicks / seconds, cpu_us = (load.cpu_of(run.pid) - cpu) * 1e6 / clicks, connections = connections_of(run.pid),
    sandbox_percent = sandbox_seconds / seconds * 100, idle_mb = idle_mb, own_mb = own_mb,
    after_mb = load.resident_mb(run.pid, "VmRSS"),
  }
  telegram:heal()
  if program.is_checked then load.check_counts(telegram, work.users, work.clicks_each) end
  load.stop(run)
  return result
end

local function median(runs, key)
  local values = {}
  for i, run in ipairs(runs) do values[i] = run[key] end
  table.sort(values)
  return values[(#values + 1) // 2]
end

--- The programs in turns, so that what the machine does besides meets all alike. list: of { name, program, work }. Returns
--- name -> key -> median.
function load.compare(telegram, list, count)
  local runs, medians = {}, {}
  for i = 1, count do
    for j = 1, #list do
      local each = list[i % 2 == 1 and j or #list + 1 - j]
      runs[each.name] = runs[each.name] or {}
      runs[each.name][i] = load.measure(telegram, each.program, each.work)
      io.stderr:write(("%s run %d: %.0f/s\n"):format(each.name, i, runs[each.name][i].rate))
    end
  end
  for name, list_of_runs in pairs(runs) do
    medians[name] = setmetatable({}, { __index = function(_, key) return median(list_of_runs, key) end })
  end
  return medians
end

return load

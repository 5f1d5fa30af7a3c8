-- Measures the host with the clicker beside a bare HTTP loop that sends as many messages and does nothing else. Both use one
-- sandbox, in turns. Prints a table. The figures hold for this machine and this run only.
--
--   BENCH_CLICKS=60000 BENCH_RUNS=3 BENCH_REPLIES=20000 lua5.4 tests/bench/clicker.lua
local lfs = require "lfs"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local socket = require "socket"

local USERS, FIRST_ID = 1000, 100000
local CLICKS = tonumber(os.getenv("BENCH_CLICKS")) or 60000
local REPLIES = tonumber(os.getenv("BENCH_REPLIES")) or 20000
local RUNS = tonumber(os.getenv("BENCH_RUNS")) or 3
local CONCURRENCY = 1000 -- as many calls in flight as the host allows itself
local DELAY_MS = 50
local PAUSE = 0.02 -- between two looks at the sandbox

local telegram = sandbox { requests = 0 }

local programs = {
  host = { sandbox.PROGRAM, "run", "scripts" },
  bare = { os.getenv("BARE") or "build/bare", telegram.url, CONCURRENCY },
}

local TICKS = (function()
  local pipe = assert(io.popen("getconf CLK_TCK"))
  local ticks = tonumber(pipe:read("a"))
  pipe:close()
  return ticks
end)()

-- Seconds of CPU that a process has used, all its threads, the kernel's work for it included.
local function cpu_of(pid)
  local stat = assert(process.read_file(("/proc/%d/stat"):format(pid))):match("%) (.+)")
  local fields = {}
  for field in stat:gmatch("%S+") do fields[#fields + 1] = field end
  return (fields[12] + fields[13]) / TICKS
end

-- VmRSS: all; RssAnon: without the pages of programs and libraries, which processes share.
local function resident_kb(pid, which)
  return tonumber(process.read_file(("/proc/%d/status"):format(pid)):match(which .. ":%s*(%d+)"))
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

-- Waits until the bot has sent so many messages.
local function wait_sent(run, count)
  while telegram:sent() < count do
    assert(not run:code(), "it ended early:\n" .. run:stderr())
    socket.sleep(PAUSE)
  end
end

-- Every user's counts must be 1, 2, ... in this order, with nothing missing and nothing twice.
local function check_counts(clicks_each)
  for id = FIRST_ID, FIRST_ID + USERS - 1 do
    local texts = telegram:texts_of(id)
    assert(#texts == clicks_each + 1, ("user %d got %d messages instead of %d"):format(id, #texts, clicks_each + 1))
    for click = 1, clicks_each do
      assert(texts[click + 1] == ("Кликов: %d 🏆"):format(click), ("user %d, click %d: %s"):format(id, click, texts[click + 1]))
    end
  end
end

-- One run: the work is laid ready while the program is stopped, so that only its own time is measured.
local function measure(name, updates, delay_ms)
  telegram:reset()
  local begun = telegram:begun()
  local run = process.start(programs[name], telegram:environment())
  while telegram:begun() < begun + (name == "host" and 3 or 1) do socket.sleep(PAUSE) end -- until it polls
  local idle_kb, own_kb = resident_kb(run.pid, "VmRSS"), resident_kb(run.pid, "RssAnon")
  telegram:flood { users = USERS, messages_each = 1, text = "/start", first_id = FIRST_ID }
  wait_sent(run, USERS)
  if delay_ms then telegram:fault { method = "sendMessage", kind = "delay", ms = delay_ms, times = -1 } end
  run:signal("STOP")
  telegram:flood { users = USERS, messages_each = updates // USERS, text = "Клик", first_id = FIRST_ID }
  local cpu, sandbox_cpu, began = cpu_of(run.pid), cpu_of(telegram.process.pid), socket.gettime()
  run:signal("CONT")
  wait_sent(run, USERS + updates)
  local seconds = socket.gettime() - began
  local result = {
    rate = updates / seconds, connections = connections_of(run.pid),
    cpu_us = (cpu_of(run.pid) - cpu) * 1e6 / updates,
    sandbox_us = (cpu_of(telegram.process.pid) - sandbox_cpu) * 1e6 / updates,
    sandbox_share = (cpu_of(telegram.process.pid) - sandbox_cpu) / seconds,
    idle_mb = idle_kb / 1024, own_mb = own_kb / 1024, after_mb = resident_kb(run.pid, "VmRSS") / 1024,
  }
  telegram:heal()
  if name == "host" then check_counts(updates // USERS) end
  run:signal(name == "host" and "TERM" or "KILL")
  run.may_be_killed = true
  run:wait()
  return result
end

local function median(runs, key)
  local values = {}
  for i, run in ipairs(runs) do values[i] = run[key] end
  table.sort(values)
  return values[(#values + 1) // 2]
end

-- Host and bare in turns; returns key -> median for each.
local function compare(updates, delay_ms)
  local runs = { host = {}, bare = {} }
  for i = 1, RUNS do
    for _, name in ipairs(i % 2 == 1 and { "bare", "host" } or { "host", "bare" }) do
      runs[name][i] = measure(name, updates, delay_ms)
      io.stderr:write(("%s run %d: %.0f/s\n"):format(name, i, runs[name][i].rate))
    end
  end
  local function medians(name)
    return setmetatable({}, { __index = function(_, key) return median(runs[name], key) end })
  end
  return medians("host"), medians("bare")
end

local function row(what, host, bare, ratio)
  print(("%-42s %12s %12s %8s"):format(what, host, bare or "", ratio and ("%.2f"):format(ratio) or ""))
end

local function number(value) return ("%.0f"):format(value) end
local function fraction(value) return ("%.1f"):format(value) end

local function main()
  local host, bare = compare(CLICKS // USERS * USERS)
  row(("clicker, %d clicks of %d users"):format(CLICKS // USERS * USERS, USERS), "host", "bare", nil)
  row("updates/s", number(host.rate), number(bare.rate), host.rate / bare.rate)
  row("its CPU, us an update", fraction(host.cpu_us), fraction(bare.cpu_us), host.cpu_us / bare.cpu_us)
  row("the sandbox's CPU, us an update", fraction(host.sandbox_us), fraction(bare.sandbox_us))
  row("the sandbox's share of one core, %", number(host.sandbox_share * 100), number(bare.sandbox_share * 100))
  row("resident, MB: before the first update", fraction(host.idle_mb), fraction(bare.idle_mb))
  row("  of it not the libraries' pages", fraction(host.own_mb), fraction(bare.own_mb))
  row("resident, MB: after the last", fraction(host.after_mb), fraction(bare.after_mb))
  local late_host, late_bare = compare(REPLIES // USERS * USERS, DELAY_MS)
  row(("%d ms a call, %d chats"):format(DELAY_MS, USERS), "host", "bare", nil)
  row("replies/s", number(late_host.rate), number(late_bare.rate), late_host.rate / late_bare.rate)
  row("connections at the end", number(late_host.connections), number(late_bare.connections))
  print(("every user's counts were right and in order; medians of %d runs in turns"):format(RUNS))
end

local ok, problem = xpcall(main, debug.traceback)
local complaints = process.finish_all()
if not ok or complaints then
  io.stderr:write(tostring(problem or complaints), "\n")
  os.exit(1)
end

-- Measures the host with the clicker beside a bare HTTP loop that sends as many messages and does nothing else, and beside bots
-- of other libraries that do the same. All use one sandbox, in turns; it and the bot have a core each. Prints one table, with a
-- ratio in each line. Where something can't be measured, the line says why, and the others come all the same. The figures hold
-- for this machine and this run only.
--
--   BENCH_PARTS="rate burst" BENCH_CLICKS=60000 BENCH_RUNS=3 lua5.4 tests/bench/clicker.lua
local instructions = require "tests.bench.instructions"
local latency = require "tests.bench.latency"
local load = require "tests.bench.load"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"

local function setting(name, default) return tonumber(os.getenv("BENCH_" .. name)) or default end

local USERS = 1000
local CLICKS = setting("CLICKS", 60000)
local REPLIES = setting("REPLIES", 20000)
local PEER_CLICKS = setting("PEER_CLICKS", 20000)
local COUNTED = setting("COUNTED", 2560) -- clicks under callgrind
local POSTED = setting("POSTED", 2000)   -- messages, for the latency
local RUNS = setting("RUNS", 3)
local PARTS = os.getenv("BENCH_PARTS") or "rate slow burst peers debian latency instructions routes"
local CONCURRENCY = 1000 -- as many calls in flight as the host allows itself
local DELAY_MS, POSTS_A_SECOND = 50, 200
local BURST_CHATS, BURST_CLICKS = 20, 4000
local FEW_ROUTES, MANY_ROUTES = 10, 1000

local telegram = sandbox { requests = 0 }

local host = { command = { sandbox.PROGRAM, "run", "scripts" }, first_calls = 3, is_checked = true }
local bare = { command = { os.getenv("BARE") or "build/bare", telegram.url, CONCURRENCY }, first_calls = 1 }
local few = { command = { bare.command[1], telegram.url, instructions.CHATS }, first_calls = 1 } -- with as few connections
local peers = {
  { name = "telegraf", command = { "node", "tests/bench/peer.mjs", "telegraf" }, first_calls = 1 },
  { name = "grammY and its runner", command = { "node", "tests/bench/peer.mjs", "grammy" }, first_calls = 1 },
  { name = "node-telegram-bot-api", command = { "node", "tests/bench/peer.mjs", "node-telegram-bot-api" }, first_calls = 1 },
}
local debians = { -- a tenth of the clicks: it handles one update after the other
  { name = "python-telegram-bot", command = { "/usr/bin/python3", "tests/bench/peer.py" }, first_calls = 1 },
}

-- ---- the table ----

local function shown(value, format) return type(value) == "number" and (format or "%.0f"):format(value) or value or "" end

local function row(what, ours, other, format)
  local has_both = type(ours) == "number" and type(other) == "number"
  print(("%-48s %10s %10s %8s"):format(what, shown(ours, format), shown(other, format),
    has_both and ("%.2f"):format(ours / other) or ""))
end

-- ---- its parts ----

local parts = {}

local function work_of(clicks, users, delay_ms) return { users = users, clicks_each = clicks // users, delay_ms = delay_ms } end

local function beside_bare(work)
  local list = { { name = "host", program = host, work = work }, { name = "bare loop", program = bare, work = work } }
  local medians = load.compare(telegram, list, RUNS)
  return medians.host, medians["bare loop"]
end

function parts.rate()
  local ours, others = beside_bare(work_of(CLICKS, USERS))
  row(("%d clicks of %d users: updates/s"):format(CLICKS // USERS * USERS, USERS), ours.rate, others.rate)
  row("  its CPU, us an update", ours.cpu_us, others.cpu_us, "%.1f")
  row("  the sandbox's share of one core, %", ours.sandbox_percent, others.sandbox_percent)
  row("  resident, MB: before the first update", ours.idle_mb, others.idle_mb, "%.1f")
  row("    of it not the libraries' pages", ours.own_mb, others.own_mb, "%.1f")
  row("  resident, MB: after the last", ours.after_mb, others.after_mb, "%.1f")
end

function parts.slow()
  local ours, others = beside_bare(work_of(REPLIES, USERS, DELAY_MS))
  row(("%d ms a call, %d chats: replies/s"):format(DELAY_MS, USERS), ours.rate, others.rate)
  row("  connections at the end", ours.connections, others.connections)
  row("  resident, MB: after the last", ours.after_mb, others.after_mb, "%.1f")
end

-- The host beside itself: what waits in few chats must not cost more than the same in many.
function parts.burst()
  local medians = load.compare(telegram, {
    { name = "burst", program = host, work = work_of(BURST_CLICKS, BURST_CHATS) },
    { name = "usual", program = host, work = work_of(BURST_CLICKS, USERS) },
  }, RUNS)
  print(("%-48s %10s %10s %8s"):format("the host beside itself", BURST_CHATS .. " chats", USERS .. " chats", "ratio"))
  row(("%d clicks waiting: its CPU, us an update"):format(BURST_CLICKS), medians.burst.cpu_us, medians.usual.cpu_us, "%.1f")
end

-- Their packages, once; false: npm can't get them here.
local function has_packages()
  return os.execute("cd tests/clients && { test -d node_modules/telegraf || npm ci --no-audit --no-fund --ignore-scripts; } "
    .. ">/dev/null 2>&1")
end

-- The host gets as many clicks as beside the bare loop, so that each works for some seconds: to begin and to be waited for is
-- then no larger a part of the fast one's time.
local function beside(others, clicks, users)
  local work = work_of(clicks, users)
  local list = { { name = "host", program = host, work = work_of(CLICKS, users) } }
  for i, peer in ipairs(others) do list[i + 1] = { name = peer.name, program = peer, work = work } end
  local medians = load.compare(telegram, list, RUNS)
  for _, peer in ipairs(others) do
    print(("%-48s %10s %10s %8s"):format("the host beside " .. peer.name, "host", "it", "ratio"))
    row(("%d users, %d and %d clicks: updates/s"):format(users, CLICKS, clicks), medians.host.rate, medians[peer.name].rate)
    row("  resident, MB: after the last", medians.host.after_mb, medians[peer.name].after_mb, "%.1f")
  end
end

function parts.peers()
  assert(has_packages(), "npm can't install the packages of tests/clients")
  beside(peers, PEER_CLICKS, USERS)
end

function parts.debian()
  local has_it = os.execute "/usr/bin/python3 -W ignore -c 'from telegram.ext import Filters, Updater' 2>/dev/null"
  assert(has_it, "there is no python-telegram-bot of generation 13")
  beside(debians, PEER_CLICKS // 10, USERS // 10)
end

function parts.latency()
  local half, most = latency(telegram, host, POSTS_A_SECOND, POSTED)
  local bare_half, bare_most = latency(telegram, bare, POSTS_A_SECOND, POSTED)
  row(("%d messages a second, ms to the answer: median"):format(POSTS_A_SECOND), half, bare_half, "%.2f")
  row("  99 of 100", most, bare_most, "%.2f")
end

function parts.instructions()
  local ours, all = instructions.count(telegram, host, COUNTED)
  local others, others_all = instructions.count(telegram, few, COUNTED)
  row("user instructions a click (callgrind)", all, others_all)
  local names = {}
  for name, count in pairs(ours) do
    if count >= all / 100 then names[#names + 1] = name end
  end
  table.sort(names, function(a, b) return ours[a] > ours[b] end)
  for _, name in ipairs(names) do row("  of it in " .. name:gsub("%.so.*", ""), ours[name], others[name]) end
end

-- A bot of so many routes, of each kind a third; the one that is wanted is the last.
local function bot_of(count)
  local lines = { 'local bot = require "bot"', 'bot.command("start", function(message) message:answer("Приветствую") end)' }
  local kinds = {
    'bot.text("Кнопка %d", function(message) message:answer("%d") end)',
    'bot.match("^слово%d (%%d+)$", function(message, number) message:answer(number) end)',
    'bot.callback("^кнопка:%d:(.+)$", function(query, data) query:answer(data) end)',
  }
  for i = 3, count do lines[#lines + 1] = kinds[i % 3 + 1]:format(i, i) end
  lines[#lines + 1] = 'bot.text("Клик", function(message) message:answer("Кликов: 1") end)'
  local path = process.new_directory() .. "/bot.lua"
  process.write_file(path, table.concat(lines, "\n") .. "\n")
  return { command = { sandbox.PROGRAM, "run", path }, first_calls = 1 }
end

function parts.routes()
  local _, of_many = instructions.count(telegram, bot_of(MANY_ROUTES), COUNTED)
  local _, of_few = instructions.count(telegram, bot_of(FEW_ROUTES), COUNTED)
  print(("%-48s %10d %10d %8s"):format("the host beside itself, by routes", MANY_ROUTES, FEW_ROUTES, "ratio"))
  row("user instructions a click (callgrind)", of_many, of_few)
end

-- ---- all of them ----

local has_failed = false
print(("%-48s %10s %10s %8s"):format(("medians of %d runs in turns"):format(RUNS), "host", "bare loop", "ratio"))
for name in PARTS:gmatch("%S+") do
  local ok, problem = xpcall(assert(parts[name], name), debug.traceback)
  if not ok then
    has_failed = true
    print(("%-48s not measured: %s"):format(name, tostring(problem):match("[^\n]*")))
    io.stderr:write(tostring(problem), "\n")
    pcall(telegram.heal, telegram)
  end
  io.stdout:flush()
end
local complaints = process.finish_all()
if complaints then io.stderr:write(complaints, "\n") end
os.exit(not has_failed and not complaints)

-- What several hosts on one PostgreSQL are worth: the clicker on 1, 2 and 4 of them, beside one host with its data in memory.
-- All of it shares the cores of this machine, so each line says who has used them. The server keeps nothing safe from a crash
-- of the machine (tests/support/postgres.lua), so no disk is in the figures.
--
--   BENCH_HOSTS="0 1 2 4" BENCH_CLICKS=5000 BENCH_RUNS=3 lua5.4 tests/bench/hosts.lua
local load = require "tests.bench.load"
local postgres = require "tests.support.postgres"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local socket = require "socket"
local until_ = require "tests.support.until"

local USERS = 1000
local CLICKS = (tonumber(os.getenv "BENCH_CLICKS") or 5000) // USERS * USERS
local RUNS = tonumber(os.getenv "BENCH_RUNS") or 3
local CONNECTIONS_OF_HOST, CONNECTIONS_BESIDE = 9, 20
local counts, most = {}, 0 -- hosts on PostgreSQL; 0: one in memory
for count in (os.getenv "BENCH_HOSTS" or "0 1 2 4"):gmatch "%d+" do
  table.insert(counts, tonumber(count))
  most = math.max(most, counts[#counts])
end

local server = postgres.start(most * CONNECTIONS_OF_HOST + CONNECTIONS_BESIDE)
local telegram = sandbox { requests = 0 }

-- The server's, with all its children, those that have ended, too.
local function server_cpu()
  local total = load.cpu_of(server.process.pid, true)
  local pipe = assert(io.popen("pgrep -P " .. server.process.pid))
  for pid in pipe:lines() do
    local ok, cpu = pcall(load.cpu_of, tonumber(pid))
    total = total + (ok and cpu or 0)
  end
  pipe:close()
  return total
end

local function start(count)
  local environment, hosts = telegram:environment(), {}
  if count > 0 then environment.LUNOKHOD_DATABASE = server:url() end
  for i = 1, math.max(count, 1) do
    hosts[i] = process.start({ sandbox.PROGRAM, "run", "scripts" }, environment)
    hosts[i].may_be_killed = true
    local words = count > 0 and "works beside others" or "msg=running"
    until_(function() return hosts[i]:stderr():find(words) end, "a host that runs")
  end
  return hosts
end

local function cpu_of_all(hosts)
  local total = 0
  for _, host in ipairs(hosts) do total = total + load.cpu_of(host.pid) end
  return total
end

local function wait_sent(hosts, count)
  while telegram:sent() < count do
    for _, host in ipairs(hosts) do assert(not host:code(), host:stderr()) end
    socket.sleep(0.02)
  end
end

local function measure(count)
  telegram:reset()
  server:clear()
  local hosts = start(count)
  telegram:flood { users = USERS, messages_each = 1, text = "/start", first_id = load.FIRST_ID }
  wait_sent(hosts, USERS)
  local host_cpu, database_cpu, sandbox_cpu = cpu_of_all(hosts), server_cpu(), load.cpu_of(telegram.process.pid)
  local began = socket.gettime()
  telegram:flood { users = USERS, messages_each = CLICKS // USERS, text = "Клик", first_id = load.FIRST_ID }
  wait_sent(hosts, USERS + CLICKS)
  local seconds = socket.gettime() - began
  local result = {
    rate = CLICKS / seconds,
    host_us = (cpu_of_all(hosts) - host_cpu) * 1e6 / CLICKS,
    database_us = (server_cpu() - database_cpu) * 1e6 / CLICKS,
    sandbox_us = (load.cpu_of(telegram.process.pid) - sandbox_cpu) * 1e6 / CLICKS,
  }
  load.check_counts(telegram, USERS, CLICKS // USERS)
  for _, host in ipairs(hosts) do load.stop(host) end
  io.stderr:write(("%d hosts: %.0f/s\n"):format(count, result.rate))
  return result
end

local runs = {}
for _ = 1, RUNS do
  for _, count in ipairs(counts) do
    runs[count] = runs[count] or {}
    table.insert(runs[count], measure(count))
  end
end

local function median(count, key)
  local values = {}
  for i, run in ipairs(runs[count]) do values[i] = run[key] end
  table.sort(values)
  return values[(#values + 1) // 2]
end

print(("%-28s %10s %8s %12s %12s %12s"):format(("%d clicks of %d users"):format(CLICKS, USERS), "clicks/s", "ratio", "host us",
  "server us", "sandbox us"))
for _, count in ipairs(counts) do
  local name = count == 0 and "one host, in memory" or count .. " on PostgreSQL"
  local rate = median(count, "rate")
  print(("%-28s %10.0f %8.2f %12.1f %12.1f %12.1f"):format(name, rate, rate / median(counts[1], "rate"),
    median(count, "host_us"), median(count, "database_us"), median(count, "sandbox_us")))
end
telegram:stop()
server:remove()
local complaints = process.finish_all()
if complaints then io.stderr:write(complaints, "\n") end
os.exit(not complaints)

-- What TLS takes: the clicker over plain HTTP beside the same over HTTPS, as at Telegram. Each chat has a call under way at the
-- same time, and so a connection. Prints one table: memory without the pages of libraries, which processes share, and CPU.
--
--   BENCH_CHATS=400 lua5.4 tests/bench/https.lua
local load = require "tests.bench.load"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local tls_front = require "tests.support.tls_front"
local until_ = require "tests.support.until"

local CHATS = tonumber(os.getenv "BENCH_CHATS") or 400 -- the front takes some 500
local FIRST_CALLS = 3

local function measure(is_secure)
  local telegram, options = sandbox { requests = 0 }, {}
  local environment = telegram:environment()
  if is_secure then
    local front = tls_front.new(telegram)
    environment.TELEGRAM_API_ROOT = front.url
    options = front:options()
  end
  local command = { sandbox.PROGRAM, "run", table.unpack(options) }
  command[#command + 1] = "scripts"
  local run = process.start(command, environment)
  until_(function() return telegram:begun() >= FIRST_CALLS end, "the first poll")
  local found = { idle_mb = load.resident_mb(run.pid, "RssAnon"), all_mb = load.resident_mb(run.pid, "VmRSS") }
  local cpu = load.cpu_of(run.pid)
  telegram:fault { method = "sendMessage", kind = "hold", times = -1 }
  telegram:flood { users = CHATS, messages_each = 1, text = "/start", first_id = load.FIRST_ID }
  telegram:holds(CHATS)
  found.busy_mb = load.resident_mb(run.pid, "RssAnon")
  found.cpu_ms = (load.cpu_of(run.pid) - cpu) * 1000
  telegram:heal()
  telegram:let_go "apply"
  load.wait_sent(telegram, run, CHATS)
  found.after_mb = load.resident_mb(run.pid, "RssAnon")
  load.stop(run)
  return found
end

local plain, secure = measure(false), measure(true)
local function row(what, format, value)
  print(("%-60s %10s %10s"):format(what, format:format(value(plain)), format:format(value(secure))))
end

print(("%-60s %10s %10s"):format(os.date "%Y-%m-%d", "HTTP", "HTTPS"))
row("resident, MB: before the first update", "%.1f", function(found) return found.all_mb end)
row("  of it not the libraries' pages", "%.1f", function(found) return found.idle_mb end)
row(("own memory, MB: with %d calls under way"):format(CHATS), "%.1f", function(found) return found.busy_mb end)
row("  when they have ended", "%.1f", function(found) return found.after_mb end)
row("kB a call under way, with its handler", "%.1f", function(found) return (found.busy_mb - found.idle_mb) * 1024 / CHATS end)
row("ms of CPU a chat, with its connection", "%.2f", function(found) return found.cpu_ms / CHATS end)
local complaints = process.finish_all()
if complaints then io.stderr:write(complaints, "\n") end
os.exit(not complaints)

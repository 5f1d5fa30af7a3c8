-- What --reply-in-webhook saves: one host with a webhook beside the same host with it, in turns, each answering every
-- message with one of its own. Prints one table, with a ratio in each line.
--
--   BENCH_MESSAGES=20000 BENCH_RUNS=3 lua5.4 tests/bench/webhook.lua
local load = require "tests.bench.load"
local ports = require "tests.support.port"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"

local USERS = 1000
local MESSAGES = tonumber(os.getenv "BENCH_MESSAGES") or 20000
local RUNS = tonumber(os.getenv "BENCH_RUNS") or 3
local CALLS_BEFORE = 2 -- getMe, setWebhook
local ECHO = 'require("bot").on("message:text", function(message) message:answer(message.text) end)\n'

local telegram = sandbox { requests = 0 }
local directory = process.new_directory()
process.write_file(directory .. "/bot.lua", ECHO)

local function program(option)
  local port = ports.reserve()
  local listen, url = "127.0.0.1:" .. port, ("http://127.0.0.1:%d/hook"):format(port)
  local command = { sandbox.PROGRAM, "run", "--listen", listen, "--webhook", url, directory }
  if option then table.insert(command, 3, option) end
  return { command = command, first_calls = CALLS_BEFORE }
end

local work = { users = USERS, clicks_each = MESSAGES // USERS }
local medians = load.compare(telegram, {
  { name = "calls", program = program(), work = work },
  { name = "answers", program = program "--reply-in-webhook", work = work },
}, RUNS)

local function row(what, key, format)
  local answers, calls = medians.answers[key], medians.calls[key]
  print(("%-48s %10s %10s %8.2f"):format(what, format:format(answers), format:format(calls), answers / calls))
end

print(("%-48s %10s %10s %8s"):format("", "answer", "call", "ratio"))
row(("%d replies by webhook: replies/s"):format(MESSAGES), "rate", "%.0f")
row("  the host's CPU, us an update", "cpu_us", "%.1f")
row("  the sandbox's share of one core, %", "sandbox_percent", "%.0f")
telegram:stop()

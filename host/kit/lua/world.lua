-- The world of one `it`: Telegram, the host in it, and its clock. Nothing is made before the spec needs it, because many specs
-- need none. What people do waits until the spec looks at something, so that messages said in a row arrive in one go.
local core = require "kit.core"
local json = require "json"
local wording = require "kit.wording"

local world = { scripts = {} }

local is_made
local host -- nil: not started yet; "running"; "off": stopped by the spec, or ended by itself
local admin -- the person whose chat keeps the backups
local expected -- patterns of log lines that the spec has asked for

--- Another `it` begins. scripts: paths.
function world.reset(scripts)
  world.scripts, world.generation = scripts, (world.generation or 0) + 1
  is_made, host, admin, expected = false, nil, nil, {}
end

local function make()
  if not is_made then
    is_made = true
    core.clear()
    core.zone "UTC" -- a spec says the same on every machine
  end
end

local function start()
  make()
  if not host then
    host = "off" -- and so it stays if the start fails
    if #world.scripts == 0 then
      error('no scripts to test: name them on the command line, or in the spec: scripts "bot.lua"', 0)
    end
    core.start(world.scripts, admin and admin.id)
    host = "running"
  end
end

-- Lets the bot work while the clock is turned by ms. It may end by itself meanwhile: by os.exit, or because it can't go on.
local function work(ms)
  local is_running = core.work(ms)
  if host and not is_running then
    host = "off"
  end
end

--- Lets the bot do all that it can do now.
function world.settle()
  start()
  work(0)
end

--- Asks the person's side of Telegram (the sandbox's control API). file: { field =, name =, bytes = }. People and chats may be
--- made before the bot starts; it starts before anybody does anything, because it should see that.
function world.ask(method, path, input, file)
  make()
  if path ~= "users" and path ~= "chats" then
    start()
  end
  local answer
  if file then
    answer = core.ask(method, path, json.encode(input), file.field, file.name, file.bytes)
  else
    answer = core.ask(method, path, input and json.encode(input))
  end
  return json.decode(answer)
end

function world.unfinished() return core.unfinished() end
function world.bytes_of(file_id) return core.ask("GET", "files", json.encode { file_id = file_id }) end

-- Without the time of each line, which is the machine's and not the spec's.
local function each_line()
  return (is_made and core.log() or ""):gsub("time=%S+ ", ""):gmatch("[^\n]+")
end

--- All log lines of this `it`.
function world.log_lines(pattern)
  local lines = {}
  for line in each_line() do
    if not pattern or wording.fits(line, pattern) then
      lines[#lines + 1] = line
    end
  end
  return lines
end

local function is_known(line)
  for _, pattern in ipairs(expected) do
    if wording.fits(line, pattern) then
      return true
    end
  end
  return false
end

-- A method that the sandbox only knows by name counts, too: what the bot does with it has not been tried. So does a refusal
-- that the bot has not looked at.
local function is_failure(line)
  return line:find('^level=error msg="a [%a ]*failed"') or line:find('^level=warn msg="the sandbox does not emulate')
    or line:find('^level=warn msg="a [%a ]* failed, and nobody looked')
end

--- The log line of a failure that the spec has not asked for; nil: there is none.
function world.unexpected()
  for line in each_line() do
    if is_failure(line) and not is_known(line) then
      return line
    end
  end
end

--- The end of the spec: a bot that runs does what it still can do now.
function world.finish()
  if host == "running" then
    work(0)
  end
end

-- ---- what a spec sees of it ----

local bot = { id = core.bot_id } -- for group:makes(bot, "administrator")

--- The scripts are loaded anew, as by SIGHUP. Raises what is wrong with them.
function bot:reload()
  world.settle()
  core.reload()
  return self
end

--- The host ends as in a crash; no bot answers until bot:start().
function bot:stop()
  world.settle()
  core.kill()
  host = "off"
  return self
end

--- The host starts again: with an admin from the last backup, else with the data of the moment when it ended.
function bot:start()
  make()
  if host ~= "running" then
    host = nil
    start()
  end
  return self
end

function bot:restart() return self:stop():start() end

--- The person in whose chat the host keeps its backups, every 30 seconds where something has changed. From now on a restart is
--- a power cut: the host begins with the last backup.
function bot:admin(person)
  if host == "running" then
    error("bot:admin: the bot has started already; name the admin before anybody does anything, or after bot:stop()", 2)
  end
  admin = person
  return self
end

--- The log lines that have the text, or fit the pattern. A failure of the bot that is looked for here does not fail the spec.
function bot:log(pattern) -- luacheck: no self
  world.settle()
  expected[#expected + 1] = pattern or ""
  return world.log_lines(pattern)
end

local clock = {}

--- clock:advance("1d"): "2h30m", "45s", "500ms", or a number of seconds. All that falls due on the way happens at its own time.
function clock:advance(time)
  local ms = wording.milliseconds(time)
  if not ms or ms < 0 then
    error('clock:advance: a time like "1d", "2h30m", "45s", or a number of seconds expected, not ' .. wording.show(time), 2)
  end
  world.settle()
  work(ms)
  return self
end

--- clock:jump("1h"), clock:jump("-1h"): somebody sets the machine's clock, forward or back. No time passes by it.
function clock:jump(time)
  local sign, rest = 1, time
  if type(time) == "string" and time:find "^%-" then sign, rest = -1, time:sub(2) end
  local ms = wording.milliseconds(rest)
  if not ms then
    error('clock:jump: a time like "1h" or "-1h", or a number of seconds expected, not ' .. wording.show(time), 2)
  end
  world.settle()
  core.jump(sign * ms)
  return self
end

--- clock:zone("Europe/Berlin"): the time zone of the machine, until the end of the spec.
function clock:zone(name)
  make()
  local complaint = core.zone(name)
  if complaint then
    error("clock:zone: " .. complaint, 2)
  end
  return self
end

-- "2024-03-31 01:59" in the machine's zone, or seconds since 1970.
local function moment_of(time)
  if math.type(time) then return time end
  local year, month, day, hour, min, sec = tostring(time):match "^(%d%d%d%d)%-(%d%d)%-(%d%d) (%d%d):(%d%d):?(%d*)$"
  local at = year and os.time { year = year, month = month, day = day, hour = hour, min = min, sec = sec ~= "" and sec or 0 }
  local is_there = at and os.date("%Y-%m-%d", at) == ("%s-%s-%s"):format(year, month, day)
  return is_there and at or nil -- os.time takes a 45th of January for a day of February
end

--- clock:set("2024-03-31 01:59"): somebody sets the machine's clock to that time of its zone. No time passes by it.
function clock:set(time)
  make()
  local at = moment_of(time)
  if not at then
    error('clock:set: a time like "2024-03-31 01:59", or seconds since 1970 expected, not ' .. wording.show(time), 2)
  end
  if host == "running" then world.settle() end
  core.jump(math.floor(at * 1000) - core.now())
  return self
end

--- Seconds since 1970, as os.time() in the bot.
function clock:now() -- luacheck: no self
  make()
  return core.now() // 1000
end

local http = {}

local ANSWER = {
  status = true, body = true, content_type = true, headers = true, chunks = true, unreachable = true,
}

local function is_full(answer)
  if type(answer) ~= "table" then return false end
  return answer.status or answer.body ~= nil or answer.chunks or answer.headers or answer.unreachable
end

local function header_lines(headers)
  local lines = {}
  for name, value in pairs(headers or {}) do lines[#lines + 1] = name .. ": " .. value .. "\r\n" end
  return table.concat(lines)
end

local function add_answer(address, answer, is_next)
  local full = is_full(answer) and answer or { body = answer }
  wording.check_fields(full, ANSWER, "http:answers")
  local is_json = type(full.body) == "table"
  local body, sizes = is_json and json.encode(full.body) or full.body or "", nil
  if full.chunks then
    body, sizes = table.concat(full.chunks), {}
    for i, chunk in ipairs(full.chunks) do sizes[i] = #chunk end
  end
  core.answer_http(address, full.unreachable and 0 or full.status or 200,
    full.content_type or is_json and "application/json" or "text/plain", body, header_lines(full.headers), sizes, is_next)
end

--- What a service answers from now on, to all addresses that begin so: a text, a table (as JSON), or
--- { status = 404, body = "...", content_type = "...", headers = { ... } }; { chunks = { "...", "..." } } for a stream;
--- { unreachable = true }. Several answers are given in a row, the last again and again.
function http:answers(address, ...)
  if type(address) ~= "string" or select("#", ...) == 0 then
    error("http:answers: an address and its answers expected", 2)
  end
  make()
  for i = 1, select("#", ...) do add_answer(address, (select(i, ...)), i > 1) end
  return self
end

--- What the bot has asked of services, oldest first: { method =, url =, headers =, body =, parts = }.
function http:requests() -- luacheck: no self
  world.settle()
  return json.decode(core.http_requests())
end

world.bot, world.clock, world.http = bot, clock, http
return world

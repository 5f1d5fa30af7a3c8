-- The world of one `it`: when it is made, the host in it, and its clock. Nothing is made before a spec asks for it, because many
-- need none. What people do waits until somebody looks, so that what is said in a row arrives in one go.
local core = require "spec.core"
local json = require "json"
local text = require "spec.text"

local world = { scripts = {} }

local is_made, is_started
local admin -- the person whose chat keeps the backups
local looked -- patterns of log lines that the spec knows of

--- Another `it` begins. scripts: paths.
function world.reset(scripts)
  world.scripts, world.generation = scripts, (world.generation or 0) + 1
  is_made, is_started, admin, looked = false, false, nil, {}
end

local function make()
  if not is_made then
    is_made = true
    core.clear()
  end
end

local function start()
  make()
  if not is_started then
    is_started = true
    if #world.scripts == 0 then
      error('no scripts to test: name them on the command line, or in the spec: scripts "bot.lua"', 0)
    end
    core.start(world.scripts, admin and admin.id)
  end
end

--- Lets the bot do all that it can do now.
function world.look()
  if is_started ~= "stopped" then
    start()
  end
  core.work(0)
end

--- Asks the person's side of Telegram (the sandbox's control API). file: { field =, name =, bytes = }. People may come before the
--- bot starts; whatever they do is for it to see.
function world.ask(method, path, input, file)
  make()
  if not is_started and path ~= "users" and path ~= "chats" then
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

-- Lines without their time, which is the machine's and says nothing here.
local function each_line()
  return (is_made and core.log() or ""):gsub("time=%S+ ", ""):gmatch("[^\n]+")
end

--- All log lines of this `it`.
function world.log_lines(pattern)
  local lines = {}
  for line in each_line() do
    if not pattern or text.fits(line, pattern) then
      lines[#lines + 1] = line
    end
  end
  return lines
end

local function is_known(line)
  for _, pattern in ipairs(looked) do
    if text.fits(line, pattern) then
      return true
    end
  end
  return false
end

-- A method that the sandbox only knows by name counts, too: what the bot does with it has not been tried.
local function is_failure(line)
  return line:find('^level=error msg="a [%a ]*failed"') or line:find('^level=warn msg="the sandbox does not emulate')
end

--- Failures of the bot that the spec has not looked for; or nil.
function world.unexpected()
  for line in each_line() do
    if is_failure(line) and not is_known(line) then
      return line
    end
  end
end

--- Does the end of the spec need the bot's last deeds? Only where there is a bot.
function world.finish()
  if is_started == true then
    core.work(0)
  end
end

-- ---- what a spec sees of it ----

local bot = {}

--- The scripts are loaded anew, as by SIGHUP. Raises what is wrong with them.
function bot:reload()
  world.look()
  core.reload()
  return self
end

--- The host ends as in a crash; nobody answers until bot:start().
function bot:stop()
  world.look()
  core.stop()
  is_started = "stopped"
  return self
end

--- The host starts again, with the data of its last backup: of the moment when it ended.
function bot:start()
  make()
  if is_started ~= true then
    is_started = false
    start()
  end
  return self
end

function bot:restart() return self:stop():start() end

--- The person in whose chat the host keeps its backups, every 30 seconds where something has changed. From now on a restart is a
--- power cut: the host begins with the last backup.
function bot:admin(person)
  if is_started == true then
    error("bot:admin: the bot has started already; name the admin before anybody does anything, or after bot:stop()", 2)
  end
  admin = person
  return self
end

--- The log lines that have the text, or fit the pattern. A failure of the bot that is looked for here does not fail the spec.
function bot:log(pattern) -- luacheck: no self
  world.look()
  looked[#looked + 1] = pattern or ""
  return world.log_lines(pattern)
end

local clock = {}

--- clock:advance("1d"): "2h30m", "45s", "500ms", or a number of seconds. All that falls due on the way happens at its own time.
function clock:advance(time)
  local ms = text.milliseconds(time)
  if not ms or ms < 0 then
    error(('clock:advance: a time like "1d", "2h30m", "45s", or a number of seconds expected, not %s'):format(text.show(time)), 2)
  end
  world.look()
  core.work(ms)
  return self
end

--- clock:jump("1h"), clock:jump("-1h"): somebody sets the machine's clock, forward or back. No time passes by it.
function clock:jump(time)
  local sign, rest = 1, time
  if type(time) == "string" and time:find "^%-" then sign, rest = -1, time:sub(2) end
  local ms = text.milliseconds(rest)
  if not ms then
    error(('clock:jump: a time like "1h" or "-1h", or a number of seconds expected, not %s'):format(text.show(time)), 2)
  end
  world.look()
  core.jump(sign * ms)
  return self
end

--- Seconds since 1970, as os.time() in the bot.
function clock:now() -- luacheck: no self
  make()
  return core.now() // 1000
end

local http = {}

--- What a service answers from now on, to all addresses that begin so: a text, a table (as JSON), or
--- { status = 404, body = "...", content_type = "..." }; { unreachable = true }.
function http:answers(address, answer)
  make()
  local is_plain = type(answer) == "string" or answer.status == nil and answer.body == nil and not answer.unreachable
  local full = is_plain and { body = answer } or answer
  local is_json = type(full.body) == "table"
  core.answer_http(address, full.unreachable and 0 or full.status or 200,
    full.content_type or is_json and "application/json" or "text/plain", is_json and json.encode(full.body) or full.body or "")
  return self
end

--- What the bot has asked of services, oldest first: { method =, url =, body = }.
function http:requests() -- luacheck: no self
  world.look()
  return json.decode(core.asked_http())
end

world.bot, world.clock, world.http = bot, clock, http
return world

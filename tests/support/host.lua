-- A host as a process: `local lunokhod = host{ telegram = telegram, script = [[ ... ]] }`.
local cjson = require "cjson"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local unix = require "socket.unix"
local until_ = require "tests.support.until"

local host = {}
host.__index = host

local directories = {} -- to be removed

local function new_directory()
  directories[#directories + 1] = process.new_directory()
  return directories[#directories]
end

function host:write(name, text) process.write_file(self.directory .. "/" .. name, text) end

-- telegram: the sandbox that it uses. Scripts: `scripts`, a list of paths; or `script`, the text of a bot.lua; or `files`,
-- name -> text. options: a list of arguments. environment: name -> value, added to the usual ones. has_control: a control
-- socket, which status() asks. Returns after the host's first poll, unless `wait` is false.
local function new(_, what)
  local self = setmetatable({ telegram = what.telegram }, host)
  local scripts = what.scripts
  if not scripts then
    self.directory = new_directory()
    scripts = { self.directory }
    for name, text in pairs(what.files or { ["bot.lua"] = what.script }) do self:write(name, text) end
  end
  local arguments = { sandbox.PROGRAM, what.command or "run" }
  if what.has_control then
    self.control = new_directory() .. "/control.sock"
    table.move({ "--control", self.control }, 1, 2, #arguments + 1, arguments)
  end
  table.move(what.options or {}, 1, #(what.options or {}), #arguments + 1, arguments)
  table.move(scripts, 1, #scripts, #arguments + 1, arguments)
  local environment = what.telegram and what.telegram:environment() or {}
  for name, value in pairs(what.environment or {}) do environment[name] = value end
  self.begun = what.telegram and what.telegram:begun()
  self.process = process.start(arguments, environment)
  self.process.secret = environment.BOT_TOKEN and environment.BOT_TOKEN:match(":(.+)")
  self.pid = self.process.pid
  if what.telegram and what.wait ~= false then self:has_polled() end
  return self
end

-- Waits for its first getUpdates.
function host:has_polled()
  until_(function()
    if self.process:code() then error("the host did not start:\n" .. self.process:stderr(), 0) end
    return self.telegram:begun() >= self.begun + 3 -- getMe, deleteWebhook, getUpdates
  end, function() return "the first getUpdates\n" .. self.process:stderr() end)
end

function host:logged(pattern, ceiling) return self.process:logged(pattern, ceiling) end
function host:log_lines(pattern) return self.process:log_lines(pattern) end
function host:is_running() return self.process:code() == nil end
function host:signal(name) self.process:signal(name) end
function host:ends(ceiling) return self.process:wait(ceiling) end

-- What `lunokhod status --json` tells.
function host:status()
  local connection = assert(unix())
  assert(connection:connect(self.control))
  connection:send('{"command":"status"}\n')
  local line = assert(connection:receive "*l")
  connection:close()
  return cjson.decode(line).status
end

-- Asks for a reload, waits for its result in the log, and returns that line.
function host:reload()
  local before = #self:log_lines("[Rr]eload")
  self:signal("HUP")
  return until_(function() return self:log_lines("[Rr]eload")[before + 1] end, function()
    return "a log line about the reload\n" .. self.process:stderr()
  end)
end

-- Stops it gracefully and waits for its end. Returns the exit code.
function host:stop()
  self:signal("TERM")
  return self:ends()
end

-- Kills it where it still runs, and waits for its end: one that is stopped (SIGSTOP), too.
function host:kill()
  if self:is_running() then self:signal "KILL" end
  return self:ends()
end

function host.clean_up()
  for _, directory in ipairs(directories) do os.execute("rm -rf " .. process.quote(directory)) end
  directories = {}
end

return setmetatable(host, { __call = new })

-- Programs that run beside the test: started in the background, watched, ended, and checked after their end.
-- Each has a shell as its guard, which writes the pid and the exit code into files. The guard's standard input is a pipe from
-- the test. So the program dies with the test, however the test ends.
local until_ = require "tests.support.until"

local process = {}
process.__index = process

local running = {} -- the processes that were started and not yet removed
local begun = 0 -- how many there have been

-- It is killed only while `alive` is there. The notes may be removed before the end of the pipe is seen, and the pid may be
-- that of any other program by then.
local GUARD = [[
notes=$1; shift
exec 3<&0 2>/dev/null
: >"$notes/alive"
"$@" >"$notes/stdout" 2>"$notes/stderr" </dev/null 3<&- &
pid=$!
echo $pid >"$notes/pid.new"; mv "$notes/pid.new" "$notes/pid"
{ cat >/dev/null <&3; test -e "$notes/alive" && kill -KILL $pid; } >/dev/null 2>&1 &
wait $pid
code=$?
rm -f "$notes/alive"
echo $code >"$notes/code.new"; mv "$notes/code.new" "$notes/code"
]]

function process.quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

function process.read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

function process.write_file(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

function process.new_directory()
  local pipe = assert(io.popen("mktemp -d"))
  local path = assert(pipe:read("l"))
  pipe:close()
  return path
end

-- Settings that a person or a service may have in the environment, and that are for no program of a test.
local NOT_OURS = [[
  BOT_TOKEN BOT_TOKEN_FILE TELEGRAM_API_ROOT SSL_CERT_FILE ADMIN_ID CONFIG_ID BACKUP_INTERVAL COPY_TO COPY_DIR WEBHOOK_URL
  WEBHOOK_CONNECTIONS LUNOKHOD_SERVER_FILES LUNOKHOD_DURABLE LUNOKHOD_FRESH LUNOKHOD_TAKEOVER LUNOKHOD_SKIP_PENDING
  LUNOKHOD_WATCH LUNOKHOD_ALLOW_PRIVATE_HTTP LUNOKHOD_ALLOW_FILES LUNOKHOD_UNCONFINED LUNOKHOD_DEADLINE LUNOKHOD_MEMORY
  LUNOKHOD_INBOX LUNOKHOD_POLL_TIMEOUT LUNOKHOD_LISTEN LUNOKHOD_TLS_CERT LUNOKHOD_TLS_KEY LUNOKHOD_CONTROL LUNOKHOD_LOG_FORMAT
  LUNOKHOD_LOG_LEVEL LUNOKHOD_CONFIG XDG_RUNTIME_DIR RUNTIME_DIRECTORY NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM
  http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY ]]
local FORGET = NOT_OURS:gsub("(%S+)", "-u %1"):gsub("%s+", " ")

-- Starts a program, arguments[1], with its arguments. environment: name -> value, added to ours.
function process.start(arguments, environment)
  local notes = process.new_directory()
  process.write_file(notes .. "/guard", GUARD)
  local words = { "exec sh", process.quote(notes .. "/guard"), process.quote(notes), "env", FORGET }
  for name, value in pairs(environment or {}) do words[#words + 1] = process.quote(name .. "=" .. value) end
  for _, argument in ipairs(arguments) do words[#words + 1] = process.quote(argument) end
  local self = setmetatable({ notes = notes, name = table.concat(arguments, " ", 1, math.min(2, #arguments)) }, process)
  self.guard = assert(io.popen(table.concat(words, " "), "w"))
  begun = begun + 1
  self.order = begun
  running[self] = true
  self.pid = tonumber(until_(function() return process.read_file(notes .. "/pid") end, "the pid of " .. self.name))
  return self
end

function process:stdout() return process.read_file(self.notes .. "/stdout") or "" end
function process:stderr() return process.read_file(self.notes .. "/stderr") or "" end

-- Returns the exit code, or nil while it runs. After a signal it is 128 plus the number of the signal.
function process:code() return tonumber(process.read_file(self.notes .. "/code") or "") end

-- Not after its end: its pid may be that of another program by then.
function process:signal(name)
  if not self:code() then os.execute(("kill -%s %d 2>/dev/null"):format(name, self.pid)) end
end

-- Waits for the end and returns the exit code.
function process:wait(ceiling)
  return until_(function() return self:code() end, function()
    return "the end of " .. self.name .. "\n" .. self:stderr()
  end, ceiling)
end

-- Waits for a line on stderr that matches the pattern and returns the line.
function process:logged(pattern, ceiling)
  return until_(function()
    for line in self:stderr():gmatch("[^\n]+") do
      if line:find(pattern) then return line end
    end
  end, function() return ("a log line like %q; there was:\n%s"):format(pattern, self:stderr()) end, ceiling)
end

function process:log_lines(pattern)
  local lines = {}
  for line in self:stderr():gmatch("[^\n]+") do
    if line:find(pattern) then lines[#lines + 1] = line end
  end
  return lines
end

-- Checks what must hold of every program in the end. Returns an error text, or nil.
local function complaint_about(self)
  local said = self:stderr() .. self:stdout()
  if said:find("Sanitizer") or said:find("%d: runtime error: ") then return "a sanitizer complained:\n" .. said end
  if self.secret and said:find(self.secret, 1, true) then return "the token is in the log:\n" .. said end
  if self.never_ended then return "did not end after SIGTERM:\n" .. said end
  local code = self:code()
  if code >= 128 and not self.may_be_killed then return ("ended by signal %d:\n%s"):format(code - 128, said) end
  if self.complaint then return self:complaint() end
end

-- Ends all programs and removes their files. Returns what was wrong with them as one text, or nil.
function process.finish_all()
  local complaints, all = {}, {}
  for self in pairs(running) do all[#all + 1] = self end
  table.sort(all, function(a, b) return a.order > b.order end) -- the last first: a host before its sandbox (pids begin anew)
  for _, self in ipairs(all) do
    if not self:code() then
      self:signal("TERM")
      self.never_ended = not pcall(self.wait, self)
      if self.never_ended then self:signal("KILL") self:wait() end
    end
    complaints[#complaints + 1] = complaint_about(self) and ("%s: %s"):format(self.name, complaint_about(self))
    self.guard:close()
    os.execute("rm -rf " .. process.quote(self.notes))
    running[self] = nil
  end
  return complaints[1] and table.concat(complaints, "\n")
end

return process

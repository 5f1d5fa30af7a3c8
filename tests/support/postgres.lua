-- A PostgreSQL server of the test's own, on a socket in a temporary folder: `local server = postgres.start()`. It refuses to be
-- root's, so as root it is another user's. It keeps nothing safe from a crash of the machine, and dies with the test.
local process = require "tests.support.process"
local until_ = require "tests.support.until"

local postgres = {}
postgres.__index = postgres

local function first_line(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read("l")
  pipe:close()
  return line
end

-- Debian keeps the programs of each version in a folder of its own.
local function find_programs()
  local initdb = first_line "ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1"
  return assert(initdb, "there is no PostgreSQL here: make test-deps"):match "^(.*)/"
end

-- What makes a command another user's where we are root.
local function of_user()
  if first_line "id -u" ~= "0" then return "", {} end
  local user = first_line "id -un postgres 2>/dev/null || echo nobody"
  local group = first_line("id -gn " .. user)
  return user, { "setpriv", "--reuid=" .. user, "--regid=" .. group, "--clear-groups" }
end

local function run(arguments)
  local child = process.start(arguments)
  if child:wait(120) ~= 0 then error(child:stdout() .. child:stderr(), 0) end
end

local function with(prefix, ...)
  local arguments = table.move(prefix, 1, #prefix, 1, {})
  return table.move({ ... }, 1, select("#", ...), #arguments + 1, arguments)
end

local function begin_once(self)
  self.process = process.start(with(self.prefix, self.programs .. "/postgres", "-D", self.directory .. "/data", "-k",
    self.directory, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
    "-c", "max_connections=" .. self.connections, "-c", "shared_buffers=16MB", "-c", "timezone=UTC", "-c", "log_timezone=UTC"))
  self.process.may_be_killed = true
end

-- Starts the server anew, with the data that is there. The children of one that was killed go a little later than it, and until
-- then it refuses to start.
function postgres:begin()
  begin_once(self)
  until_(function()
    local log = self.process:stderr()
    if self.process:code() and log:find("still in use", 1, true) then begin_once(self) end
    return log:find "ready to accept [a-z-]*%s?connections"
  end, function() return "a server that is ready; it said:\n" .. self.process:stderr() end)
end

local function new(connections)
  local self = setmetatable({ programs = find_programs(), directory = process.new_directory(), connections = connections },
    postgres)
  local user
  user, self.prefix = of_user()
  if user ~= "" then assert(os.execute(("chown %s %s"):format(user, process.quote(self.directory)))) end
  return self
end

-- connections: how many there may be; 50 unless it is given.
function postgres.start(connections)
  local self = new(connections or 50)
  run(with(self.prefix, self.programs .. "/initdb", "-D", self.directory .. "/data", "-A", "trust", "-U", "lunokhod",
    "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"))
  self:begin()
  return self
end

-- Without any table of a bot's.
function postgres:clear() self:ask "DROP SCHEMA public CASCADE; CREATE SCHEMA public" end

-- Another server that follows this one. Nothing is told to be committed any more before that one has it, too.
function postgres:new_standby()
  local standby = new(self.connections) -- it refuses fewer than those of the one it follows
  run(with(standby.prefix, standby.programs .. "/pg_basebackup", "-D", standby.directory .. "/data", "-R", "-X", "stream",
    "--no-sync", "-c", "fast", "-d", self:url()))
  standby:begin()
  self:ask "ALTER SYSTEM SET synchronous_standby_names = '*'"
  self:ask "SELECT pg_reload_conf()"
  self:wait_for("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1")
  return standby
end

function postgres:promote() self:ask "SELECT pg_promote()" end

function postgres:url() return ("postgresql:///postgres?host=%s&user=lunokhod"):format(self.directory) end

function postgres:socket() return self.directory .. "/.s.PGSQL.5432" end

-- As an operator does it: whoever is connected loses the connection.
function postgres:stop()
  self.process:signal("INT")
  self.process:wait(60)
end

-- The rows as psql prints them, without frames.
function postgres:ask(sql)
  local child = process.start { self.programs .. "/psql", "-X", "-q", "-A", "-t", "-d", self:url(), "-c", sql }
  local code = child:wait()
  if code ~= 0 then error(child:stderr(), 0) end
  return (child:stdout():gsub("\n$", ""))
end

-- Returns the process that asks. The answer may come when others are asked something.
function postgres:ask_aside(sql)
  local child = process.start { self.programs .. "/psql", "-X", "-q", "-d", self:url(), "-c", sql }
  child.may_be_killed = true
  return child
end

function postgres:wait_for(sql, answer)
  until_(function() return self:ask(sql) == answer end, function()
    return ("%q as the answer to %s; it was %q"):format(answer, sql, self:ask(sql))
  end)
end

function postgres:remove()
  if not self.process:code() then self:stop() end
  os.execute("rm -rf " .. process.quote(self.directory))
end

return postgres

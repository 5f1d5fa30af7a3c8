-- A PostgreSQL server for the tests of one describe(), empty before each of them:
--   local here = on_postgres()          -- with a sandbox of each test's own, and hosts that end with it
--   before_each(function() server, telegram = here.server, here.telegram end)
--   local lunokhod = here:start { script = BOT }
local busted = require "busted"
local host = require "tests.support.host"
local port = require "tests.support.port"
local postgres = require "tests.support.postgres"
local process = require "tests.support.process"
local until_ = require "tests.support.until"
local world = require "tests.support.world"

local on_postgres = {}
on_postgres.__index = on_postgres

-- The server alone. prepare(server), where it is given, is called once.
function on_postgres.alone(prepare)
  local self = setmetatable({}, on_postgres)
  busted.setup(function()
    self.server = postgres.start()
    if prepare then prepare(self.server) end
  end)
  busted.teardown(function() self.server:remove() world.finish() end)
  busted.before_each(function()
    if self.server.process:code() then self.server:begin() end
    self.server:clear()
  end)
  return self
end

local function new()
  local self = on_postgres.alone()
  busted.before_each(function() self.telegram, self.hosts = world.sandbox(), {} end)
  busted.after_each(function()
    for _, lunokhod in ipairs(self.hosts) do lunokhod:kill() end
    self.telegram:stop()
  end)
  return self
end

-- A host that may be killed, and is when the test ends.
function on_postgres:keep(lunokhod)
  lunokhod.process.may_be_killed = true
  self.hosts[#self.hosts + 1] = lunokhod
  return lunokhod
end

-- what: as for a host; url: of the database, where it is not the server's own. It has a control socket, and is not waited for.
function on_postgres:start(what)
  local environment = { LUNOKHOD_DATABASE = what.url or self.server:url() }
  for name, value in pairs(what.environment or {}) do environment[name] = value end
  local own = { telegram = self.telegram, wait = false, has_control = true, environment = environment }
  return self:keep(host(setmetatable(own, { __index = what })))
end

-- Until each host knows of `count`.
function on_postgres:know_each_other(count)
  for _, lunokhod in ipairs(self.hosts) do
    until_(function()
      local ok, status = pcall(lunokhod.status, lunokhod) -- its socket may not be there yet
      return ok and status.updates.hosts == count
    end, "that each knows of all")
  end
end

-- Another way to the server, through a program of this folder and a port: returns its url.
function on_postgres:detour(program, ...)
  local number = port.reserve()
  local proxy = process.start { "lua5.4", "tests/support/" .. program, tostring(number), self.server:socket(), ... }
  proxy.may_be_killed = true
  until_(function() return proxy:stdout():find "ready" end, program)
  return ("postgresql://lunokhod@127.0.0.1:%d/postgres"):format(number)
end

return setmetatable(on_postgres, { __call = new })

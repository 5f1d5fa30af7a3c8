-- Telegram over HTTPS, with what can go wrong there: `local front = tls_front.new(telegram)`. A host that `front:host{ ... }`
-- starts reaches the sandbox by it. The modes are those of tls_front.py.
local certificates = require "tests.support.certificates"
local host = require "tests.support.host"
local process = require "tests.support.process"
local until_ = require "tests.support.until"

local tls_front = {}
tls_front.__index = tls_front

-- certificate: a name of tests.support.certificates; nil: "right".
function tls_front.new(telegram, certificate)
  local files = certificates.new()
  local self = setmetatable({ telegram = telegram, files = files }, tls_front)
  self.mode_file = files .. "mode" .. telegram.port
  self:be ""
  local pair = files .. (certificate or "right")
  self.process = process.start { "python3", "tests/support/tls_front.py", tostring(telegram.port), pair .. ".pem",
    pair .. ".key", self.mode_file }
  self.process.may_be_killed = true
  self.port = tonumber(until_(function() return self.process:stdout():match "port (%d+)\n" end, function()
    return "the front\n" .. self.process:stderr()
  end))
  self.url = "https://localhost:" .. self.port
  return self
end

function tls_front:be(mode)
  process.write_file(self.mode_file .. ".new", mode .. "\n")
  os.rename(self.mode_file .. ".new", self.mode_file)
end

-- How often it has said so: "new", "resumed", or the name of a mode.
function tls_front:count(word)
  local count = 0
  for line in self.process:stdout():gmatch "[^\n]+" do count = count + (line == word and 1 or 0) end
  return count
end

function tls_front:has_said(word, count)
  until_(function() return self:count(word) >= count end, function()
    return ("%d times %q; there was:\n%s%s"):format(count, word, self.process:stdout(), self.process:stderr())
  end)
end

-- Waits until it has so many connections.
function tls_front:has_open(count)
  until_(function() return self.process:stdout():match ".*\nopen (%d+)\n" == tostring(count) end, function()
    return ("%d connections; there was:\n%s"):format(count, self.process:stdout())
  end)
end

-- The environment and the options of a host that reaches Telegram by it. more: of either.
function tls_front:environment(more)
  local all = { TELEGRAM_API_ROOT = self.url }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

function tls_front:options(more)
  return table.move(more or {}, 1, #(more or {}), 3, { "--ca-file", self.files .. "authority.pem" })
end

-- what: as for tests.support.host.
function tls_front:host(what)
  local all = { telegram = self.telegram, environment = self:environment(what.environment),
    options = self:options(what.options) }
  return host(setmetatable(all, { __index = what }))
end

return tls_front

-- A port of 127.0.0.1 for a program that can't be given port 0, because others must know the port beforehand. It is bound until
-- the end of the test, so that the system gives it to nobody else. It does not listen, so nothing answers on it, and a program
-- that says SO_REUSEADDR, as servers do, can listen on it.
local socket = require "socket"

local port = {}

local holders = {}

function port.reserve()
  local holder = assert(socket.tcp4())
  assert(holder:setoption("reuseaddr", true))
  assert(holder:bind("127.0.0.1", 0))
  holders[#holders + 1] = holder
  local _, number = holder:getsockname()
  return tonumber(number)
end

function port.release_all()
  for _, holder in ipairs(holders) do holder:close() end
  holders = {}
end

return port

-- A proxy as a program: `lua5.4 slow_proxy.lua PORT PATH MS`. What connects to the port of 127.0.0.1 is connected to the Unix
-- socket at the path, and each answer from there comes so many milliseconds later, in order. So a server is far away.
local joined_sockets = require "tests.support.joined_sockets"
local socket = require "socket"
local unix = require "socket.unix"

local port, path, delay = tonumber(arg[1]), arg[2], tonumber(arg[3]) / 1000
local is_far = {}
local late = {} -- answers on their way, the oldest first: { at, to, bytes }

local sockets = joined_sockets.listen(port, function()
  local host = unix.stream()
  if not host:connect(path) then return nil end
  is_far[host] = true
  return host
end)

-- What comes here is small, so the other end takes it at once.
local function take(one, bytes)
  local other = sockets.others[one]
  if is_far[one] then
    late[#late + 1] = { socket.gettime() + delay, other, bytes }
  else
    other:send(bytes)
  end
end

local function deliver()
  while late[1] and late[1][1] <= socket.gettime() do
    local _, to, bytes = table.unpack(table.remove(late, 1))
    if sockets.others[to] then to:send(bytes) end
  end
end

joined_sockets.say_ready()
while true do
  sockets:turn(late[1] and math.max(late[1][1] - socket.gettime(), 0), take)
  deliver()
end

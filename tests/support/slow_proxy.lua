-- A proxy as a program: `lua5.4 slow_proxy.lua PORT PATH MS`. What connects to the port of 127.0.0.1 is connected to the Unix
-- socket at the path, and each answer from there comes so many milliseconds later, in order. So a server is far away.
local socket = require "socket"
local unix = require "socket.unix"

local port, path, delay = tonumber(arg[1]), arg[2], tonumber(arg[3]) / 1000
local server = assert(socket.bind("127.0.0.1", port))
local others, is_far, open = {}, {}, { server } -- each end of a connection -> the other end
local late = {} -- answers on their way, the oldest first: { at, to, bytes }

local function close(one)
  for _, each in ipairs { one, others[one] } do
    for i = #open, 2, -1 do
      if open[i] == each then table.remove(open, i) end
    end
    each:close()
  end
  others[others[one]], others[one] = nil, nil
end

local function join(client)
  local host = unix.stream()
  if not host:connect(path) then return client:close() end
  is_far[host] = true
  for one, other in pairs { [client] = host, [host] = client } do
    one:settimeout(0)
    others[one] = other
    open[#open + 1] = one
  end
end

-- What comes here is small, so the other end takes it at once.
local function pass(one)
  local bytes, failure, rest = one:receive(65536)
  bytes = bytes or rest
  if is_far[one] then
    late[#late + 1] = { socket.gettime() + delay, others[one], bytes }
  else
    others[one]:send(bytes)
  end
  if failure == "closed" then close(one) end
end

local function deliver()
  while late[1] and late[1][1] <= socket.gettime() do
    local _, to, bytes = table.unpack(table.remove(late, 1))
    if others[to] then to:send(bytes) end
  end
end

print "ready"
io.stdout:flush()
while true do
  local wait = late[1] and math.max(late[1][1] - socket.gettime(), 0)
  for _, one in ipairs((socket.select(open, nil, wait))) do
    if one == server then
      join(server:accept())
    elseif others[one] then
      pass(one)
    end
  end
  deliver()
end

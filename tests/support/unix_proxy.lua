-- A proxy as a program: `lua5.4 unix_proxy.lua PORT PATH [TRAP]`. What connects to the port of 127.0.0.1 is connected to the
-- Unix socket that is at the path at that moment, as by a web server in front of a host.
-- TRAP is a file with two lines. When a client has sent the first one, and then the second one, nothing passes any more on
-- all connections of that moment, from the second line on, and TRAP.sprung is made. When the file is gone, what was held back
-- arrives. So a network behaves that has lost its way for a while.
local socket = require "socket"
local unix = require "socket.unix"

local port, path, trap = tonumber(arg[1]), arg[2], arg[3]
local server = assert(socket.bind("127.0.0.1", port))
local others, open = {}, { server } -- each end of a connection -> the other end
local held, late -- ends of connections that are held, and what the trap has caught: { to, bytes }
local armed = {} -- ends on which the first line has come

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
  for one, other in pairs { [client] = host, [host] = client } do
    one:settimeout(0)
    others[one] = other
    open[#open + 1] = one
  end
end

local function read_trap()
  local file = trap and io.open(trap)
  if not file then return nil end
  local first, second = file:read("l", "l")
  file:close()
  return first, second
end

local function hold(to, bytes)
  held, open, late = open, { server }, { to, bytes }
  io.open(trap .. ".sprung", "w"):close()
end

local function let_go()
  table.move(held, 2, #held, #open + 1, open)
  held = nil
  late[1]:send(late[2])
end

-- What comes here is small, so the other end takes it at once.
local function pass(one)
  local bytes, failure, rest = one:receive(65536)
  bytes = bytes or rest
  local first, second = read_trap()
  if not held and armed[one] and second and bytes:find(second, 1, true) then return hold(others[one], bytes) end
  armed[one] = armed[one] or (first and bytes:find(first, 1, true))
  if bytes ~= "" then others[one]:send(bytes) end
  if failure == "closed" then close(one) end
end

print "ready"
io.stdout:flush()
while true do
  if held and not read_trap() then let_go() end
  for _, one in ipairs((socket.select(open, nil, trap and 0.05))) do
    if one == server then
      join(server:accept())
    elseif others[one] then
      pass(one)
    end
  end
end

-- A proxy as a program: `lua5.4 unix_proxy.lua PORT PATH [TRAP]`. What connects to the port of 127.0.0.1 is connected to the
-- Unix socket that is at the path at that moment, as by a web server in front of a host. Of several paths, with colons in
-- between, each gets its turn, and one where nobody listens is passed over.
-- TRAP is a file with two lines. When a client has sent the first one, and then the second one, nothing passes any more on
-- all connections of that moment, from the second line on, and TRAP.sprung is made. When the file is gone, what was held back
-- arrives. So a network behaves that has lost its way for a while.
local joined_sockets = require "tests.support.joined_sockets"
local unix = require "socket.unix"

local port, path, trap = tonumber(arg[1]), arg[2], arg[3]
local paths, turn = {}, 0
for each in path:gmatch "[^:]+" do paths[#paths + 1] = each end
local held, late -- ends of connections that are held, and what the trap has caught: { to, bytes }
local armed = {} -- ends on which the first line has come

local sockets = joined_sockets.listen(port, function()
  for _ = 1, #paths do
    turn = turn % #paths + 1
    local host = unix.stream()
    if host:connect(paths[turn]) then return host end
    host:close()
  end
end)

local function read_trap()
  local file = trap and io.open(trap)
  if not file then return nil end
  local first, second = file:read("l", "l")
  file:close()
  return first, second
end

local function hold(to, bytes)
  held, sockets.open, late = sockets.open, { sockets.server }, { to, bytes }
  io.open(trap .. ".sprung", "w"):close()
  return true
end

local function let_go()
  table.move(held, 2, #held, #sockets.open + 1, sockets.open)
  held = nil
  late[1]:send(late[2])
end

-- What comes here is small, so the other end takes it at once.
local function take(one, bytes)
  local other = sockets.others[one]
  local first, second = read_trap()
  if not held and armed[one] and second and bytes:find(second, 1, true) then return hold(other, bytes) end
  armed[one] = armed[one] or (first and bytes:find(first, 1, true))
  if bytes ~= "" then other:send(bytes) end
end

joined_sockets.say_ready()
while true do
  if held and not read_trap() then let_go() end
  sockets:turn(trap and 0.05, take)
end

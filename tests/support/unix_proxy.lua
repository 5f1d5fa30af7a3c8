-- A proxy as a program: `lua5.4 unix_proxy.lua PORT PATH...`. What connects to the port of 127.0.0.1 is connected to the
-- Unix socket that is at the path at that moment, as by a web server in front of a host. Of several paths each gets its
-- turn, and one where nobody listens is passed over.
local socket = require "socket"
local unix = require "socket.unix"

local port, paths = tonumber(arg[1]), table.move(arg, 2, #arg, 1, {})
local turn = 0
local server = assert(socket.bind("127.0.0.1", port))
local others, open = {}, { server } -- each end of a connection -> the other end

local function close(one)
  for _, each in ipairs { one, others[one] } do
    for i = #open, 2, -1 do
      if open[i] == each then table.remove(open, i) end
    end
    each:close()
  end
  others[others[one]], others[one] = nil, nil
end

local function connect()
  for _ = 1, #paths do
    turn = turn % #paths + 1
    local host = unix.stream()
    if host:connect(paths[turn]) then return host end
    host:close()
  end
end

local function join(client)
  local host = connect()
  if not host then return client:close() end
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
  if bytes ~= "" then others[one]:send(bytes) end
  if failure == "closed" then close(one) end
end

print "ready"
io.stdout:flush()
while true do
  for _, one in ipairs((socket.select(open))) do
    if one == server then
      join(server:accept())
    elseif others[one] then
      pass(one)
    end
  end
end

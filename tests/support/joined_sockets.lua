-- What the proxies here have in common: who connects to a port of 127.0.0.1 is joined to a connection elsewhere.
local socket = require "socket"

local joined_sockets = {}
joined_sockets.__index = joined_sockets

-- connect() -> the other end for a client; nil: there is none, and the client is closed.
function joined_sockets.listen(port, connect)
  local server = assert(socket.bind("127.0.0.1", port))
  return setmetatable({ server = server, connect = connect, open = { server }, others = {} }, joined_sockets)
end

function joined_sockets:close(one)
  local others, open = self.others, self.open
  for _, each in ipairs { one, others[one] } do
    for i = #open, 2, -1 do
      if open[i] == each then table.remove(open, i) end
    end
    each:close()
  end
  others[others[one]], others[one] = nil, nil
end

local function join(self, client)
  local host = self.connect()
  if not host then return client:close() end
  for one, other in pairs { [client] = host, [host] = client } do
    one:settimeout(0)
    self.others[one] = other
    self.open[#self.open + 1] = one
  end
end

-- What one has sent, as much as is there, goes to take(one, bytes). True from there: it stays open, though it has been closed.
local function receive(self, one, take)
  local bytes, failure, rest = one:receive(65536)
  local is_held = take(one, bytes or rest)
  if failure == "closed" and not is_held then self:close(one) end
end

-- Waits for so many seconds at most, or (nil) until something comes.
function joined_sockets:turn(seconds, take)
  for _, one in ipairs((socket.select(self.open, nil, seconds))) do
    if one == self.server then
      join(self, self.server:accept())
    elseif self.others[one] then
      receive(self, one, take)
    end
  end
end

-- For whoever has started the program, and waits for it.
function joined_sockets.say_ready()
  print "ready"
  io.stdout:flush()
end

return joined_sockets

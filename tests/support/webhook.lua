-- A bot's end of a webhook: a port on 127.0.0.1 that takes updates. It answers only while a test looks, so a test decides when.
local dkjson = require "dkjson"
local socket = require "socket"

local PATIENCE = 120 -- seconds

local webhook = {}
webhook.__index = webhook

function webhook.new()
  local server = assert(socket.bind("127.0.0.1", 0))
  server:settimeout(PATIENCE)
  local _, port = server:getsockname()
  return setmetatable({ server = server, url = ("http://127.0.0.1:%d/hook"):format(port) }, webhook)
end

local function read_request(connection)
  local headers, line = {}, assert(connection:receive "*l")
  local path = line:match("^POST (%S+) ")
  for header in function() return connection:receive "*l" end do
    if header == "" then break end
    local name, value = header:match("^([^:]+):%s*(.*)$")
    headers[name:lower()] = value
  end
  return { path = path, headers = headers, update = dkjson.decode((connection:receive(tonumber(headers["content-length"])))) }
end

-- The next update, which is answered with the status and the body, a JSON text unless `type` says something else. nil: none has
-- come in time.
function webhook:take(status, body, more, type)
  local connection = self.server:accept()
  if not connection then return nil end
  connection:settimeout(PATIENCE)
  local request = read_request(connection)
  body = body or ""
  connection:send(("HTTP/1.1 %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s")
    :format(status or "200 OK", type or "application/json", more or "", #body, body))
  connection:close()
  return request
end

-- Whether a request waits to be taken, or comes within a moment.
function webhook:is_called() return #socket.select({ self.server }, nil, 0.1) > 0 end

-- Nothing comes: whatever would come is sent at once.
function webhook:takes_nothing()
  self.server:settimeout(0.3)
  local connection = self.server:accept()
  self.server:settimeout(PATIENCE)
  if connection then connection:close() end
  return connection == nil
end

function webhook:close() self.server:close() end

return webhook

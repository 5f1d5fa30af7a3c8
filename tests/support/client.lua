-- A JSON client for the sandbox's control API. cjson decodes the answers, because it is fast. dkjson encodes the requests,
-- because it keeps integers.
local cjson = require "cjson"
local dkjson = require "dkjson"
local http = require "socket.http"
local ltn12 = require "ltn12"

http.TIMEOUT = 120

local client = {}

-- Returns the status and the body's text.
function client.request(method, url, body)
  local pieces = {}
  local text = body and dkjson.encode(body)
  local ok, status = http.request {
    method = method, url = url, sink = ltn12.sink.table(pieces), source = text and ltn12.source.string(text),
    headers = text and { ["content-type"] = "application/json", ["content-length"] = #text } or nil,
  }
  if not ok then error(("%s %s: %s"):format(method, url, status), 2) end
  return status, table.concat(pieces)
end

-- The same, decoded. Raises an error for a status other than 200.
function client.call(method, url, body)
  local status, text = client.request(method, url, body)
  if status ~= 200 then error(("%s %s: %d %s"):format(method, url, status, text), 2) end
  return cjson.decode(text)
end

return client

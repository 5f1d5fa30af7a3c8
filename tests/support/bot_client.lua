-- The Bot API of a sandbox from the side of a bot:
--   local api = bot_client.new(telegram)
--   api.sendMessage { chat_id = 5, text = "a" }
local client = require "tests.support.client"
local dkjson = require "dkjson"
local http = require "socket.http"
local ltn12 = require "ltn12"

local bot_client = {}

local BOUNDARY = "boundary-of-a-test"
local file = {} -- the metatable of files to upload

function bot_client.file(name, bytes) return setmetatable({ name = name, bytes = bytes }, file) end
local function is_file(value) return getmetatable(value) == file end

local function to_text(value) return type(value) == "string" and value or dkjson.encode(value) end

local function multipart(parameters)
  local parts = {}
  for name, value in pairs(parameters) do
    local more = is_file(value) and ('; filename="%s"\r\nContent-Type: application/octet-stream'):format(value.name) or ""
    parts[#parts + 1] = ('--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n')
      :format(BOUNDARY, name, more, is_file(value) and value.bytes or to_text(value))
  end
  return table.concat(parts) .. "--" .. BOUNDARY .. "--\r\n", "multipart/form-data; boundary=" .. BOUNDARY
end

local function has_file(parameters)
  for _, value in pairs(parameters) do
    if is_file(value) then return true end
  end
  return false
end

local function request(self, method, parameters)
  local body, content_type
  if has_file(parameters) then
    body, content_type = multipart(parameters)
  else
    body, content_type = dkjson.encode(parameters), "application/json"
  end
  local pieces = {}
  local ok, status = http.request {
    method = "POST", url = ("%s/bot%s/%s"):format(self.url, self.token, method), sink = ltn12.sink.table(pieces),
    source = ltn12.source.string(body), headers = { ["content-type"] = content_type, ["content-length"] = #body },
  }
  if not ok then error(("%s: %s"):format(method, status), 3) end
  return dkjson.decode(table.concat(pieces))
end

local methods = {}

-- What Telegram says of a call that must fail.
function methods:refusal(method, parameters)
  local answer = request(self, method, parameters or {})
  if answer.ok then error(method .. " succeeded: " .. dkjson.encode(answer.result), 2) end
  return answer.description, answer
end

local function is_any_pending(self) return request(self, "getWebhookInfo", {}).result.pending_update_count > 0 end

-- The updates that wait, confirmed; of one type, only what is in them. Telegram holds up a bot that asks twice from the same
-- offset, so this asks only while there is something.
function methods:updates(kind)
  local found = {}
  while is_any_pending(self) do
    local updates = request(self, "getUpdates", { offset = self.offset }).result
    for _, update in ipairs(updates) do
      self.offset = math.tointeger(update.update_id) + 1
      found[#found + 1] = not kind and update or update[kind]
    end
    request(self, "getUpdates", { offset = self.offset, limit = 1 })
  end
  return found
end

-- The bytes of a file, as a bot downloads them.
function methods:download(file_id)
  local path = request(self, "getFile", { file_id = file_id }).result.file_path
  local status, bytes = client.request("GET", ("%s/file/bot%s/%s"):format(self.url, self.token, path))
  if status ~= 200 then error("download: " .. status, 2) end
  return bytes
end

local metatable = {
  __index = function(self, name)
    if methods[name] then return methods[name] end
    return function(parameters)
      local answer = request(self, name, parameters or {})
      if not answer.ok then error(("%s: %s"):format(name, answer.description), 2) end
      return answer.result, answer.description
    end
  end,
}

-- token: nil for the one that the sandbox's specs use.
function bot_client.new(telegram, token)
  return setmetatable({ url = telegram.url, token = token or telegram.token, offset = 0 }, metatable)
end

return bot_client

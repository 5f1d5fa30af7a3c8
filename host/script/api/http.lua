-- http: requests to other services. core.http makes one; here are the ways to say what is wanted, and to ask again.
local core = require "core.http"
local form = require "core.form"
local json = require "json"
local script = require "core.script"
local spelling = require "core.spelling"
local wait = require "core.wait"

local http = {}

local KNOWN = { headers = true, timeout = true, limit = true, content_type = true, json = true, retries = true,
  quiet = true }
local KNOWN_OF_REQUEST = { method = true, body = true }
for name in pairs(KNOWN) do KNOWN_OF_REQUEST[name] = true end
local REPEATABLE = { GET = true, HEAD = true, PUT = true, DELETE = true } -- may arrive twice and do no more than once
local BUSY = { [429] = true, [502] = true, [503] = true, [504] = true }
local PAUSE_MOST = 20 -- seconds: a handler has 30

local Parts = { __metatable = false } -- of what http.multipart makes

local function check_url(url, label)
  if type(url) ~= "string" then script.misuse(label .. ": the address must be a text") end
end

-- The method as core.http wants it: nil where the body says enough.
local function method_of(method, has_body, label)
  method = method or has_body and "POST" or "GET"
  if type(method) ~= "string" or not method:find "^%u+$" or #method > 20 then
    script.misuse(label .. ': a method is a word like "PUT"')
  end
  local is_usual = method == (has_body and "POST" or "GET")
  return method, not is_usual and method or nil
end

-- The body as core.http wants it, and its type.
local function body_of(body, label)
  if body == nil then return nil end
  if type(body) == "table" and rawget(body, Parts) then
    local parts = {}
    for i, part in ipairs(rawget(body, Parts)) do parts[i] = part end
    return parts
  end
  if type(body) == "table" then return json.encode(body), "application/json" end
  if type(body) ~= "string" then script.misuse(label .. ": the body must be a text, a table or an http.multipart") end
  return body, "application/x-www-form-urlencoded"
end

-- The lines as name -> value, the names in lower case; what comes several times is joined.
local function read_headers(text)
  local headers = {}
  for name, value in text:gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    name = name:lower()
    headers[name] = headers[name] and headers[name] .. ", " .. value or value
  end
  return headers
end

-- A request, ready to be sent as often as needed.
local function request_of(label, url, method, body, options)
  check_url(url, label)
  local content, content_type = body_of(body, label)
  if method == "POST" and content == nil then content = "" end
  local plain, sent = method_of(method, content ~= nil, label)
  local headers = {}
  for name, value in pairs(options.headers or {}) do headers[name] = value end
  if options.json and not headers.Accept and not headers.accept then headers.Accept = "application/json" end
  local details = { timeout = options.timeout, limit = options.limit, headers = next(headers) and headers or nil,
    content_type = options.content_type or content_type, quiet = options.quiet }
  return { label = label, url = url, method = plain, sent = sent, body = content, details = details }
end

local function send(request)
  return core.request(request.label, request.url, request.sent, request.body, request.details)
end

-- May it be sent once more without doing harm, and could that help?
local function may_repeat(request, answer, err)
  if err then
    return err.kind == "network" or err.kind == "uncertain" and REPEATABLE[request.method]
  end
  return BUSY[answer.status] and (answer.status == 429 or REPEATABLE[request.method])
end

local function send_patiently(request, retries)
  local answer, err = send(request)
  for try = 1, retries do
    if not may_repeat(request, answer, err) then break end
    local asked = answer and tonumber(read_headers(answer.headers)["retry-after"])
    local pause = math.max(asked or 2 ^ (try - 1), 0)
    if pause > PAUSE_MOST then break end
    wait.pause(request.label, pause)
    answer, err = send(request)
  end
  return answer, err
end

local function check_retries(retries, label)
  if retries ~= nil and (math.type(retries) ~= "integer" or retries < 0 or retries > 5) then
    script.misuse(label .. ": retries is a number from 0 to 5")
  end
  return retries or 0
end

local function decode(answer, label)
  local value, message = json.decode(answer.body)
  if message and answer.status >= 200 and answer.status < 300 then
    local text = ("%s: the answer is no JSON: %s"):format(label, message)
    return nil, setmetatable({ kind = "input", text = text, description = text }, { __tostring = function() return text end })
  end
  answer.json = value
  return answer
end

local function perform(label, url, method, body, options)
  local request = request_of(label, url, method, body, options)
  local answer, err = send_patiently(request, check_retries(options.retries, label))
  if not answer then return nil, err end
  answer.headers = read_headers(answer.headers)
  if options.json and request.method ~= "HEAD" then return decode(answer, label) end
  return answer
end

local function perform_plain(method, url, body, options)
  local label = "http." .. method:lower()
  return perform(label, url, method, body, spelling.check_options(label, options, KNOWN))
end

--- http.get(url, options?) -> { status, body, headers, content_type } | nil, err
function http.get(url, options) return perform_plain("GET", url, nil, options) end
function http.head(url, options) return perform_plain("HEAD", url, nil, options) end
function http.delete(url, options) return perform_plain("DELETE", url, nil, options) end

--- http.post(url, body, options?): a table is sent as JSON, a text as a form, unless content_type says otherwise.
function http.post(url, body, options) return perform_plain("POST", url, body, options) end
function http.put(url, body, options) return perform_plain("PUT", url, body, options) end
function http.patch(url, body, options) return perform_plain("PATCH", url, body, options) end

--- http.request(url, { method = "OPTIONS", body = ..., ... }): any method.
function http.request(url, options)
  options = spelling.check_options("http.request", options, KNOWN_OF_REQUEST)
  return perform("http.request", url, options.method, options.body, options)
end

-- ---- streams ----

local Stream = {}
local stream_meta = { __index = Stream, __name = "http.stream", __metatable = false }
local handles = setmetatable({}, { __mode = "k" }) -- stream -> that of core.http

function stream_meta.__close(self) self:close() end

-- The next piece of the answer, or nil at its end. What has ended it early is in `error`.
local function next_piece(self)
  local handle = handles[self]
  if not handle then return nil end
  local piece, err = core.next(handle)
  if piece == nil then
    handles[self], self.error = nil, err
  end
  return piece
end

--- for chunk in stream:chunks() do: the answer in pieces, as they come.
function Stream:chunks()
  return next_piece, self, nil, self
end

--- for line in stream:lines() do: line by line, without the line ends.
function Stream:lines()
  local rest = ""
  return function()
    while true do
      local line, after = rest:match "^([^\n]*)\n()"
      if line then
        rest = rest:sub(after)
        return (line:gsub("\r$", ""))
      end
      local piece = next_piece(self)
      if not piece then
        line, rest = rest, ""
        return line ~= "" and line or nil
      end
      rest = rest .. piece
    end
  end, nil, nil, self
end

--- for data, name in stream:events() do: what a service tells by server-sent events.
function Stream:events()
  local next_line = self:lines()
  return function()
    local data, name = nil, nil
    for line in next_line do
      local field, value = line:match "^([^:]+): ?(.*)$"
      if line == "" and data then return data, name end
      if field == "data" then data = data and data .. "\n" .. value or value end
      if field == "event" then name = value end
    end
    return data, name
  end, nil, nil, self
end

--- No more is read; the connection is dropped.
function Stream:close()
  local handle = handles[self]
  handles[self] = nil
  if handle then core.close(handle) end
end

--- http.stream(url, options?) -> a stream with status and headers | nil, err
function http.stream(url, options)
  options = spelling.check_options("http.stream", options, KNOWN_OF_REQUEST)
  if options.json or options.retries then script.misuse "http.stream: json and retries are not for streams" end
  local request = request_of("http.stream", url, options.method, options.body, options)
  local handle, begun = core.open(request.label, request.url, request.sent, request.body, request.details)
  if not handle then return nil, begun end
  local stream = setmetatable({ status = begun.status, content_type = begun.content_type,
    headers = read_headers(begun.headers) }, stream_meta)
  handles[stream] = handle
  return stream
end

-- ---- what is sent ----

--- http.url{ "https://example.org/search", q = "Нижний Новгород" }: an address; further items of the list are parts of its
--- path.
function http.url(parts)
  if type(parts) ~= "table" or type(parts[1]) ~= "string" then
    script.misuse 'http.url: a table expected: http.url{ "https://example.org/", name = value }'
  end
  local address, mark = parts[1], ""
  for i = 2, #parts do address = address:gsub("/$", "") .. "/" .. form.escape(parts[i]) end
  local query = form.encode(parts)
  if query ~= "" then mark = address:find("?", 1, true) and (address:find "[?&]$" and "" or "&") or "?" end
  return address .. mark .. query
end

--- http.form{ name = value }: a body, as a page's form sends it.
function http.form(fields)
  if type(fields) ~= "table" then script.misuse "http.form: a table of fields expected" end
  return form.encode(fields)
end

--- http.multipart{ name = value, photo = telegram.bytes(...) }: a body with files.
function http.multipart(fields)
  if type(fields) ~= "table" then script.misuse "http.multipart: a table of fields expected" end
  local parts = {}
  for name, value in pairs(fields) do
    if type(name) ~= "string" then script.misuse "http.multipart: a field's name must be a text" end
    parts[#parts + 1] = { name = name, value = type(value) == "userdata" and value or tostring(value) }
  end
  table.sort(parts, function(one, other) return one.name < other.name end)
  return setmetatable({ [Parts] = parts }, Parts)
end

return http

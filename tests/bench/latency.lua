-- How long a person waits for the answer while so many messages a second come: from the moment when the message is posted until
-- the sandbox shows the answer. The way of the two requests is in it, for each program alike.
local cjson = require "cjson"
local load = require "tests.bench.load"
local socket = require "socket"

local PEOPLE = 50

-- A connection that is kept: opening one would be most of what is measured.
local function open(port)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:setoption("tcp-nodelay", true)
  return connection
end

local function request(connection, method, path, body)
  body = body or ""
  assert(connection:send(("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
    :format(method, path, #body, body)))
  local length, line
  repeat
    line = assert(connection:receive("*l"))
    length = length or tonumber(line:match("^[Cc]ontent%-[Ll]ength: (%d+)"))
  until line == ""
  return (assert(connection:receive(length or 0)))
end

local function one(connection, id)
  local began = socket.gettime()
  local said = cjson.decode(request(connection, "POST", "/sandbox/messages", ('{"chat_id":%d,"text":"Клик"}'):format(id)))
  local path = ("/sandbox/messages?chat_id=%d&after=%d&wait=10"):format(id, said.message_id)
  local answer = cjson.decode(request(connection, "GET", path))
  assert(#answer.messages > 0, "no answer in 10 seconds")
  return socket.gettime() - began
end

--- Returns the median and the 99th percentile in ms.
return function(telegram, program, rate, count)
  local run = load.start(telegram, program, PEOPLE)
  local connection = open(telegram.port)
  local times, next_at = {}, socket.gettime()
  for i = 1, count do
    next_at = next_at + 1 / rate
    socket.sleep(math.max(0, next_at - socket.gettime()))
    times[i] = one(connection, load.FIRST_ID + i % PEOPLE)
  end
  connection:close()
  load.stop(run)
  table.sort(times)
  return times[(count + 1) // 2] * 1000, times[math.ceil(count * 0.99)] * 1000
end

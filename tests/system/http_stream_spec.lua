-- An answer of another service that is read while it comes, and the way through a proxy. The test itself is the service.
local process = require "tests.support.process"
local socket = require "socket"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local PATIENCE = 120 -- seconds until a service gives up

-- A service on a port of its own: accept() waits for a request and returns its head, and the connection.
local function service()
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(PATIENCE)
  local _, port = listener:getsockname()
  return { url = "http://127.0.0.1:" .. port, close = function() listener:close() end, accept = function()
    local connection = assert(listener:accept())
    local lines = {}
    connection:settimeout(PATIENCE)
    repeat
      local line = assert(connection:receive "*l")
      lines[#lines + 1] = line
    until line == ""
    return table.concat(lines, "\n"), connection
  end }
end

local function bot_that(body, url)
  return ([[
    local bot, http = require "bot", require "http"
    local service = %q
    bot.text("go", function(message)
      %s
    end)
  ]]):format(url, body)
end

local HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

describe("A stream of another service", function()
  local model, telegram, anna
  before_each(function()
    model, telegram = service(), sandbox {}
    anna = telegram:person "Анна"
  end)
  after_each(function()
    model.close()
    world.finish()
  end)

  local function start(body, options)
    local lunokhod = host { telegram = telegram, options = options or { "--allow-private-http" }, script = bot_that(body,
      model.url) }
    anna:says "go"
    return lunokhod
  end

  it("is shown by edits while it comes, for longer than a handler's deadline", function()
    local lunokhod = start([[
      message:stream(function(write)
        for data in http.stream(service .. "/talk"):events() do write(data) end
      end)]], { "--allow-private-http", "--deadline", "3" })
    local _, connection = model.accept()
    assert(connection:send(HEAD .. "data: Слово\n\n"))
    anna:sees_last "Слово"
    local begun, words = socket.gettime(), "Слово"
    for i = 1, 5 do -- each is shown when a second has passed since the last edit
      until_(function()
        words = words .. "."
        assert(connection:send("data: .\n\n"))
        return socket.gettime() - begun > i
      end, "a second")
    end
    until_(function() return anna:saw()[1] ~= "Слово" end, "an edit before the end")
    connection:close()
    anna:sees_last(words)
    assert.same({}, lunokhod:log_lines "level=error")
  end)

  it("that breaks is told by its error, and by the log where nobody looks", function()
    local lunokhod = start [[
      local stream = http.stream(service)
      for _ in stream:chunks() do end
      message:answer "over"]]
    local _, connection = model.accept()
    assert(connection:send "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    connection:close()
    anna:sees_last "over"
    lunokhod:logged "level=warn.*http.stream"
  end)

  it("is the answer of a language model, in the example that shows one", function()
    local source = process.read_file "examples/assistant.lua"
    local script, count = source:gsub("https://llm%.example%.com", function() return model.url end)
    assert.equal(1, count)
    local files = { ["bot.lua"] = script, ["assistant.key"] = "k-1\n" }
    host { telegram = telegram, options = { "--allow-private-http" }, files = files }
    anna:says "Где Луна?"
    local head, connection = model.accept()
    assert.matches("POST /v1/chat/completions.*Authorization: Bearer k%-1", head)
    assert(connection:send(HEAD .. 'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'))
    assert(connection:send 'data: {"choices":[{"delta":{"content":"Луна"}}]}\n\n')
    anna:sees_last "Луна"
    assert(connection:send 'data: {"choices":[{"delta":{"content":" далеко."}}]}\n\ndata: [DONE]\n\n')
    connection:close()
    anna:sees_last "Луна далеко."
  end)

  it("ends with its handler", function()
    start [[
      http.stream(service)
      message:answer "done"]]
    local _, connection = model.accept()
    assert(connection:send(HEAD .. "data: x\n\n"))
    anna:sees_last "done"
    local rest, why = connection:receive "*a"
    assert.is_true(rest == "" or why == "closed")
  end)
end)

describe("A request of a script", function()
  local proxy, telegram, anna, lunokhod
  before_each(function()
    proxy, telegram = service(), sandbox {}
    anna = telegram:person "Анна"
  end)
  after_each(function()
    proxy.close()
    world.finish()
  end)

  local function start(body)
    lunokhod = host { telegram = telegram, script = bot_that(body, ""), environment = { http_proxy = proxy.url } }
    anna:says "go"
  end

  it("goes through the environment's proxy, and the log says so", function()
    start [[message:answer(http.get("http://service.example/x").body)]]
    local head, connection = proxy.accept()
    assert.matches("^GET http://service%.example/x HTTP/1%.1", head)
    assert(connection:send "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
    connection:close()
    anna:sees_last "hi"
    lunokhod:logged("through the proxy.*proxy=" .. proxy.url:gsub("%p", "%%%0"))
  end)

  it("reaches no address of one's own through it", function()
    start [[
      local kinds = {}
      for i, name in ipairs { "10.0.0.1", "router", "0x7f.1" } do
        kinds[i] = select(2, http.get("http://" .. name .. "/")).text:match "allow%-private%-http"
      end
      message:answer(#kinds .. " refused")]]
    anna:sees_last "3 refused"
  end)

  it("is not led there by a redirect either", function()
    start [[message:answer(select(2, http.get("http://service.example/x")).kind)]]
    local _, connection = proxy.accept()
    assert(connection:send("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n"
      .. "Connection: close\r\n\r\n"))
    connection:close()
    anna:sees_last "misuse"
  end)
end)

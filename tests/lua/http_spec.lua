-- Requests to other services: what is sent, what comes back, streams, and tries that are repeated.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local HEAD = 'local http, telegram, json, message = require "http", require "telegram", require "json", ... '

local function returns(expected, lua)
  anna:says(HEAD .. lua)
  local seen = anna:saw()
  assert.equal(expected, seen[#seen])
end

describe("http", function()
  it("makes addresses", function()
    returns("https://a.example/find?page=2&q=%D0%9D%D0%B8%D0%B6%D0%BD%D0%B8%D0%B9%20%D0%9D",
      'return http.url{ "https://a.example/find", q = "Нижний Н", page = 2 }')
    returns("https://a.example/a%2Fb/c?x=1&y=2", 'return http.url{ "https://a.example/", "a/b", "c", x = 1, y = 2 }')
    returns("https://a.example/?x=1&y=2", 'return http.url{ "https://a.example/?x=1", y = 2 }')
    returns("https://a.example/", 'return http.url{ "https://a.example/" }')
  end)

  for _, method in ipairs { "put", "patch" } do
    it("sends by " .. method .. " a table as JSON", function()
      http:answers("http://a.example/", "ok")
      returns("ok", ('return http.%s("http://a.example/x", { n = 1 }).body'):format(method))
      local request = http:requests()[1]
      assert.same({ method:upper(), '{"n":1}', "application/json" },
        { request.method, request.body, request.headers["content-type"] })
    end)
  end

  it("sends DELETE, HEAD, and a method of one's own", function()
    http:answers("http://a.example/", { body = "ok", headers = { ETag = "x1" } })
    returns("ok", 'return http.delete("http://a.example/").body')
    returns("x1 0", 'local answer = http.head "http://a.example/" return answer.headers.etag .. " " .. #answer.body')
    returns("ok", [[return http.request("http://a.example/", { method = "REPORT", body = "<x/>",
      content_type = "text/xml" }).body]])
    local requests = http:requests()
    assert.same({ "DELETE", "HEAD", "REPORT" }, { requests[1].method, requests[2].method, requests[3].method })
    assert.same({ "<x/>", "text/xml" }, { requests[3].body, requests[3].headers["content-type"] })
  end)

  it("sends forms, with and without files", function()
    http:answers("http://a.example/", "ok")
    returns("ok", 'return http.post("http://a.example/", http.form{ a = "1 & 2", b = { "x", "y" } }).body')
    returns("ok", [[return http.post("http://a.example/", http.multipart{ model = "small",
      file = telegram.bytes("sound", "a.ogg") }).body]])
    local requests = http:requests()
    assert.equal("a=1%20%26%202&b=x&b=y", requests[1].body)
    assert.equal("application/x-www-form-urlencoded", requests[1].headers["content-type"])
    assert.same({ { name = "file", file_name = "a.ogg", body = "sound" }, { name = "model", body = "small" } },
      requests[2].parts)
  end)

  it("shows the headers both ways", function()
    http:answers("http://a.example/", { body = "ok", headers = { ["X-Left"] = "7" } })
    returns("7", 'return http.get("http://a.example/", { headers = { ["X-Key"] = "k" } }).headers["x-left"]')
    assert.equal("k", http:requests()[1].headers["x-key"])
  end)

  it("decodes JSON when asked", function()
    http:answers("http://a.example/", { n = { 1, 2 } }, { status = 500, body = "<html>" }, "<html>")
    returns("2", 'return http.get("http://a.example/", { json = true }).json.n[2]')
    assert.equal("application/json", http:requests()[1].headers.accept)
    returns("500 nil", 'local a = http.get("http://a.example/", { json = true }) return a.status .. " " .. tostring(a.json)')
    returns("input http.get: the answer is no JSON", [[local a, err = http.get("http://a.example/", { json = true })
      return err.kind .. " " .. tostring(err):match "^http.get: the answer is no JSON"]])
  end)

  it("names the option of a misspelt one", function()
    returns('http.get: there is no option "header", did you mean headers?',
      'return (select(2, pcall(http.get, "http://a.example/", { header = {} })):gsub("^.-: ", "", 1))')
  end)
end)

describe("a request that may be repeated", function()
  local function tries(lua, seconds)
    anna:says(HEAD .. lua)
    clock:advance(seconds or 8)
    return #http:requests()
  end

  it("is repeated where the service is busy, and as often as asked", function()
    http:answers("http://a.example/", { status = 503 }, { status = 503 }, "ok")
    assert.equal(3, tries 'return http.get("http://a.example/", { retries = 3 }).body')
    anna:sees "ok"
  end)

  it("waits as long as the service asks for", function()
    http:answers("http://a.example/", { status = 429, headers = { ["Retry-After"] = "5" } }, "ok")
    assert.equal(1, tries('return http.post("http://a.example/", "x", { retries = 1 }).body', 4))
    clock:advance(1)
    anna:sees "ok"
  end)

  it("is repeated at once where the service asks for less than nothing", function()
    http:answers("http://a.example/", { status = 429, headers = { ["Retry-After"] = "-5" } }, "ok")
    assert.equal(2, tries('return http.get("http://a.example/", { retries = 1 }).body', 0))
    anna:sees "ok"
  end)

  it("is given up in the end", function()
    http:answers("http://a.example/", { unreachable = true })
    assert.equal(3, tries 'return select(2, http.get("http://a.example/", { retries = 2 })).kind')
    anna:sees "network"
  end)

  it("is not repeated unless asked, nor where it might be done twice", function()
    http:answers("http://a.example/", { status = 503 })
    assert.equal(1, tries 'return http.get("http://a.example/").status')
    assert.equal(2, tries 'return http.post("http://a.example/", "x", { retries = 3 }).status')
  end)
end)

describe("a stream", function()
  it("comes piece by piece", function()
    http:answers("http://a.example/", { status = 201, chunks = { "one", "two", "three" } })
    returns("201 one|two|three nil", [[local parts = {}
      local stream = http.stream "http://a.example/"
      for chunk in stream:chunks() do parts[#parts + 1] = chunk end
      return stream.status .. " " .. table.concat(parts, "|") .. " " .. tostring(stream.error)]])
  end)

  it("comes line by line, wherever it was cut", function()
    http:answers("http://a.example/", { chunks = { "on", "e\r\ntw", "o\n\nth", "ree" } })
    returns("one|two||three", [[local parts = {}
      for line in http.stream("http://a.example/"):lines() do parts[#parts + 1] = line end
      return table.concat(parts, "|")]])
  end)

  it("comes as server-sent events", function()
    http:answers("http://a.example/", { chunks = { ": hi\n\ndata: a\n", "data: b\n\nevent: end\nda", "ta: c\n\n" } })
    returns("a\nb nil|c end", [[local parts = {}
      for data, name in http.stream("http://a.example/"):events() do parts[#parts + 1] = data .. " " .. tostring(name) end
      return table.concat(parts, "|")]])
  end)

  it("sends a body, like any request", function()
    http:answers("http://a.example/", "ok")
    returns("ok", [[local stream = http.stream("http://a.example/", { body = { stream = true } })
      return stream:chunks()(stream)]])
    assert.same({ "POST", '{"stream":true}' }, { http:requests()[1].method, http:requests()[1].body })
  end)

  it("that can't begin is an error", function()
    http:answers("http://a.example/", { unreachable = true })
    returns("nil network", [[local stream, err = http.stream "http://a.example/"
      return tostring(stream) .. " " .. err.kind]])
  end)

  it("with more bytes than the limit ends with an error", function()
    http:answers("http://a.example/", { chunks = { "12345", "67890" } })
    returns("12345 full", [[local parts = {}
      local stream = http.stream("http://a.example/", { limit = 7 })
      for chunk in stream:chunks() do parts[#parts + 1] = chunk end
      return table.concat(parts) .. " " .. stream.error.kind]])
  end)

  it("can be left", function()
    http:answers("http://a.example/", { chunks = { "one", "two" } })
    returns("one nil", [[local stream = http.stream "http://a.example/"
      local first
      for chunk in stream:chunks() do first = chunk break end
      return first .. " " .. tostring(stream:chunks()(stream))]])
  end)

  it("is shown while it grows", function()
    http:answers("http://a.example/", { chunks = { "Слово ", "за ", "словом" } })
    returns("Слово за словом", [[message:stream(function(write)
        for chunk in http.stream("http://a.example/"):chunks() do write(chunk) end
      end)
      error "quiet"]])
    bot:log "quiet"
    assert.equal(1, #telegram:requests "editMessageText")
  end)

  it("is shown in several messages where one is too short", function()
    returns(("б"):rep(4096), [[message:stream(function(write)
        write(("а"):rep(4096))
        write(("б"):rep(4096))
      end)
      error "quiet"]])
    bot:log "quiet"
    assert.same({ ("а"):rep(4096), ("б"):rep(4096) }, anna:saw())
  end)
end)

-- HTTP requests of scripts. They never reach the operator's network unless the operator allows it. The sandbox is the service.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local ALLOWED = { "--allow-private-http" }

-- Runs the body of a handler, which sees the service's address as `service`, and returns what it answers.
local function answer_of(body, options)
  local telegram = sandbox {}
  local lunokhod = host { telegram = telegram, options = options, script = ([[
    local bot, db, http, json = require "bot", require "db", require "http", require "json"
    local service = %q
    db.exec "CREATE TABLE IF NOT EXISTS notes(text)"
    bot.text("go", function(message)
      local silence = ("%%s/sandbox/messages?chat_id=%%d&after=1000000&wait=60"):format(service, message.chat.id)
      local answer
      %s
      message:answer(tostring(answer))
    end)
    bot.on("message", function(message) message:answer(tostring(db.one("SELECT count(*) AS n FROM notes").n)) end)
  ]]):format(telegram.url, body) }
  local anna = telegram:person("Анна")
  anna:says("go")
  return anna, telegram, lunokhod
end

local function answers(expected, body, options)
  local anna = answer_of(body, options)
  assert.same({ expected }, anna:saw(1))
end

describe("A script that asks another service", function()
  after_each(world.finish)

  it("gets its answer, with status and type", function()
    answers("200 application/json true", [[
      local page = http.get(service .. "/sandbox/status")
      answer = ("%d %s %s"):format(page.status, page.content_type, json.decode(page.body).messages ~= nil)
    ]], ALLOWED)
  end)

  it("gets a refusal as an answer too", function()
    answers("404", [[answer = http.get(service .. "/no/such/page").status]], ALLOWED)
  end)

  it("sends a table as JSON, with headers of its own", function()
    local anna, telegram = answer_of([[
      local vera = { id = 77, first_name = "Вера" }
      answer = http.post(service .. "/sandbox/users", vera, { headers = { ["X-Who"] = "bot" } }).status
    ]], ALLOWED)
    assert.same({ "200" }, anna:saw(1))
    assert.equal("Вера", telegram:get("chats").chats[2].title or telegram:get("chats").chats[2].first_name)
  end)

  it("is refused an address of the operator's network, whatever it is called", function()
    answers("misuse misuse misuse", [[
      local port, kinds = service:match("%d+$"), {}
      for i, name in ipairs { "127.0.0.1", "localhost", "[::1]" } do
        local page, err = http.get(("http://%s:%s/sandbox/status"):format(name, port))
        kinds[i] = page and "reached" or err.kind
      end
      answer = table.concat(kinds, " ")
    ]])
  end)

  it("is told why", function()
    local anna = answer_of [[answer = select(2, http.get(service))]]
    assert.matches("not on the public Internet", anna:saw(1)[1])
  end)

  it("can't read files, nor speak other protocols", function()
    answers("misuse misuse", [[
      answer = select(2, http.get("file:///etc/passwd")).kind .. " " .. select(2, http.get("gopher://127.0.0.1/")).kind
    ]], ALLOWED)
  end)

  it("is not given more than the limit", function()
    answers("full", [[answer = select(2, http.get(service .. "/", { limit = 100 })).kind]], ALLOWED)
  end)

  it("does not wait longer than the timeout", function()
    answers("uncertain", [[
      answer = select(2, http.get(silence, { timeout = 0.2 })).kind
    ]], ALLOWED)
  end)

  it("hears of a service that is not there, and that nothing was done", function()
    answers("network", [[answer = select(2, http.post("http://127.0.0.1:1/", "a=1")).kind]], ALLOWED)
  end)

  it("can't smuggle a header by a line break", function()
    local anna, _, lunokhod = answer_of([[http.get(service, { headers = { a = "b\r\nc: d" } })]], ALLOWED)
    lunokhod:logged("line break")
    anna:says("count")
    assert.same({ "0" }, anna:saw(1))
  end)

  it("has committed before it waits", function()
    local anna, _, lunokhod = answer_of([[
      db.exec "INSERT INTO notes VALUES('before')"
      http.get(service .. "/sandbox/status")
      db.exec "INSERT INTO notes VALUES('after')"
      error "so wrong"
    ]], ALLOWED)
    lunokhod:logged("so wrong")
    anna:says("count")
    assert.same({ "1" }, anna:saw(1))
  end)

  it("may be stopped while it waits", function()
    local _, telegram, lunokhod = answer_of([[
      http.get(silence, { timeout = 60 })
    ]], { "--allow-private-http", "--deadline", "1" })
    lunokhod:logged("it waited for http.get")
    until_(function() return telegram:status() end, "the sandbox goes on")
    assert.equal(0, lunokhod:stop())
  end)

  it("holds up no other chat", function()
    local anna, telegram = answer_of([[
      answer = select(2, http.get(silence, { timeout = 20 })).kind
    ]], ALLOWED)
    local boris = telegram:person("Борис")
    boris:says("count")
    assert.same({ "0" }, boris:saw(1))
    assert.same({}, anna:saw())
  end)
end)

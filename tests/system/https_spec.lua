-- As at Telegram: every byte goes over TLS. What counts, what is saved, and what breaks.
local backups = require "tests.support.backups"
local certificates = require "tests.support.certificates"
local dkjson = require "dkjson"
local process = require "tests.support.process"
local tls_front = require "tests.support.tls_front"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local COUNT = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(n INTEGER)"
db.exec "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total)"
bot.text("+", function(message)
  local n = db.one("UPDATE total SET n = n + 1 RETURNING n").n
  local sent, err = message:answer("n " .. n)
  if not sent then message:answer(err.kind) end
end)
]]

local function expected(count)
  local texts = {}
  for i = 1, count do texts[i] = "n " .. i end
  return texts
end

describe("over HTTPS", function()
  local telegram, front, anna
  before_each(function()
    telegram = sandbox {}
    front = tls_front.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  it("the shipped clicker counts right, and sessions are resumed", function()
    local bot = front:host { scripts = { "scripts" } }
    local people = { anna, telegram:person "Boris", telegram:person "Vera" }
    for _ = 1, 5 do
      for _, person in ipairs(people) do person:says "/start" person:says "Клик" end
    end
    for _, person in ipairs(people) do person:saw(10) end
    for _, person in ipairs(people) do
      person:says "Рейтинг"
      person:sees_last "Всего: 3\n1: Anna - 5🏆\n2: Boris - 5🏆\n3: Vera - 5🏆"
    end
    assert.equal(0, bot:stop())
    assert.is_true(front:count "resumed" >= 1)
  end)

  it("a backup of some megabytes goes up, and comes back after a kill", function()
    local function start(...)
      local bot = backups.host(telegram, anna, { environment = front:environment(), options = front:options { ... } })
      bot.process.may_be_killed = true
      return bot
    end
    local bot = start "--fresh"
    backups.grow(anna, 4000)
    local count = backups.save(bot, anna)
    bot:kill()
    start "--takeover"
    assert.equal(count, backups.count(anna))
    local size = 0
    for _, message in ipairs(backups.documents(telegram, anna)) do size = size + message.document.file_size end
    assert.is_true(size > 4e6, "it was as large as that")
  end)

  it("files go up and come down as they are", function()
    front:host { script = [[
      local bot, telegram = require "bot", require "telegram"
      bot.text("go", function(message)
        local bytes = ("moon\0\r\n"):rep(3e5)
        local sent = telegram.send_document { chat_id = message.chat.id, document = telegram.bytes(bytes, "a.bin") }
        local back = telegram.download(sent.document.file_id)
        message:answer(#back .. " " .. tostring(back == bytes))
      end)
    ]] }
    anna:says "go"
    until_(function() return table.concat(anna:saw(), "\n"):find "2100000 true" end, "the file")
  end)

  it("handshakes that break are repeated, and nothing is done twice", function()
    local bot = front:host { script = COUNT }
    front:be "drop 2"
    for _ = 1, 5 do anna:says "+" end -- the first answer needs a second connection
    assert.same(expected(5), anna:saw(5))
    front:has_said("drop", 1)
    assert.equal(0, bot:stop())
    assert.same(expected(5), anna:saw())
  end)

  it("connections that are closed after each answer lose nothing", function()
    front:be "each"
    local bot = front:host { script = COUNT }
    for _ = 1, 10 do anna:says "+" end
    assert.same(expected(10), anna:saw(10))
    front:has_said("each", 12)
    assert.equal(0, bot:stop())
  end)

  for _, mode in ipairs { "idle", "abrupt" } do
    it("no message is lost on a connection that was idle, and has been closed: " .. mode, function()
      front:be(mode)
      local bot = front:host { script = COUNT }
      for i = 1, 3 do
        anna:says "+"
        assert.same(expected(i), anna:saw(i))
        front:has_open(1) -- the poll's
      end
      front:has_said(mode, 1)
      assert.equal(0, bot:stop())
      assert.same(expected(3), anna:saw())
    end)
  end

  for _, mode in ipairs { "cut 2 getUpdates", "lose 2 getUpdates" } do
    it("no update is lost or handled twice: " .. mode, function()
      front:be(mode)
      local bot = front:host { script = COUNT, wait = false }
      for _ = 1, 5 do anna:says "+" end
      front:has_said(mode:match "^%l+", 2)
      for _ = 6, 8 do anna:says "+" end
      assert.same(expected(8), anna:saw(8))
      assert.equal(0, bot:stop())
      assert.same(expected(8), anna:saw())
    end)
  end

  for _, mode in ipairs { "cut 1 sendMessage", "lose 1 sendMessage" } do
    it("a message whose answer is lost is uncertain, and not sent again: " .. mode, function()
      front:be(mode)
      local bot = front:host { script = COUNT }
      anna:says "+"
      anna:says "+"
      assert.same({ "n 1", "uncertain", "n 2" }, anna:saw(3))
      assert.equal(0, bot:stop())
    end)
  end

  for scheme, named in pairs { http = "connect", socks5h = "socks" } do
    it("a proxy has a tunnel to Telegram: " .. scheme, function()
      local proxy = process.start { "python3", "tests/support/tunnel.py", tostring(front.port) }
      proxy.may_be_killed = true
      local port = until_(function() return proxy:stdout():match "port (%d+)\n" end, "the proxy")
      front:host { script = COUNT, environment = { TELEGRAM_API_ROOT = "https://telegram.internal",
        HTTPS_PROXY = ("%s://127.0.0.1:%s"):format(scheme, port) } }
      anna:says "+"
      assert.same({ "n 1" }, anna:saw(1))
      assert.matches(named .. " telegram.internal\n", proxy:stdout())
    end)
  end
end)

describe("a host that can't trust the server", function()
  after_each(world.finish)

  for certificate, reason in pairs {
    expired = "the server's certificate has expired, or the clock of this machine is wrong",
    other = "the server's certificate is for another name than the address has",
    alone = "is not of an authority that is trusted here; if it should be, name its file by %-%-ca%-file",
  } do
    it("says why, and tries on: " .. certificate, function()
      local telegram = sandbox {}
      local front = tls_front.new(telegram, certificate)
      local bot = front:host { script = COUNT, wait = false }
      assert.matches("getMe: .*" .. reason, bot:logged "can't start yet")
      assert.equal(0, telegram:begun())
      assert.is_true(bot:is_running())
      assert.equal(0, bot:stop())
    end)
  end

  it("says so of an authority that it was not told of", function()
    local telegram = sandbox {}
    local front = tls_front.new(telegram)
    local stranger = world.host { telegram = telegram, script = COUNT, wait = false, environment = front:environment() }
    assert.matches("not of an authority that is trusted here", stranger:logged "can't start yet")
    stranger:stop()
  end)
end)

describe("a sandbox over HTTPS", function()
  after_each(world.finish)

  local files = certificates.new()

  local function start(...)
    return process.start { sandbox.PROGRAM, "sandbox", "--port", "0", ... }
  end

  it("serves bots, files and tests", function()
    local run = start("--tls-cert", files .. "right.pem", "--tls-key", files .. "right.key")
    local port = until_(function() return run:stdout():match "sandbox: https://127%.0%.0%.1:(%d+)/\n" end, "its address")
    local url = "https://localhost:" .. port
    local function curl(path, body)
      local data = body and "--json " .. process.quote(dkjson.encode(body)) or ""
      local pipe = io.popen(("curl -sS --cacert %sauthority.pem %s %s%s"):format(files, data, url, path))
      local text = pipe:read "a"
      pipe:close()
      return text
    end
    local bot = world.host { script = COUNT, options = { "--ca-file", files .. "authority.pem" },
      environment = { TELEGRAM_API_ROOT = url, BOT_TOKEN = sandbox.TOKEN } }
    curl("/sandbox/users", { id = 5, first_name = "Anna" })
    until_(function() return run:stderr() and dkjson.decode(curl "/sandbox/status").calls >= 3 end, "the first poll")
    curl("/sandbox/faults", { method = "sendMessage", kind = "truncate" })
    curl("/sandbox/messages", { chat_id = 5, text = "+" })
    until_(function() return curl("/sandbox/messages?chat_id=5&after=0"):find "uncertain" end, "the answer")
    assert.matches("<!doctype html>", curl("/"):lower())
    assert.equal(0, bot:stop())
  end)

  it("needs both files, and says what is wrong with them", function()
    local half = start("--tls-cert", files .. "right.pem")
    assert.equal(2, half:wait())
    assert.matches("%-%-tls%-cert and %-%-tls%-key belong together", half:stderr())
    local wrong = start("--tls-cert", files .. "right.pem", "--tls-key", files .. "other.key")
    assert.equal(1, wrong:wait())
    assert.matches("are not a certificate and its key", wrong:stderr())
  end)
end)

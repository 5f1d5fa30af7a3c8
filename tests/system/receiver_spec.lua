-- A host that Telegram sends updates to, instead of being polled: nothing is lost, nothing counted twice, and strangers get
-- nowhere.
local backups = require "tests.support.backups"
local bot_client = require "tests.support.bot_client"
local dkjson = require "dkjson"
local socket = require "socket"
local webhook_host = require "tests.support.webhook_host"
local world = require "tests.support.world"
local until_ = world.until_

local ECHO = [[
local bot = require "bot"
bot.on("message:text", function(message) message:answer(message.text) end)
]]

-- All are counted, but for "=", which tells the count.
local COUNT = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(n INTEGER)"
db.exec "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total)"
bot.text("=", function(message) message:answer("is " .. db.one("SELECT n FROM total").n) end)
bot.text("slow", function(message) message:answer "slow is over" end)
bot.text("fail", function() error "so wrong" end)
bot.on("message:text", function(message) message:answer("n " .. db.one("UPDATE total SET n = n + 1 RETURNING n").n) end)
]]

local function message(id, text, chat) return webhook_host.update(id, text, chat or 77) end

local function wanted(told)
  local types = dkjson.decode(told.allowed_updates)
  table.sort(types)
  return types
end

describe("a host with a webhook", function()
  local telegram, anna
  before_each(function()
    telegram = world.sandbox {}
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  it("tells Telegram where it is, is sent updates in order, and polls never", function()
    local bot = webhook_host.new { telegram = telegram, script = ECHO, options = { "--webhook-connections", "7" } }
    local told = telegram:calls("setWebhook")[1].parameters
    assert.equal(bot.url .. "/hook", told.url)
    assert.equal("7", told.max_connections)
    assert.same({ "callback_query", "message" }, wanted(told))
    assert.matches("^%x+$", told.secret_token)
    assert.equal(64, #told.secret_token)
    local expected = {}
    for i = 1, 30 do
      anna:says(tostring(i))
      expected[i] = tostring(i)
    end
    assert.same(expected, anna:saw(30))
    assert.same({}, telegram:calls "getUpdates")
    assert.same({}, telegram:calls "deleteWebhook")
    assert.equal(0, bot:stop())
    assert.equal(bot.url .. "/hook", bot_client.new(telegram).getWebhookInfo().url, "whoever comes next has what waits")
    assert.same({}, bot:log_lines(told.secret_token))
  end)

  it("has another secret at each start, and tells anew what is wanted after a reload", function()
    local bot = webhook_host.new { telegram = telegram, script = ECHO }
    local first = webhook_host.secret(telegram)
    bot:write("bot.lua", ECHO .. 'bot.on("poll_answer", function() end)')
    bot:reload()
    until_(function() return #telegram:calls "setWebhook" == 2 end, "a second setWebhook")
    local told = telegram:calls("setWebhook")[2].parameters
    assert.equal(first, told.secret_token)
    assert.same({ "callback_query", "message", "poll_answer" }, wanted(told))
    bot:reload()
    bot:stop()
    assert.equal(2, #telegram:calls "setWebhook", "a reload that wants the same says nothing")
    webhook_host.new { telegram = telegram, script = ECHO }
    assert.not_equal(first, webhook_host.secret(telegram))
  end)

  it("tells strangers nothing, and takes nothing from them", function()
    local bot = webhook_host.new { telegram = telegram, script = COUNT }
    local secret = webhook_host.secret(telegram)
    local body = message(5, "+", anna.id)
    local function refused(status, ...)
      local got, text = webhook_host.post(bot, ...)
      assert.same({ status, "" }, { got, text })
    end
    refused(401, nil, body)
    refused(401, "", body)
    refused(401, secret:sub(1, -2), body)
    refused(401, secret .. "0", body)
    refused(401, secret:sub(1, -2) .. (secret:sub(-1) == "0" and "1" or "0"), body)
    refused(404, secret, body, "/hook/")
    refused(404, secret, body, "/")
    refused(405, secret, body, "/hook", "PUT")
    refused(405, secret, body, "/hook", "GET")
    refused(413, secret, ("x"):rep(5 << 20))
    assert.equal(401, webhook_host.send(bot, "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"),
      "without reading a body")
    webhook_host.send(bot, "nonsense\r\n\r\n")
    assert.equal(6, webhook_host.metric(bot, "lunokhod_webhook_refused_requests_total"))
    assert.equal(1, #bot:log_lines "asked with a wrong secret", "not a line each")
    anna:says "="
    anna:sees_last "is 0"
    assert.equal(200, webhook_host.post(bot, secret, body))
    anna:sees_last "n 1"
  end)

  it("handles an update that comes again once", function()
    local bot = webhook_host.new { telegram = telegram, script = COUNT }
    local secret = webhook_host.secret(telegram)
    for _ = 1, 3 do assert.equal(200, webhook_host.post(bot, secret, message(5, "+", anna.id))) end
    assert.equal(200, webhook_host.post(bot, secret, message(4, "+", anna.id)), "a lower id is none the worse")
    anna:sees_last "n 2"
    anna:says "="
    anna:sees_last "is 2"
  end)

  it("keeps what can't be read as a dead letter, and what has no id in its log", function()
    local bot = webhook_host.new { telegram = telegram, script = COUNT }
    local secret = webhook_host.secret(telegram)
    for _ = 1, 2 do assert.equal(200, webhook_host.post(bot, secret, '{"update_id":5,"message":{"text":"\\ud800"')) end
    for _, body in ipairs { "", "x", "[]", "{}", "\0", "{\"update_id\":" } do
      assert.equal(200, webhook_host.post(bot, secret, body))
    end
    bot:logged "an update can't be read, and is a dead letter\" update=5"
    assert.equal(1, webhook_host.metric(bot, "lunokhod_dead_letters"))
    assert.equal(1, #bot:log_lines "without a readable update_id is passed over", "once a minute")
    anna:says "+"
    anna:sees_last "n 1"
  end)

  it("answers late and drops nothing when more comes than it can do", function()
    local people = {}
    for i = 1, 8 do people[i] = telegram:person("P" .. i) end
    telegram:fault { method = "sendMessage", kind = "hold", times = 3 }
    local bot = webhook_host.new { telegram = telegram, script = ECHO, options = { "--inbox", "3" } }
    for i = 1, 5 do
      for _, person in ipairs(people) do person:says(tostring(i)) end
    end
    local held = 'lunokhod_webhook_waiting_requests{for="room"}'
    until_(function() return webhook_host.metric(bot, held) > 0 end, "a held request")
    telegram:let_go "apply"
    for _, person in ipairs(people) do assert.same({ "1", "2", "3", "4", "5" }, person:saw(5)) end
    assert.equal(0, webhook_host.metric(bot, held))
    assert.is_nil(bot_client.new(telegram).getWebhookInfo().last_error_message)
    assert.equal(40, webhook_host.metric(bot, "lunokhod_updates_received_total"))
  end)

  it("waits for nobody who sends slowly, or not at all", function()
    local bot = webhook_host.new { telegram = telegram, script = ECHO }
    local slow = {}
    for i = 1, 50 do
      slow[i] = assert(socket.connect("127.0.0.1", bot.port))
      slow[i]:send(i % 2 == 0 and "POST /hook HT" or "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    end
    anna:says "hello"
    assert.same({ "hello" }, anna:saw(1))
    for i = 1, 25 do slow[i]:close() end
    anna:says "again"
    assert.same({ "hello", "again" }, anna:saw(2))
    assert.equal(0, bot:stop())
    for i = 26, 50 do slow[i]:close() end
  end)

  it("finishes at its end what it has taken, and leaves the rest to the next", function()
    local bot = webhook_host.new { telegram = telegram, script = COUNT }
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    anna:says "slow"
    telegram:holds(1)
    assert.equal(1, webhook_host.metric(bot, "lunokhod_handlers_running"))
    bot:signal "TERM"
    bot:logged "stopping"
    anna:says "+"
    telegram:let_go "apply"
    assert.equal(0, bot:ends())
    assert.same({ "slow is over" }, anna:saw())
    webhook_host.new { telegram = telegram, script = COUNT }
    anna:sees_last "n 1"
  end)

  it("gives way to a host that polls", function()
    local bot = webhook_host.new { telegram = telegram, script = ECHO }
    anna:says "one"
    assert.same({ "one" }, anna:saw(1))
    bot:stop()
    anna:says "two"
    world.host { telegram = telegram, script = ECHO }
    assert.same({ "one", "two" }, anna:saw(2))
    assert.equal("", bot_client.new(telegram).getWebhookInfo().url)
  end)

  it("drops what has waited, if it is asked to", function()
    anna:says "old"
    webhook_host.new { telegram = telegram, script = ECHO, options = { "--skip-pending" } }
    anna:says "new"
    assert.same({ "new" }, anna:saw(1))
  end)

  it("waits for a Telegram that is slow to set it, and ends where the address is no good", function()
    telegram:fault { method = "setWebhook", kind = "500", times = 1 }
    local bot = webhook_host.new { telegram = telegram, script = ECHO }
    assert.equal(1, #bot:log_lines "can't set the webhook yet")
    bot:stop()
    local wrong = world.host { telegram = telegram, script = ECHO, wait = false,
      options = { "--listen", "127.0.0.1:0", "--webhook", "https://10.0.0.1/hook" } }
    assert.equal(1, wrong:ends())
    wrong:logged "IP address 10.0.0.1 is reserved"
  end)
end)

describe("a durable host with a webhook", function()
  local telegram, admin, anna
  before_each(function()
    telegram = world.sandbox {}
    admin, anna = telegram:person "Admin", telegram:person "Anna"
  end)
  after_each(world.finish)

  local function start(...)
    local bot = webhook_host.new { telegram = telegram, admin = admin, script = COUNT, options = { "--durable", ... } }
    bot.process.may_be_killed = true
    return bot
  end

  local function pending() return bot_client.new(telegram).getWebhookInfo().pending_update_count end

  it("answers when a backup has the update, or when there is nothing to save", function()
    local bot = start()
    until_(function() return pending() == 0 end, "the answer to the pin of the backup")
    telegram:fault { method = "editMessageMedia", kind = "hold", times = 1 }
    anna:says "+"
    anna:sees_last "n 1"
    until_(function() return telegram:status().held > 0 end, "the backup")
    assert.equal(1, webhook_host.metric(bot, 'lunokhod_webhook_waiting_requests{for="backup"}'))
    assert.equal(1, pending())
    telegram:let_go "apply"
    until_(function() return pending() == 0 end, "the answer")
    anna:says "="
    anna:sees_last "is 1"
    until_(function() return pending() == 0 end, "the answer to what leaves nothing to save")
  end)

  it("answers nothing that has come while it looked whether it may go on without a backup", function()
    local boris, bot = telegram:person "Boris", start()
    until_(function() return pending() == 0 end, "the answer to the pin of the backup")
    telegram:fault { method = "getMyCommands", kind = "hold", times = -1 }
    anna:says "="
    telegram:holds(2) -- one of them is the look, the other that of the guard, which comes every 3 s
    boris:says "+"
    boris:sees_last "n 1"
    telegram:heal()
    telegram:fault { method = "editMessageMedia", kind = "hold", times = 1 }
    telegram:let_go "apply"
    telegram:holds(1) -- the backup
    assert.equal(2, pending())
    telegram:let_go "apply"
    until_(function() return pending() == 0 end, "the answers")
    assert.equal(0, bot:stop())
  end)

  it("that is killed loses nothing, and counts nothing twice", function()
    local people, said = { anna, telegram:person "Boris", telegram:person "Vera" }, 0
    local bot = start()
    for _ = 1, 3 do
      for _ = 1, 4 do
        for _, person in ipairs(people) do person:says "+" end
        said = said + #people
        socket.sleep(math.random() * 0.1)
      end
      bot:signal "KILL"
      bot:ends()
      bot = start "--takeover" -- else it would wait for the one that was killed
    end
    local words = "is " .. said
    until_(function()
      admin:says "="
      local seen = admin:saw()
      return seen[#seen] == words
    end, function() return words .. "; seen: " .. table.concat(admin:saw(), "|") end)
  end)
end)

describe("two hosts with webhooks", function()
  after_each(world.finish)

  local ways = {
    ["each at its own address"] = {},
    ["each at its own address, durable"] = { is_durable = true },
    ["both behind one proxy"] = { is_proxied = true },
    ["both behind one proxy, durable"] = { is_proxied = true, is_durable = true },
  }
  for name, way in pairs(ways) do
    it("follow each other under load and lose no click, " .. name, function()
      local telegram = world.sandbox { requests = 1000 }
      local admin = telegram:person "Admin"
      local clickers, clicks = { admin, telegram:person "Anna", telegram:person "Boris", telegram:person "Vera" }, 0
      local proxy = way.is_proxied and webhook_host.proxy() or nil
      local function start(wait)
        local bot = webhook_host.new { telegram = telegram, admin = admin, wait = wait, proxy = proxy,
          environment = { BACKUP_INTERVAL = "1" }, options = way.is_durable and { "--durable" } or {} }
        bot.process.may_be_killed = true
        return bot
      end
      local function click_until(condition, what)
        local deadline = socket.gettime() + 300
        repeat
          assert(socket.gettime() < deadline, "still waiting for " .. what)
          clickers[math.random(#clickers)]:says "+"
          clicks = clicks + 1
          -- durable, a chat's next waits for a backup: a second
          socket.sleep((way.is_durable and 0.5 or 0.03) * math.random())
        until condition()
      end
      local old = start()
      for _ = 1, 2 do
        local new = start(false)
        click_until(function() return #new:log_lines "the webhook is set" > 0 end, "the new host to serve")
        click_until(function() return not old:is_running() end, "the old host to go")
        assert.equal(4, old:ends())
        old = new
      end
      local count
      until_(function()
        count = backups.count(admin)
        return count >= clicks
      end, function() return ("all of %d clicks: %d\n%s"):format(clicks, count, old.process:stderr()) end)
      assert.equal(clicks, count)
    end)
  end
end)

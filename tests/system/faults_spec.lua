-- Errors of scripts and of Telegram: each is one clear line in the log, and the other chats are served as before.
local process = require "tests.support.process"
local backups = require "tests.support.backups"
local port = require "tests.support.port"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local ECHO = [[
local bot = require "bot"
bot.on("message", function(message) message:answer(message.text) end)
]]

-- A bot that breaks when it is told to, and echoes otherwise.
local function breaking(how)
  return ([[
    local bot, db, telegram = require "bot", require "db", require "telegram"
    db.exec "CREATE TABLE IF NOT EXISTS notes(text)"
    bot.text("break", function(message)
      db.exec("INSERT INTO notes VALUES('half')")
      %s
    end)
    bot.text("notes", function(message) message:answer(tostring(db.one("SELECT count(*) AS n FROM notes").n)) end)
    bot.on("message", function(message) message:answer(message.text) end)
  ]]):format(how)
end

local function breaks(how, logged)
  local telegram = sandbox {}
  local lunokhod = host { telegram = telegram, script = breaking(how) }
  local anna, boris = telegram:person("Анна"), telegram:person("Борис")
  anna:says("break")
  anna:says("после")
  boris:says("notes")
  assert.same({ "0" }, boris:saw(1))                  -- the segment was rolled back
  assert.same({ "после" }, anna:saw(1))               -- the lane goes on
  lunokhod:logged(logged)
  assert.equal(1, #lunokhod:log_lines("level=error")) -- one line
  assert.equal(0, lunokhod:stop())
  return lunokhod
end

describe("a script that", function()
  after_each(world.finish)

  it("raises", function() breaks("error('so wrong')", "bot%.lua:%d+:.*so wrong") end)
  it("raises what is no text", function() breaks("error({})", "level=error") end)
  it("runs wrong SQL", function() breaks("db.exec('SELEC')", "bot%.lua:%d+:.*syntax error") end)
  it("loops for ever", function() breaks("while true do end", "bot%.lua:%d+") end)
  it("loops for ever in pcall", function()
    breaks("while true do pcall(function() while true do end end) end", "bot%.lua:%d+")
  end)
  it("loops for ever in a coroutine of its own", function()
    breaks("coroutine.wrap(function() while true do end end)()", "bot%.lua:%d+")
  end)
  it("loops for ever in SQL", function()
    breaks("db.one('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n')", "level=error")
  end)
  it("eats memory by a table", function() breaks("local t = {} while true do t[#t + 1] = {} end", "memory") end)
  it("eats memory by a string", function()
    breaks("local s = 'x' while true do s = s .. s end", "memory")
  end)
  it("eats memory by string.rep", function() breaks("local s = ('x'):rep(1 << 40)", "level=error.*bot%.lua:%d+") end)
  it("eats memory in pcall", function()
    breaks("while true do pcall(function() local t = {} while true do t[#t + 1] = ('x'):rep(1000) end end) end", "level=error")
  end)
  it("searches for ever", function()
    breaks("local s = ('a'):rep(200) while true do s:find('a*b') end", "level=error")
  end)
  it("recurses without end", function() breaks("local function f() return 1 + f() end f()", "stack overflow") end)

  it("fails in its file's syntax is named with its line, at start", function()
    local lunokhod = host { telegram = sandbox {}, script = "local a = 1\nlocal b = = 2\n", wait = false }
    assert.equal(1, lunokhod:ends())
    lunokhod:logged("bot%.lua:2:")
  end)

  it("fails has its update among the dead letters, once", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = [[
      local bot, db = require "bot", require "db"
      bot.text("break", function() error("so wrong") end)
      bot.text("dead", function(message)
        local dead = db.one "SELECT count(*) AS n, max(error) AS error FROM lunokhod_dead_letters"
        message:answer(dead.n .. " " .. tostring(dead.error):match("so wrong"))
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("break")
    anna:says("dead")
    assert.same({ "1 so wrong" }, anna:saw(1))
    assert.equal(1, #lunokhod:log_lines("level=error.*so wrong"))
  end)
end)

describe("a dead letter", function()
  after_each(world.finish)

  it("is handed out again by SIGUSR1, after a fix and a reload", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = breaking("error('so wrong')") }
    local anna = telegram:person("Анна")
    anna:says("break")
    lunokhod:logged("so wrong")
    lunokhod:write("bot.lua", breaking("message:answer('исправлено')"))
    lunokhod:reload()
    lunokhod:signal("USR1")
    assert.same({ "исправлено" }, anna:saw(1))
    lunokhod:signal("USR1")
    lunokhod:logged("dead letters.* count=0")
    anna:says("notes")
    assert.same({ "исправлено", "1" }, anna:saw(2))
  end)
end)

describe("Telegram", function()
  after_each(world.finish)

  it("being away for a while costs no update", function()
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    local telegram = sandbox { data = directory .. "/telegram", port = port.reserve() }
    local lunokhod = host { telegram = telegram, script = ECHO }
    local anna = telegram:person("Анна")
    anna:says("1")
    anna:saw(1)
    assert.equal(0, telegram:stop())
    lunokhod:logged("can't get updates")
    local again = sandbox { data = directory .. "/telegram", port = telegram.port }
    anna.telegram = again
    anna:says("2")
    assert.same({ "1", "2" }, anna:saw(2))
    assert.equal(0, lunokhod:stop())
    assert.same({ "1", "2" }, anna:saw())
  end)

  it("refusing a chat that blocked the bot is told to the script, and to no one else", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = [[
      local bot, telegram = require "bot", require "telegram"
      local codes = {}
      bot.on("message", function(message)
        local sent, err = telegram.send_message { chat_id = message.chat.id, text = "эхо" }
        if not sent then codes[#codes + 1] = err.code .. " " .. err.description end
        if message.text == "codes" then message:answer(table.concat(codes, "|")) end
      end)
    ]] }
    local blocker, boris = telegram:person("Анна", { blocked = true }), telegram:person("Борис")
    telegram:update { message = {
      message_id = 1, date = 1700000000, text = "привет", chat = { id = blocker.id, type = "private", first_name = "Анна" },
      from = { id = blocker.id, is_bot = false, first_name = "Анна" },
    } }
    until_(function() return #telegram:calls("sendMessage") > 0 end, "the refused call")
    boris:says("codes")
    assert.same({ "эхо", "403 Forbidden: bot was blocked by the user" }, boris:saw(2))
    assert.equal(0, lunokhod:stop())
  end)

  it("saying 429 pauses only that chat, and then gets the message", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ECHO }
    local anna, boris, vera = telegram:person("Анна"), telegram:person("Борис"), telegram:person("Вера")
    for person, seconds in pairs { [anna] = 3600, [vera] = 1 } do
      telegram:fault { method = "sendMessage", kind = "429", retry_after = seconds, times = 1, chat_id = person.id }
      person:says("1")
      person:says("2")
    end
    until_(function() return #telegram:calls("sendMessage") >= 2 end, "the calls that are put off")
    for i = 1, 10 do boris:says(tostring(i)) end
    assert.same({ "1", "2", "3", "4", "5", "6", "7", "8", "9", "10" }, boris:saw(10))
    assert.same({ "1", "2" }, vera:saw(2))
    assert.same({}, anna:saw())
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL") -- else it would wait for her
  end)

  for _, kind in ipairs { "500", "garbage", "truncate", "empty", "drop_before", "drop_after" } do
    it(("answering a send with %s is told to the script, and the send is never repeated"):format(kind), function()
      local telegram = sandbox {}
      local lunokhod = host { telegram = telegram, script = [[
        local bot, telegram = require "bot", require "telegram"
        bot.on("message", function(message)
          local sent, err = telegram.send_message { chat_id = message.chat.id, text = message.text }
          if not sent then message:answer("err: " .. tostring(err)) end
        end)
      ]] }
      local anna, boris = telegram:person("Анна"), telegram:person("Борис")
      telegram:fault { method = "sendMessage", kind = kind, times = 1, chat_id = anna.id }
      anna:says("один")
      until_(function()
        local texts = anna:saw()
        return (texts[#texts] or ""):find("^err: ")
      end, "the error told by the script")
      anna:says("два")
      boris:says("привет")
      assert.same({ "привет" }, boris:saw(1))
      anna:sees_last("два")
      assert.equal(0, lunokhod:stop())
      local once = 0
      for _, text in ipairs(anna:saw()) do once = once + (text == "один" and 1 or 0) end
      assert.is_true(once <= 1)
      assert.equal(4, #telegram:calls("sendMessage"))
    end)
  end

  it("answering a send too late for its handler is told to the handler, which is not a failure", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, options = { "--deadline", "2" }, script = [[
      local bot, log = require "bot", require "log"
      bot.on("message", function(message)
        local sent, err = message:answer(message.text)
        log.warn("the end: " .. (sent and "sent" or err.kind))
      end)
    ]] }
    local anna = telegram:person("Анна")
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    anna:says("один")
    lunokhod:logged("the end: uncertain")
    anna:says("два")
    anna:sees_last("два")
    assert.equal(0, lunokhod:stop())
    assert.same({}, lunokhod:log_lines("level=error"))
    lunokhod:logged("finished=2 failed=0")
  end)

  it("losing a send's answer makes no second message", function()
    local telegram = sandbox {}
    host { telegram = telegram, scripts = { "scripts" } }
    local anna = telegram:person("Анна")
    anna:says("/start")
    anna:saw(1)
    telegram:fault { method = "sendMessage", kind = "drop_after", times = 1 }
    anna:says("Клик") -- she sees the count; the host can't know that
    anna:says("Клик")
    assert.same({ "Приветствую Анна", "Кликов: 1 🏆", "Кликов: 2 🏆" }, anna:saw(3))
  end)

  for _, kind in ipairs { "500", "garbage", "truncate", "empty", "drop_before", "drop_after", "429" } do
    it(("answering getUpdates with %s costs no update"):format(kind), function()
      local telegram = sandbox {}
      local lunokhod = host { telegram = telegram, script = ECHO }
      local anna = telegram:person("Анна")
      telegram:fault { method = "getUpdates", kind = kind, times = 3, retry_after = 1 }
      for i = 1, 5 do anna:says(tostring(i)) end
      assert.same({ "1", "2", "3", "4", "5" }, anna:saw(5))
      anna:says("6")
      anna:saw(6)
      assert.equal(0, lunokhod:stop())
      assert.same({ "1", "2", "3", "4", "5", "6" }, anna:saw())
    end)
  end

  it("refusing some polls though the token is good costs no update", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ECHO }
    local anna = telegram:person("Анна")
    telegram:fault { method = "getUpdates", kind = "401", times = 3 }
    anna:says("1")
    assert.same({ "1" }, anna:saw(1))
    lunokhod:logged("refuses to be polled") -- the poll that brought the message may have been under way before
    anna:says("2")
    assert.same({ "1", "2" }, anna:saw(2))
    assert.equal(1, #lunokhod:log_lines("refuses to be polled"))
    assert.equal(0, lunokhod:stop())
  end)

  it("speaking of a second poller for long deletes the webhook, and tells the admin once", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local lunokhod = host {
      telegram = telegram, script = ECHO, environment = { ADMIN_ID = tostring(admin.id) }, options = { "--fresh" },
    }
    lunokhod:logged("msg=running")
    telegram:fault { method = "getUpdates", kind = "409", times = -1 }
    anna:says("1") -- ends the long poll
    until_(function() return backups.told(admin, "set a webhook") == 1 end, "a word to the admin")
    until_(function() return #telegram:calls("deleteWebhook") > 1 end, "another deleteWebhook")
    telegram:heal()
    anna:says("2")
    assert.same({ "1", "2" }, anna:saw(2))
    until_(function() return backups.told(admin, "arrive again") == 1 end, "another word to the admin")
    assert.equal(1, backups.told(admin, "set a webhook"))
    assert.equal(0, lunokhod:stop())
  end)

  it("speaking of a second poller is said in the log, and the host goes on", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ECHO }
    local anna = telegram:person("Анна")
    telegram:fault { method = "getUpdates", kind = "409", times = 2 }
    anna:says("1")
    lunokhod:logged("level=%a+ .*getUpdates.*")
    anna:saw(1)
    anna:says("2")
    assert.same({ "1", "2" }, anna:saw(2))
  end)
end)

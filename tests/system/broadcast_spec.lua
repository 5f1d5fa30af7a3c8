-- Broadcasts reach every chat once, whatever happens meanwhile. The script is told which chats can't be reached.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local BOT = [[
  local bot, db, broadcast, telegram = require "bot", require "db", require "broadcast", require "telegram"
  db.exec "CREATE TABLE IF NOT EXISTS users(chatid INTEGER PRIMARY KEY)"
  bot.command("start", function(message)
    db.exec("INSERT OR IGNORE INTO users VALUES(?)", message.chat.id)
    message:answer "hello"
  end)
  bot.match("^tell (.+)$", function(message, text)
    message:answer("broadcast " .. telegram.broadcast { to = "SELECT chatid FROM users", text = text })
  end)
  bot.match("^status (%d+)$", function(message, id)
    local s = broadcast.status(math.tointeger(id))
    message:answer(("%d of %d, gone %d, failed %d, uncertain %d, canceled %d, %s"):format(s.sent, s.total, s.gone, s.failed,
      s.uncertain, s.canceled, s.is_done and "done" or "under way"))
  end)
  bot.match("^cancel (%d+)$", function(message, id) broadcast.cancel(math.tointeger(id)) message:answer "canceled" end)
  bot.text("users", function(message) message:answer(db.one("SELECT count(*) AS n FROM users").n .. " users") end)
  broadcast.gone(function(chat) db.exec("DELETE FROM users WHERE chatid = ?", chat) end)
  broadcast.done(function(id, status) require "log".info(("end of %d: %d sent"):format(id, status.sent)) end)
]]

-- `count` people who have started the bot; the first is the operator of the bot.
local function crowd(telegram, count)
  local people = {}
  for i = 1, count do
    people[i] = telegram:person("P" .. i)
    people[i]:says("/start")
  end
  for _, person in ipairs(people) do person:saw(1) end
  return people
end

-- Holds up the messages to thirty people, and a broadcast has no more on their way. Those of others come through.
local HELD = 30

local function hold_up(telegram, people, from)
  for i = from, from + HELD - 1 do
    telegram:fault { method = "sendMessage", kind = "hold", times = 1, chat_id = people[i].id }
  end
end

local function times_told(person, text)
  local times = 0
  for _, seen in ipairs(person:saw()) do
    if seen == text then times = times + 1 end
  end
  return times
end

local function all_told_once(people, text)
  for i, person in ipairs(people) do assert.equal(1, times_told(person, text), "person " .. i) end
end

local function asks(person, question)
  local before = #person:saw()
  person:says(question)
  local texts
  until_(function()
    texts = person:saw()
    for i = before + 1, #texts do
      if texts[i] ~= "news" then texts = texts[i] return true end
    end
  end, "an answer to " .. question)
  return texts
end

describe("A broadcast", function()
  after_each(world.finish)

  it("reaches everyone once and says when it is done", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 30)
    assert.equal("broadcast 1", asks(people[1], "tell news"))
    lunokhod:logged("end of 1: 30 sent")
    all_told_once(people, "news")
    assert.equal("30 of 30, gone 0, failed 0, uncertain 0, canceled 0, done", asks(people[1], "status 1"))
  end)

  it("takes its time: not more than 25 a second", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 30)
    people[1]:says("tell news")
    lunokhod:logged("end of 1")
    local at = {}
    for _, call in ipairs(telegram:calls("sendMessage")) do
      if call.parameters.text == "news" then at[#at + 1] = call.started_at end
    end
    assert.equal(30, #at)
    local scale = at[1] > 1e11 and 1000 or 1
    assert.is_true(at[30] - at[1] >= 29 * 0.035 * scale)
  end)

  it("drops who has blocked the bot, and tells the script", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 5)
    telegram:post("users", { id = people[3].id, first_name = "P3", blocked = true })
    people[1]:says("tell news")
    lunokhod:logged("end of 1: 4 sent")
    assert.equal("4 of 5, gone 1, failed 0, uncertain 0, canceled 0, done", asks(people[1], "status 1"))
    assert.equal("4 users", asks(people[1], "users"))
  end)

  it("counts what Telegram lost track of, and does not send it twice", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 5)
    assert.equal("broadcast 1", asks(people[1], "tell news"))
    lunokhod:logged("end of 1: 5 sent")
    telegram:fault { method = "sendMessage", kind = "drop_after", times = 2 }
    people[2]:says("tell again") -- the answer is one of the two
    lunokhod:logged("end of 2")
    local status = asks(people[1], "status 2")
    assert.matches("^4 of 5, gone 0, failed 0, uncertain 1", status)
    all_told_once(people, "again")
  end)

  it("waits as long as a 429 says, and reaches everyone once", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 5)
    asks(people[1], "tell news")
    lunokhod:logged("end of 1: 5 sent")
    telegram:fault { method = "sendMessage", kind = "429", times = 3, retry_after = 1 }
    people[1]:says("tell again")
    lunokhod:logged("end of 2: 5 sent")
    all_told_once(people, "again")
  end)

  it("goes on through reloads", function()
    local telegram = sandbox { delay = 60 }
    local lunokhod = host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 40)
    people[1]:says("tell news")
    people[5]:saw(2)
    lunokhod:reload()
    people[20]:saw(2)
    lunokhod:reload()
    lunokhod:logged("end of 1: 40 sent")
    all_told_once(people, "news")
  end)

  it("goes on after a restart", function()
    local telegram = sandbox {}
    local people = { telegram:person("Admin") }
    local environment = { ADMIN_ID = tostring(people[1].id), BACKUP_INTERVAL = "1" }
    local lunokhod = host { telegram = telegram, script = BOT, environment = environment }
    people[1]:says("admin")
    people[1]:saw(1)
    people[1]:says("/start")
    for i, person in ipairs(crowd(telegram, 49)) do people[i + 1] = person end
    hold_up(telegram, people, 11)
    people[2]:says("tell news")
    telegram:holds(HELD)
    lunokhod:signal("TERM")
    lunokhod:logged("stopping")
    telegram:let_go("apply")
    assert.equal(0, lunokhod:ends())
    assert.equal(0, times_told(people[50], "news"))
    lunokhod = host { telegram = telegram, script = BOT, environment = environment }
    lunokhod:logged("end of 1: 50 sent")
    all_told_once(people, "news")
  end)

  it("sends to nobody twice after a crash, and says how many it can't tell of", function()
    local telegram = sandbox {}
    local people = { telegram:person("Admin") }
    local environment = { ADMIN_ID = tostring(people[1].id), BACKUP_INTERVAL = "1" }
    local lunokhod = host { telegram = telegram, script = BOT, environment = environment }
    people[1]:says("admin")
    people[1]:saw(1)
    people[1]:says("/start")
    for i, person in ipairs(crowd(telegram, 199)) do people[i + 1] = person end
    -- Backups are slow, so that much could be sent that the last one does not know of.
    telegram:fault { method = "editMessageMedia", kind = "delay", ms = 5000, times = -1 }
    people[2]:says("tell news")
    people[90]:saw(2)
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
    lunokhod:ends()
    telegram:heal()
    lunokhod = host { telegram = telegram, script = BOT, environment = environment }
    lunokhod:logged("broadcast 1 is done")
    local told = 0
    for i, person in ipairs(people) do
      local times = times_told(person, "news")
      assert.is_true(times <= 1, "person " .. i)
      told = told + times
    end
    local sent, uncertain = asks(people[3], "status 1"):match("^(%d+) of 200, gone 0, failed 0, uncertain (%d+)")
    assert.equal(200, sent + uncertain)
    assert.is_true(told >= tonumber(sent) and told <= sent + uncertain)
    assert.is_true(tonumber(uncertain) <= 120)
  end)

  it("ends when the admin goes back to a backup in which it was under way", function()
    local telegram = sandbox {}
    local people = { telegram:person("Admin") }
    local environment = { ADMIN_ID = tostring(people[1].id), BACKUP_INTERVAL = "1" }
    local lunokhod = host { telegram = telegram, script = BOT, environment = environment }
    people[1]:says("admin")
    people[1]:says("/start")
    for i, person in ipairs(crowd(telegram, 99)) do people[i + 1] = person end
    hold_up(telegram, people, 11)
    people[2]:says("tell news")
    telegram:holds(HELD) -- so a backup knows of it
    local document
    until_(function()
      for _, message in ipairs(people[1]:messages()) do document = message.document and message or document end
      return document
    end, "a backup")
    people[1]:sends { text = "/restore", reply_to_message_id = document.message_id }
    until_(function() return pcall(people[1].presses, people[1], "Go back to it") end, "the button")
    telegram:let_go("apply")
    lunokhod:logged("gone back to an earlier backup")
    lunokhod:logged("broadcast 1 is done.*canceled=[1-9]")
    for i, person in ipairs(people) do assert.is_true(times_told(person, "news") <= 1, "person " .. i) end
  end)

  it("ends when it is canceled", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = BOT }
    local people = crowd(telegram, 60)
    hold_up(telegram, people, 11)
    people[2]:says("tell news")
    telegram:holds(HELD)
    assert.equal("canceled", asks(people[1], "cancel 1"))
    telegram:let_go("apply")
    local status
    until_(function()
      status = asks(people[1], "status 1")
      return status:find("done")
    end, function() return "the end; the last was: " .. status end)
    local sent, canceled = status:match("^(%d+) of 60, gone 0, failed 0, uncertain 0, canceled (%d+), done")
    assert.equal(60, sent + canceled)
    assert.is_true(tonumber(canceled) > 0)
  end)

  it("ends though the script's handlers fail, whose own writing is undone", function()
    local telegram = sandbox {}
    local script = BOT:gsub("broadcast.gone%(function%(chat%)", "%0 db.exec 'DELETE FROM users' error 'so wrong'")
      :gsub("broadcast.done%(function%(id, status%)", "%0 error 'badly ended'")
    local lunokhod = host { telegram = telegram, script = script }
    local people = crowd(telegram, 3)
    telegram:post("users", { id = people[3].id, first_name = "P3", blocked = true })
    people[1]:says("tell news")
    lunokhod:logged("so wrong")
    lunokhod:logged("badly ended")
    until_(function() return asks(people[1], "status 1"):find("done") end, "the end")
    assert.equal("2 of 3, gone 1, failed 0, uncertain 0, canceled 0, done", asks(people[1], "status 1"))
    assert.equal("3 users", asks(people[1], "users"))
  end)

  it("is forgotten with the segment that began it", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = [[
      local bot, telegram = require "bot", require "telegram"
      bot.on("message", function(message)
        telegram.broadcast { to = { message.chat.id }, text = "news" }
        if message.text == "no" then error "so wrong" end
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("no")
    lunokhod:logged("so wrong")
    anna:says("yes")
    lunokhod:logged("broadcast 1 is done; sent=1")
    assert.same({ "news" }, anna:saw())
  end)

  it("is no matter of a script's top level", function()
    local lunokhod = host { telegram = sandbox {}, wait = false, script = [[
      require "telegram".broadcast { to = { 1 }, text = "news" }
      require "bot".text("x", print)
    ]] }
    assert.equal(1, lunokhod:ends())
    lunokhod:logged("bot%.lua:1:.*top level")
  end)

  it("refuses what it could not keep or send", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = [[
      local bot, telegram = require "bot", require "telegram"
      local function try(what) return tostring(select(2, pcall(telegram.broadcast, what))) end
      bot.on("message", function(message)
        message:answer(table.concat({
          try { text = "x" }, try { to = {}, method = "getMe" }, try { to = {}, document = telegram.bytes("a", "a") },
        }, "\n"))
        local ok, why = pcall(telegram.broadcast, { to = "DELETE FROM sqlite_master", text = "x" })
        message:answer(tostring(ok))
        message:answer(tostring(pcall(require, "core.db")))
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("?")
    local texts = anna:saw(3)
    assert.matches("`to` must be a list", texts[1])
    assert.matches("getMe is no method that sends", texts[1])
    assert.matches("a file can't wait in the database", texts[1])
    assert.equal("false", texts[2])
    assert.equal("false", texts[3])
  end)
end)

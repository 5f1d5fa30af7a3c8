-- The data in PostgreSQL: the same scripts, and nothing is lost whoever of the two dies.
local on_postgres = require "tests.support.on_postgres"
local until_ = require "tests.support.until"
local webhook_host = require "tests.support.webhook_host"

-- Read, computed in Lua and written: two at the same time would lose a click where handlers of one table can meet.
local COUNTER = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
bot.text("+", function(message)
  local clicks = db.one("SELECT clicks FROM total").clicks
  db.exec("UPDATE total SET clicks = ?", clicks + 1)
  message:answer("total " .. clicks + 1)
end)
bot.text("sort", function(message)
  local list = { 2, 1 }
  table.sort(list, function() return db.one("SELECT clicks FROM total") end)
  message:answer "sorted"
end)
bot.text("caught", function(message)
  db.exec "UPDATE total SET clicks = 100"
  local ok = pcall(db.exec, "INSERT INTO total VALUES(1, 0)")
  message:answer(("%s %d"):format(ok, db.one("SELECT clicks FROM total").clicks))
end)
db.exec "CREATE TABLE IF NOT EXISTS part(total INTEGER REFERENCES total(one) DEFERRABLE INITIALLY DEFERRED)"
bot.text("orphan", function() db.exec "INSERT INTO part VALUES(7)" end)
bot.text("fail", function()
  db.exec "UPDATE total SET clicks = -1"
  error "on purpose"
end)
]]

describe("data in PostgreSQL", function()
  local here = on_postgres()
  local server, telegram, anna, lunokhod

  before_each(function()
    server, telegram = here.server, here.telegram
    anna = telegram:person "Anna"
  end)

  local function start(script, admin)
    lunokhod = here:start {
      script = script or COUNTER, options = { "--listen", "unix:" .. server.directory .. "/http" },
      environment = { ADMIN_ID = admin and tostring(admin.id) },
    }
    lunokhod:logged "msg=running"
  end

  local function curl(path, options)
    local pipe = io.popen(("curl -s %s --unix-socket %s/http http://host/%s"):format(options or "", server.directory, path))
    local said = pipe:read "a"
    pipe:close()
    return said
  end

  local function is_ready() return curl("readyz", "-o /dev/null -w '%{http_code}'") == "200" end

  it("counts clicks of many at once, read and written by Lua", function()
    start()
    local people = {}
    for i = 1, 10 do people[i] = telegram:person("P" .. i) end
    for _ = 1, 5 do
      for _, person in ipairs(people) do person:says "+" end
    end
    server:wait_for("SELECT clicks FROM total", "50")
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    assert.equal("0", server:ask "SELECT count(*) FROM lunokhod_dead_letters")
    assert.equal(0, lunokhod:stop())
  end)

  it("is not said to be unsaved", function()
    start()
    anna:says "+"
    anna:sees_last "total 1"
    assert.falsy(curl "metrics":find "backup_unsaved")
    assert.is_true(lunokhod:status().backup.is_elsewhere)
    assert.equal(0, lunokhod:stop())
  end)

  it("has no backups, and says so to the admin", function()
    start(COUNTER, anna)
    for _, command in ipairs { "/restore", "/history", "/backup" } do
      local before = #anna:saw()
      anna:says(command)
      assert.matches("the data is in PostgreSQL", anna:saw(before + 1)[before + 1], command)
    end
    assert.equal(0, lunokhod:stop())
  end)

  -- Each click is counted, or a dead letter; of one that says so the count was kept.
  local function ends_with(clicks, kept)
    server:wait_for(([[SELECT clicks + (SELECT count(*) FROM lunokhod_dead_letters WHERE error NOT LIKE '%%%s%%')
      FROM total]]):format(kept), tostring(clicks))
    assert.equal(0, lunokhod:stop())
  end

  it("counts each click once, though the host is killed", function()
    for _ = 1, 5 do
      start()
      for _ = 1, 4 do anna:says "+" end
      until_(function() return #anna:messages() > 0 end, "an answer")
      lunokhod:signal "KILL"
      lunokhod:ends()
    end
    start()
    ends_with(20, "what it had saved is kept")
  end)

  it("tells where SQL can't wait, and takes back what a handler that fails has written", function()
    start()
    anna:says "sort"
    assert.truthy(lunokhod:logged "a handler failed":find("SQL can't wait inside a function that table.sort", 1, true))
    anna:says "fail"
    lunokhod:logged "on purpose"
    anna:says "orphan"
    assert.truthy(lunokhod:logged "foreign key":find " run=%d", "a failed commit is told as its handler's")
    anna:says "+"
    anna:sees_last "total 1"
    anna:says "caught"
    anna:sees_last "false 100"
    assert.equal(0, lunokhod:stop())
  end)

  it("loses no click though the database is killed in the midst of them", function()
    start()
    for _ = 1, 4 do
      local before = #anna:messages()
      for _ = 1, 5 do anna:says "+" end
      until_(function() return #anna:messages() > before end, "an answer")
      server.process:signal "KILL"
      server.process:wait()
      anna:says "+"
      server:begin()
    end
    ends_with(24, "part of this was saved")
  end)

  it("goes on by itself when the database was away", function()
    start()
    anna:says "+"
    anna:sees_last "total 1"
    until_(is_ready, "that the host is ready")
    server:stop()
    until_(function() return not is_ready() end, "that the host is not ready")
    anna:says "+"
    lunokhod:logged "updates can't be kept"
    server:begin()
    anna:sees_last "total 2"
    until_(is_ready, "that the host is ready again")
    anna:says "+"
    anna:sees_last "total 3"
    assert.equal(0, lunokhod:stop())
  end)

  it("tells a webhook's caller nothing before it is kept, so that a host that is killed loses nothing", function()
    local function start_hook()
      lunokhod = here:keep(webhook_host.new {
        telegram = telegram, script = COUNTER, environment = { LUNOKHOD_DATABASE = server:url() } })
    end
    start_hook()
    anna:says "+"
    anna:sees_last "total 1"
    server:stop()
    anna:says "+"
    lunokhod:logged "updates can't be kept"
    lunokhod:signal "KILL"
    lunokhod:ends()
    server:begin()
    start_hook()
    anna:sees_last "total 2"
    assert.equal(0, lunokhod:stop())
  end)
end)

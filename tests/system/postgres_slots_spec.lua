-- PostgreSQL has no connection left for a host: others have them all, or its user may have only so many.
local on_postgres = require "tests.support.on_postgres"
local until_ = require "tests.support.until"

-- Where the second part of a handler is lost, that can't be made good.
local COUNTER = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
db.exec "CREATE TABLE IF NOT EXISTS said(id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, number INTEGER NOT NULL)"
db.exec "CREATE TABLE IF NOT EXISTS ended(chat INTEGER NOT NULL, number INTEGER NOT NULL)"
bot.match("^%+ (%d+)", function(message, number)
  db.exec("INSERT INTO said(chat, number) VALUES(?, ?)", message.chat.id, number)
  db.exec "UPDATE total SET clicks = clicks + 1"
  message:answer("counted " .. number)
  db.exec("INSERT INTO ended(chat, number) VALUES(?, ?)", message.chat.id, number)
end)
bot.text("compute", function()
  local parts = {}
  for i = 1, 16 do
    parts[i] = function()
      db.exec "SELECT 1"
      while i == 1 do end
    end
  end
  bot.parallel(parts)
end)
]]

describe("a host without enough connections to PostgreSQL", function()
  local here = on_postgres()
  local server, people, said, lunokhod

  before_each(function()
    server, people, said = here.server, {}, 0
    server:ask "CREATE ROLE bot LOGIN; GRANT CREATE ON DATABASE postgres TO bot; GRANT ALL ON SCHEMA public TO bot"
    for i = 1, 10 do people[i] = here.telegram:person("P" .. i) end
  end)

  after_each(function()
    server:wait_for("SELECT count(*) FROM pg_stat_activity WHERE usename = 'bot'", "0")
    server:ask "DROP OWNED BY bot CASCADE; DROP SCHEMA IF EXISTS lunokhod CASCADE; DROP ROLE bot"
  end)

  local function limit(count) server:ask("ALTER ROLE bot CONNECTION LIMIT " .. count) end

  local function start()
    lunokhod = here:start {
      script = COUNTER, options = { "--listen", "unix:" .. server.directory .. "/http" },
      url = server:url():gsub("user=lunokhod", "user=bot"),
    }
  end

  local function is_ready()
    local pipe = io.popen(("curl -s -o /dev/null -w '%%{http_code}' --unix-socket %s/http http://host/readyz"):format(
      server.directory))
    local code = pipe:read "a"
    pipe:close()
    return code == "200"
  end

  local function all_click()
    said = said + 1
    for _, person in ipairs(people) do person:says("+ " .. said) end
  end

  local function all_is_counted_in_order()
    server:wait_for("SELECT clicks FROM total", tostring(said * #people))
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    assert.equal("", server:ask "SELECT error FROM lunokhod_dead_letters")
    assert.equal("", server:ask [[SELECT chat FROM (SELECT chat, number, row_number() OVER (PARTITION BY chat ORDER BY id)
      AS place FROM said) AS s WHERE number <> place]])
    assert.equal(tostring(said * #people), server:ask "SELECT count(*) FROM ended")
    for _, person in ipairs(people) do person:sees_last("counted " .. said) end
  end

  it("does not start, and says what to do", function()
    limit(0)
    start()
    assert.equal(1, lunokhod:ends())
    assert.truthy(lunokhod:logged "can't start":find("max_connections of the server, or CONNECTION LIMIT of the user", 1, true))
  end)

  -- What is left behind of those that wait is told by the sanitizers.
  it("ends a handler whose parts wait for each other's", function()
    start()
    lunokhod:logged "msg=running"
    people[1]:says "compute"
    server:wait_for("SELECT count(*) FROM lunokhod_dead_letters WHERE error LIKE '%computed for too long%'", "1")
    server:ask "DELETE FROM lunokhod_dead_letters"
    all_click()
    all_is_counted_in_order()
    assert.equal(0, lunokhod:stop())
  end)

  it("works with those that it gets, and says so once", function()
    limit(2)
    start()
    lunokhod:logged "msg=running"
    for _ = 1, 5 do all_click() end
    all_is_counted_in_order()
    assert.equal(1, #lunokhod:log_lines "fewer connections to the database than it can use")
    assert.equal(0, #lunokhod:log_lines "nothing is answered until the database is there")
    assert.equal(0, lunokhod:stop())
  end)

  it("takes no updates while others have all of them, and goes on by itself", function()
    start()
    lunokhod:logged "msg=running"
    all_click()
    all_is_counted_in_order()
    until_(is_ready, "that the host is ready")
    limit(0)
    server:ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bot'"
    until_(function() return not is_ready() end, "that the host is not ready")
    for _ = 1, 2 do all_click() end
    lunokhod:logged "nothing is answered until the database is there"
    assert.equal(#people, tonumber(server:ask "SELECT clicks FROM total"))
    limit(3)
    all_is_counted_in_order()
    until_(is_ready, "that the host is ready again")
    assert.equal(0, lunokhod:stop())
  end)

  it("gives up what is idle where it needs one for itself", function()
    limit(3)
    start()
    lunokhod:logged "msg=running"
    until_(function()
      all_click()
      return server:ask "SELECT count(*) FROM pg_stat_activity WHERE usename = 'bot'" == "3"
    end, "that it has three")
    all_is_counted_in_order()
    limit(2)
    server:ask "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted GROUP BY pid"
    all_click()
    all_is_counted_in_order()
    assert.equal(0, lunokhod:stop())
  end)

  it("keeps what it can't handle, without asking more and more often, and the next host handles it", function()
    limit(1)
    start()
    lunokhod:logged "msg=running"
    all_click()
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state = 1", tostring(#people))
    until_(function()
      return select(2, server.process:stderr():gsub("too many connections", "")) > 150
    end, "that it has asked often")
    lunokhod:stop()
    assert.is_true(#lunokhod:log_lines "a scheduled function failed" < 10)
    limit(-1)
    start()
    all_is_counted_in_order()
    assert.equal(0, lunokhod:stop())
  end)
end)

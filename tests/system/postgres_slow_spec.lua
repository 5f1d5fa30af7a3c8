-- PostgreSQL is far away, or lets a statement wait for a lock: all comes in order and once, only later.
local on_postgres = require "tests.support.on_postgres"

local DELAY_MS = 200
local BOT = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
db.exec "CREATE TABLE IF NOT EXISTS said(id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, number INTEGER NOT NULL)"
bot.match("^%+ (%d+)", function(message, number)
  db.exec("INSERT INTO said(chat, number) VALUES(?, ?)", message.chat.id, number)
  db.exec "UPDATE total SET clicks = clicks + 1"
  message:answer("counted " .. number)
end)
bot.text("here?", function(message) message:answer "here" end)
]]

describe("a slow PostgreSQL", function()
  local here = on_postgres()
  local server, anna, boris, lunokhod

  before_each(function()
    server = here.server
    anna, boris = here.telegram:person "Anna", here.telegram:person "Boris"
  end)

  local function start(url)
    lunokhod = here:start { script = BOT, url = url }
    lunokhod:logged "this host works beside others"
  end

  local function all_is_counted_in_order(clicks)
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    assert.equal("", server:ask "SELECT error FROM lunokhod_dead_letters")
    assert.equal(tostring(clicks), server:ask "SELECT clicks FROM total")
    assert.equal("", server:ask [[SELECT chat FROM (SELECT chat, number, row_number() OVER (PARTITION BY chat ORDER BY id)
      AS place FROM said) AS s WHERE number <> place]])
  end

  local asking = {} -- sessions of psql that wait

  local function ask_aside(sql, waits_for)
    asking[#asking + 1] = server:ask_aside(sql)
    server:wait_for("SELECT count(*) FROM pg_stat_activity WHERE " .. waits_for, "1")
  end

  -- Until release(): then the total is different.
  local function hold_total()
    ask_aside("SELECT pg_advisory_lock(7), pg_sleep(100000)", "wait_event = 'PgSleep'")
    ask_aside("BEGIN; UPDATE total SET clicks = clicks + 0; SELECT pg_advisory_xact_lock(7); COMMIT", "wait_event = 'advisory'")
  end

  local function release()
    server:ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    for _, child in ipairs(asking) do child:wait() end
    asking = {}
  end

  local function one_waits()
    server:wait_for("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE total%'", "1")
  end

  local function beats()
    return tonumber(server:ask "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'lunokhod_hosts'")
  end

  it("may be far away", function()
    start() -- what is made once is made nearby
    assert.equal(0, lunokhod:stop())
    start(here:detour("slow_proxy.lua", tostring(DELAY_MS)))
    for i = 1, 3 do
      anna:says("+ " .. i)
      boris:says("+ " .. i)
    end
    assert.equal(1, lunokhod:status().updates.hosts)
    anna:sees_last "counted 3"
    boris:sees_last "counted 3"
    all_is_counted_in_order(6)
    assert.equal(0, #lunokhod:log_lines "can't be kept")
    -- Handlers had their turn between any two of the host's own beats: without that, each answer for them waits for one.
    assert.is_true(beats() <= 20)
    assert.equal(0, lunokhod:stop())
  end)

  it("lets a handler wait, and no other one, nor the operator", function()
    start()
    hold_total()
    anna:says "+ 1"
    one_waits()
    boris:says "here?"
    boris:sees_last "here"
    assert.equal(1, lunokhod:status().updates.hosts)
    assert.equal("0", server:ask "SELECT count(*) FROM said")
    release()
    anna:sees_last "counted 1"
    all_is_counted_in_order(1)
    assert.equal(0, lunokhod:stop())
  end)

  -- Nothing of the handler was kept then, and it was not its fault.
  local function loses_nothing(disturb)
    start()
    hold_total()
    anna:says "+ 1"
    one_waits()
    lunokhod:signal "TERM"
    lunokhod:logged "msg=stopping"
    disturb()
    release()
    assert.equal(0, lunokhod:ends())
    start()
    anna:sees_last "counted 1"
    all_is_counted_in_order(1)
    assert.equal(0, lunokhod:stop())
  end

  it("loses nothing that has met with another transaction at a stop", function() loses_nothing(function() end) end)

  it("loses nothing that has lost its connection at a stop", function()
    loses_nothing(function()
      server:ask [[SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'UPDATE total%' AND
        wait_event_type = 'Lock']]
    end)
  end)
end)

-- The way to PostgreSQL fails for a while. What a connection had sent may arrive long after the host has given it up.
local on_postgres = require "tests.support.on_postgres"
local process = require "tests.support.process"
local until_ = require "tests.support.until"

local COUNTER = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
bot.text("+", function(message)
  db.exec "UPDATE total SET clicks = clicks + 1"
  message:answer("total " .. db.one("SELECT clicks FROM total").clicks)
end)
]]

describe("the way to PostgreSQL", function()
  local here = on_postgres()
  local server, telegram
  before_each(function() server, telegram = here.server, here.telegram end)

  it("loses nothing and counts nothing twice, though a commit arrives when its host has long given it up", function()
    local anna, boris = telegram:person "Anna", telegram:person "Boris"
    local trap = process.new_directory() .. "/trap"
    local lunokhod = here:start { script = COUNTER, url = here:detour("unix_proxy.lua", trap) }
    anna:says "+"
    anna:sees_last "total 1"
    process.write_file(trap, "clicks + 1\nCOMMIT\n")
    anna:says "+"
    until_(function() return process.read_file(trap .. ".sprung") end, "a commit on its way")
    boris:says "+"
    lunokhod:logged "no answer for 35 s"
    server:wait_for("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "2")
    os.remove(trap)
    -- It comes through, or the server takes it back because of the others: either way a click is counted once.
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    assert.equal("3", server:ask "SELECT clicks FROM total")
    assert.equal("", server:ask "SELECT error FROM lunokhod_dead_letters WHERE error NOT LIKE '%part of this was saved'")
    assert.equal(0, lunokhod:stop())
  end)

  it("leads to the standby that was promoted when the server died, and no click is lost", function()
    local people = {}
    for i = 1, 5 do people[i] = telegram:person("P" .. i) end
    local function click()
      for _, person in ipairs(people) do person:says "+" end
    end
    local standby = server:new_standby()
    local lunokhod = here:start {
      script = COUNTER, url = ("postgresql:///postgres?host=%s,%s&user=lunokhod&target_session_attrs=read-write"):format(
        server.directory, standby.directory),
    }
    for _ = 1, 4 do click() end
    until_(function() return #people[1]:messages() > 0 end, "an answer")
    server.process:signal "KILL"
    click()
    standby:promote()
    click()
    standby:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    standby:wait_for("SELECT clicks FROM total", "30")
    assert.equal("", standby:ask "SELECT error FROM lunokhod_dead_letters WHERE error NOT LIKE '%part of this was saved'")
    assert.equal(0, lunokhod:stop())
    standby:remove()
  end)
end)

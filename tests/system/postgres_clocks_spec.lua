-- Hosts on one PostgreSQL whose clocks differ by hours, or jump: who lives and when jobs are due goes by the server's clock.
local cjson = require "cjson"
local on_postgres = require "tests.support.on_postgres"
local unix = require "socket.unix"

local HOUR = 3600
local BOT = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
db.exec "CREATE TABLE IF NOT EXISTS done_jobs(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)"
bot.text("+", function(message)
  db.exec "UPDATE total SET clicks = clicks + 1"
  message:answer "counted"
end)
bot.job("once", function(name) db.exec("INSERT INTO done_jobs(name) VALUES(?)", name) end)
bot.job("often", function() end)
bot.every(3600, "often")
bot.match("^in (%d+) s (%w+)", function(message, seconds, name)
  bot.after(tonumber(seconds), "once", name)
  message:answer("planned " .. name)
end)
]]

describe("hosts on one PostgreSQL with clocks that differ", function()
  local here = on_postgres()
  local server, telegram, anna

  before_each(function()
    server, telegram = here.server, here.telegram
    anna = telegram:person "Anna"
  end)

  local function start(ahead_s)
    local lunokhod = here:start { script = BOT, environment = { LUNOKHOD_CLOCK_AHEAD = tostring(ahead_s) } }
    lunokhod:logged "this host works beside others"
    return lunokhod
  end

  local function turn_clock(lunokhod, ahead_s)
    local connection = assert(unix())
    assert(connection:connect(lunokhod.control))
    connection:send(cjson.encode { command = "clock", ahead_s = ahead_s } .. "\n")
    local answer = connection:receive "*l"
    assert.is_true(cjson.decode(answer).ok)
    connection:close()
  end

  local function plan(seconds, name)
    anna:says(("in %d s %s"):format(seconds, name))
    anna:sees_last("planned " .. name)
  end

  -- In seconds from now, by the server's clock.
  local function due(name)
    return tonumber(server:ask(([[SELECT round(due_at - date_part('epoch', now())) FROM lunokhod_timetable
      WHERE data = '"%s"']]):format(name)))
  end

  local function is_in_an_hour(seconds) assert.is_true(seconds > HOUR / 2 and seconds <= HOUR, "due in " .. seconds .. " s") end

  it("takes none of them for dead, and counts each click once", function()
    start(0)
    start(5 * HOUR)
    start(-5 * HOUR)
    here:know_each_other(3)
    local all_began = server:ask "SELECT date_part('epoch', clock_timestamp())"
    local people = { anna, telegram:person "Boris", telegram:person "Clara" }
    for _ = 1, 5 do
      for _, person in ipairs(people) do person:says "+" end
    end
    server:wait_for("SELECT clicks FROM total", "15")
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    -- By then each has looked at the others: a host judges nobody in its first five seconds.
    server:wait_for(("SELECT min(seen_at) > %s + 7 FROM lunokhod_hosts"):format(all_began), "t")
    for _, lunokhod in ipairs(here.hosts) do assert.equal(0, #lunokhod:log_lines "a host is dead") end
    assert.equal("3", server:ask "SELECT count(*) FROM lunokhod_hosts")
  end)

  it("plans a job by the server's clock, and another one does it once and in time", function()
    for _, ahead_s in ipairs { 5 * HOUR, -5 * HOUR } do
      local name = ahead_s > 0 and "early" or "late"
      local planner = start(ahead_s)
      plan(HOUR, name)
      plan(0, "now" .. name)
      server:wait_for(("SELECT count(*) FROM done_jobs WHERE name = 'now%s'"):format(name), "1")
      assert.equal(0, planner:stop())
      is_in_an_hour(due(name))
    end
    start(0)
    plan(1, "third")
    server:wait_for("SELECT count(*) FROM done_jobs WHERE name = 'third'", "1")
    assert.equal("nowearly,nowlate,third", server:ask "SELECT string_agg(name, ',' ORDER BY id) FROM done_jobs")
    is_in_an_hour(due "early")
    is_in_an_hour(due "late")
  end)

  it("does no job before its time when the clock of the one that leads jumps", function()
    local leader = start(0)
    leader:logged "this host polls and does the jobs"
    plan(HOUR, "later")
    for _, ahead_s in ipairs { 48 * HOUR, -48 * HOUR, 0 } do
      turn_clock(leader, ahead_s)
      plan(1, "soon" .. tostring(ahead_s):gsub("-", "minus"))
      server:wait_for("SELECT count(*) FROM done_jobs WHERE name LIKE '%soon%'", tostring(#anna:messages() - 1))
    end
    assert.equal("0", server:ask "SELECT count(*) FROM done_jobs WHERE name = 'later'")
    is_in_an_hour(due "later")
    local often = tonumber(server:ask "SELECT due_at - date_part('epoch', now()) FROM lunokhod_timetable WHERE name = 'often'")
    is_in_an_hour(often)
    assert.equal(0, leader:stop())
  end)
end)

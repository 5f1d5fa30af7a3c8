-- Several hosts on one PostgreSQL see one inbox: each update is handled once and in the order of its chat, whoever dies.
-- LUNOKHOD_HOSTS_SECONDS=300 goes on for so long.
local on_postgres = require "tests.support.on_postgres"
local port = require "tests.support.port"
local process = require "tests.support.process"
local socket = require "socket"
local until_ = require "tests.support.until"
local world = require "tests.support.world"

local SECONDS = tonumber(os.getenv "LUNOKHOD_HOSTS_SECONDS") or 4
local HOSTS, PEOPLE = 3, 12

-- Read, computed in Lua and written, with a call in between: two handlers of one table meet, two of one chat must not. What
-- they do is written by the server's clock of all hosts.
local BOT = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
db.exec("CREATE TABLE IF NOT EXISTS work(id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, number INTEGER NOT NULL,"
  .. " is_end INTEGER NOT NULL)")
db.exec "CREATE TABLE IF NOT EXISTS done_jobs(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)"
bot.match("^%+ (%d+)", function(message, number)
  db.exec("INSERT INTO work(chat, number, is_end) VALUES(?, ?, 0)", message.chat.id, number)
  local clicks = db.one("SELECT clicks FROM total").clicks
  db.exec("UPDATE total SET clicks = ?", clicks + 1)
  message:answer("total " .. clicks + 1)
  db.exec("INSERT INTO work(chat, number, is_end) VALUES(?, ?, 1)", message.chat.id, number)
end)
db.exec "CREATE TABLE IF NOT EXISTS kept(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"
bot.text("keep", function() db.exec("INSERT OR REPLACE INTO kept(id, name) VALUES(1, 'one')") end)
bot.job("once", function(name) db.exec("INSERT INTO done_jobs(name) VALUES(?)", name) end)
bot.match("^job (%w+)", function(_, name) bot.after(1, "once", name) end)
]]

describe("many hosts on one PostgreSQL", function()
  local here = on_postgres()
  local server, telegram, balancer

  before_each(function() server, telegram = here.server, here.telegram end)

  after_each(function()
    if balancer then
      balancer.process:signal "TERM"
      balancer.process:wait()
      balancer = nil
    end
  end)

  -- All listen where the balancer looks for them.
  local function start(i, script, url)
    local options = balancer and { "--listen", balancer.directory .. "/" .. i, "--webhook", balancer.url .. "/hook" }
    if options then options[2] = "unix:" .. options[2] end
    local lunokhod = here:start { script = script or BOT, options = options, url = url }
    lunokhod.place = i
    return lunokhod
  end

  local function start_all()
    local all = {}
    for i = 1, HOSTS do all[i] = start(i) end
    for i = 1, HOSTS do all[i]:logged "this host works beside others" end
    return all
  end

  local function start_balancer()
    balancer = { port = port.reserve(), directory = process.new_directory() }
    balancer.url = "http://127.0.0.1:" .. balancer.port
    local paths = {}
    for i = 1, HOSTS do paths[i] = balancer.directory .. "/" .. i end
    balancer.process = process.start { "lua5.4", "tests/support/unix_proxy.lua", tostring(balancer.port),
      table.concat(paths, ":") }
    balancer.process.may_be_killed = true
    until_(function() return balancer.process:stdout():find "ready" end, "the balancer")
  end

  local function count(sql) return tonumber(server:ask(sql)) end
  local IN_PART = "(error LIKE '%what it had saved is kept%' OR error LIKE '%part of this was saved%')"

  -- Every click that was said has ended: counted, or told by a dead letter that says why not.
  local function has_counted(said)
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    until_(function() return telegram:status().updates_pending == 0 end, "that Telegram has nothing more")
    server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    assert.equal(said, count "SELECT clicks FROM total")
    assert.equal(said, count "SELECT count(*) FROM work WHERE is_end = 0")
    assert.equal(0, count("SELECT count(*) FROM lunokhod_dead_letters WHERE NOT " .. IN_PART))
    return count("SELECT count(*) FROM lunokhod_dead_letters WHERE " .. IN_PART)
  end

  -- Each chat's numbers begin in order, and none begins before the one before has ended, unless that one was cut off.
  local function is_in_order(cut_off)
    local rows = server:ask "SELECT chat, number, is_end FROM work ORDER BY id"
    local last, open, left_open = {}, {}, 0
    for chat, number, is_end in rows:gmatch "(%d+)|(%d+)|(%d)" do
      number = tonumber(number)
      if is_end == "0" then
        assert.equal((last[chat] or 0) + 1, number, "the order in chat " .. chat)
        if open[chat] then left_open = left_open + 1 end
        last[chat], open[chat] = number, number
      else
        assert.equal(open[chat], number, "what ends in chat " .. chat)
        open[chat] = nil
      end
    end
    for _ in pairs(open) do left_open = left_open + 1 end
    assert.equal(cut_off, left_open)
  end

  local people, said

  local function gather()
    people, said = {}, 0
    for i = 1, PEOPLE do people[i] = { person = telegram:person("P" .. i), said = 0 } end
  end

  local function all_click()
    for _, one in ipairs(people) do
      one.said = one.said + 1
      one.person:says("+ " .. one.said)
      said = said + 1
    end
  end

  -- Of each click one answer, and no second one but where a host died between the call and what it writes behind it.
  local function is_answered_once(cut_off)
    local surplus = 0
    for _, one in ipairs(people) do
      local seen = {}
      for _, text in ipairs(telegram:texts_of(one.person.id)) do
        if seen[text] then surplus = surplus + 1 end
        seen[text] = true
      end
    end
    assert.equal(0, surplus)
    assert.is_true(telegram:sent() >= said - cut_off and telegram:sent() <= said)
  end

  local function disturb_in_turn(all)
    local ends_at, turn = socket.gettime() + SECONDS, 0
    repeat
      local i = turn % HOSTS + 1
      local victim = all[i]
      all_click()
      if turn % 4 == 3 then
        victim:signal "STOP"
        all_click()
        -- Until the others took it for dead, or it is still there when it wakes.
        if turn % 8 == 7 then
          server:wait_for("SELECT count(*) FROM lunokhod_hosts", tostring(HOSTS - 1))
        end
        victim:signal "CONT"
      else
        victim:signal "KILL"
        victim:ends()
        all_click()
        all[i] = start(i)
        all[i]:logged "this host works beside others"
      end
      turn = turn + 1
    until socket.gettime() > ends_at and turn >= HOSTS + 1
  end

  local function assert_all_is_right_amid_trouble(all)
    gather()
    disturb_in_turn(all)
    local cut_off = has_counted(said)
    is_in_order(cut_off)
    is_answered_once(cut_off)
  end

  it("handles each click once and in order while those that poll die in turn", function()
    assert_all_is_right_amid_trouble(start_all())
  end)

  it("does so behind a webhook", function()
    start_balancer()
    local all = start_all()
    all[1]:logged "the webhook is set"
    assert_all_is_right_amid_trouble(all)
  end)

  it("lets one of them poll and do the jobs, and another one when that ends", function()
    local all = start_all()
    until_(function() return count "SELECT count(*) FROM lunokhod_hosts" == HOSTS end, "all hosts")
    local anna = telegram:person "Anna"
    for i = 1, 5 do anna:says("job j" .. i) end
    server:wait_for("SELECT count(*) FROM done_jobs", "5")
    local leader
    for _, lunokhod in ipairs(all) do
      local status = lunokhod:status()
      until_(function() status = lunokhod:status() return status.updates.hosts == HOSTS end, "that each knows of all")
      if status.updates.leads then leader = assert(not leader and lunokhod, "two hosts lead") end
    end
    assert.equal(0, leader:stop())
    anna:says "job last"
    server:wait_for("SELECT count(*) FROM done_jobs WHERE name = 'last'", "1")
    assert.equal(6, count "SELECT count(*) FROM done_jobs")
  end)

  -- What a host knows of a table is wrong then: the first statement that notices fails, and the next one asks anew.
  it("goes on when one of them, or a person, changes a table that the others use", function()
    start_all()
    gather()
    local function all_keep()
      for _, one in ipairs(people) do one.person:says "keep" end
      server:wait_for("SELECT count(*) FROM lunokhod_inbox WHERE state < 3", "0")
    end
    all_keep()
    server:wait_for("SELECT count(*) FROM kept", "1")
    server:ask "DROP TABLE kept; CREATE TABLE kept(more TEXT, name TEXT PRIMARY KEY, id BIGINT)"
    until_(function()
      server:ask "DELETE FROM kept"
      all_keep()
      until_(function() return telegram:status().updates_pending == 0 end, "that all has arrived")
      server:ask "DELETE FROM lunokhod_dead_letters"
      all_keep()
      return count "SELECT count(*) FROM kept" == 1 and count "SELECT count(*) FROM lunokhod_dead_letters" == 0
    end, "that all of them keep it in the new table")
  end)

  it("reloads all, and says what each has answered", function()
    local all = start_all()
    here:know_each_other(HOSTS)
    local code, printed = world.run { "reload", "--all", "--control", all[1].control }
    assert.equal(0, code)
    assert.equal(HOSTS, select(2, printed:gsub(": reloaded", "")))
    all[2]:write("bot.lua", "error 'on purpose'")
    code, printed = world.run { "reload", "--all", "--control", all[1].control }
    assert.equal(1, code)
    assert.equal(HOSTS - 1, select(2, printed:gsub(": reloaded", "")))
    assert.truthy(printed:find("on purpose", 1, true))
  end)

  it("takes a host that stands still for dead, and nothing that it does then counts", function()
    local all = start_all()
    gather()
    all_click()
    server:wait_for("SELECT clicks FROM total", tostring(PEOPLE))
    telegram:fault { kind = "hold", method = "sendMessage", times = PEOPLE }
    all_click()
    telegram:holds(PEOPLE)
    for _, lunokhod in ipairs(all) do lunokhod:signal "STOP" end
    local heir = start(HOSTS + 1)
    heir:logged("a host is dead")
    server:wait_for("SELECT count(*) FROM lunokhod_hosts", "1")
    for _, lunokhod in ipairs(all) do lunokhod:signal "CONT" end
    for _, lunokhod in ipairs(all) do lunokhod:logged("took this one for dead") end
    telegram:heal()
    all_click()
    local cut_off = has_counted(said)
    assert.equal(PEOPLE, cut_off)
    is_in_order(cut_off)
  end)

  it("takes a host whose network is cut for dead, and what it had sent arrives in vain", function()
    local trap = process.new_directory() .. "/trap"
    local cut = start(1, nil, here:detour("unix_proxy.lua", trap))
    local other = start(2)
    for _, lunokhod in ipairs { cut, other } do lunokhod:logged "this host works beside others" end
    gather()
    process.write_file(trap, "INSERT INTO work\nCOMMIT\n")
    until_(function()
      all_click()
      socket.sleep(0.2)
      return process.read_file(trap .. ".sprung")
    end, "a commit on its way")
    other:logged "a host is dead"
    os.remove(trap)
    cut:logged "took this one for dead"
    all_click()
    local cut_off = has_counted(said)
    is_in_order(cut_off)
  end)

  it("goes on with all of them when the server was away", function()
    start_all()
    gather()
    all_click()
    server.process:signal "KILL"
    server.process:wait()
    all_click()
    server:begin()
    all_click()
    local cut_off = has_counted(said)
    is_in_order(cut_off)
    server:wait_for("SELECT count(*) FROM lunokhod_hosts", tostring(HOSTS))
  end)

  it("lets no update end one host after another", function()
    local anna = telegram:person "Anna"
    local script = [[
      local bot, telegram = require "bot", require "telegram"
      bot.text("bad", function() telegram.get_my_name() end)
      bot.text("good", function(message) message:answer "here" end)
    ]]
    telegram:fault { method = "getMyName", kind = "delay", ms = 600000, times = 100 }
    anna:says "bad"
    anna:says "good"
    local number = "0"
    for _ = 1, 5 do
      local lunokhod = start(1, script)
      lunokhod:logged "msg=running"
      server:wait_for("SELECT count(*) FROM lunokhod_inbox JOIN lunokhod_lanes USING (lane) WHERE state = 1 AND host > "
        .. number, "2")
      number = server:ask "SELECT max(number) FROM lunokhod_hosts"
      lunokhod:signal "KILL"
      lunokhod:ends()
    end
    start(1, script)
    anna:sees_last "here"
    assert.equal("host after host died while this was in hand, so it is not tried again",
      server:ask "SELECT error FROM lunokhod_dead_letters")
  end)
end)

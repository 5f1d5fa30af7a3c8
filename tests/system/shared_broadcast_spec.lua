-- Hosts on one PostgreSQL share a broadcast: all of them send, everyone gets it once, all together keep the limit, whoever
-- dies. A pause that Telegram asks one of them for is kept by all.
local on_postgres = require "tests.support.on_postgres"
local until_ = require "tests.support.until"

local FIRST = 100000 -- the id of the first person
local MOST = 50 -- messages of one host, on their way or put aside
local PAUSE_MS = 40 -- of one host between two messages, and so of all together

local BOT = [[
  local bot, db, broadcast, telegram = require "bot", require "db", require "broadcast", require "telegram"
  db.exec "CREATE TABLE IF NOT EXISTS users(chat INTEGER PRIMARY KEY)"
  db.exec "CREATE TABLE IF NOT EXISTS ends(sent INTEGER NOT NULL, uncertain INTEGER NOT NULL, canceled INTEGER NOT NULL)"
  db.exec "CREATE TABLE IF NOT EXISTS gone(chat INTEGER NOT NULL)"
  bot.command("start", function(message) db.exec("INSERT OR IGNORE INTO users VALUES(?)", message.chat.id) end)
  bot.match("^tell (.+)$", function(_, text) broadcast.start { to = "SELECT chat FROM users", text = text } end)
  bot.match("^warm up$", function() broadcast.start { to = {}, text = "nobody reads this" } end)
  bot.match("^cancel (%d+)$", function(_, id) broadcast.cancel(math.tointeger(id)) end)
  bot.match("^name (.+)$", function(_, name)
    db.exec("INSERT INTO begun VALUES(?)", name)
    telegram.set_my_name { name = name }
  end)
  db.exec "CREATE TABLE IF NOT EXISTS begun(name TEXT NOT NULL)"
  broadcast.gone(function(chat) db.exec("INSERT INTO gone VALUES(?)", chat) end)
  broadcast.done(function(_, status)
    db.exec("INSERT INTO ends VALUES(?, ?, ?)", status.sent, status.uncertain, status.canceled)
  end)
]]

describe("a broadcast of several hosts", function()
  local here = on_postgres()
  local server, telegram, hosts, anna, people

  before_each(function()
    server, telegram, hosts = here.server, here.telegram, here.hosts
    anna = telegram:person "Anna"
  end)

  local function start(count)
    for _ = 1, count do here:start { script = BOT } end
    here:know_each_other(count)
  end

  -- The tables of broadcasts are there afterwards. Who sends what is written down, for the test.
  local function gather(count)
    anna:says "warm up"
    server:wait_for("SELECT count(*) FROM ends", "1")
    server:ask [[
      DELETE FROM ends;
      CREATE TABLE public.marks(host TEXT NOT NULL, chat TEXT NOT NULL);
      CREATE FUNCTION public.note_mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.marks VALUES (split_part(NEW.holder, ':', 1), NEW.chat); RETURN NULL; END $$;
      CREATE TRIGGER note_mark AFTER UPDATE ON lunokhod_broadcast_chats
        FOR EACH ROW WHEN (NEW.state = 2) EXECUTE FUNCTION public.note_mark()]]
    telegram:flood { users = count, messages_each = 1, text = "/start", first_id = FIRST }
    server:wait_for("SELECT count(*) FROM users", tostring(count))
    people = count
  end

  -- With so many people that each host has to send some.
  local function start_with_people(count)
    start(count)
    gather(MOST * (count - 1) + 10)
  end

  -- Until each host has some on their way, none arrives.
  local function tell_until_all_send(text)
    server:ask "DELETE FROM marks"
    telegram:fault { method = "sendMessage", kind = "hold", times = -1 }
    anna:says("tell " .. text)
    server:wait_for("SELECT count(DISTINCT host) FROM marks", tostring(#hosts))
  end

  local function let_go()
    telegram:heal()
    telegram:let_go "apply"
  end

  -- When each message of the broadcast has come to Telegram, in ms.
  local function arrivals(text)
    local at = {}
    for _, call in ipairs(telegram:calls "sendMessage") do
      if call.parameters.text == text then at[#at + 1] = call.started_at end
    end
    return at
  end

  local function times_told(chat, text)
    local times = 0
    for _, seen in ipairs(telegram:texts_of(chat)) do times = times + (seen == text and 1 or 0) end
    return times
  end

  local function find_leader()
    for i, lunokhod in ipairs(hosts) do
      if lunokhod:status().updates.leads then return table.remove(hosts, i) end
    end
  end

  it("reaches everyone once, by all of them, no faster than by one, and though one of them stops", function()
    start_with_people(3)
    tell_until_all_send "news"
    local leader = find_leader()
    leader:signal "TERM"
    leader:logged "stopping"
    let_go()
    assert.equal(0, leader:ends())
    server:wait_for("SELECT sent FROM ends", tostring(people))
    for chat = FIRST, FIRST + people - 1 do assert.equal(1, times_told(chat, "news"), "chat " .. chat) end
    local at = arrivals "news"
    assert.equal(people, #at)
    assert.is_true(at[#at] - at[1] > (people - 1) * PAUSE_MS * 0.6, "they took " .. at[#at] - at[1] .. " ms")
  end)

  -- What a host has put aside is its own only when that is kept.
  it("reaches everyone though the database takes its time to keep what is put aside", function()
    start(1)
    gather(5)
    server:ask [[
      CREATE FUNCTION public.be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER be_slow AFTER UPDATE ON lunokhod_broadcast_chats DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.state = 1) EXECUTE FUNCTION public.be_slow()]]
    anna:says "tell news"
    server:wait_for("SELECT sent FROM ends", "5")
  end)

  it("tells the scripts once of each chat that is gone", function()
    start(2)
    gather(30)
    local gone = 0
    for chat = FIRST, FIRST + people - 1, 10 do
      telegram:post("users", { id = chat, first_name = "Gone", blocked = true })
      gone = gone + 1
    end
    anna:says "tell news"
    server:wait_for("SELECT sent FROM ends", tostring(people - gone))
    assert.equal(("%d|%d"):format(gone, gone), server:ask "SELECT count(*), count(DISTINCT chat) FROM gone")
  end)

  -- What is sent meanwhile changes rows that are to be deleted, so all that would make the handler begin again and again.
  it("can be canceled however many people it still has to reach", function()
    start(2)
    gather(1)
    server:ask "INSERT INTO users SELECT generate_series(1, 99999)"
    telegram:fault { method = "sendMessage", kind = "delay", ms = 300, times = -1 }
    anna:says "tell everybody"
    server:wait_for("SELECT count(*) FROM lunokhod_broadcasts WHERE gone > 0", "1")
    anna:says "cancel 2"
    server:wait_for("SELECT count(*) FROM ends WHERE canceled > 0", "1")
    assert.equal("0", server:ask "SELECT count(*) FROM lunokhod_dead_letters")
  end)

  it("goes on when the one that leads is killed, and only what that was sending is uncertain", function()
    start_with_people(2)
    tell_until_all_send "news"
    local leader = find_leader()
    local number = server:ask("SELECT number FROM lunokhod_hosts WHERE name LIKE '%:" .. leader.pid .. "'")
    leader:signal "KILL"
    leader:ends()
    let_go()
    server:wait_for("SELECT count(*) FROM ends", "1")
    local marked = tonumber(server:ask("SELECT count(*) FROM marks WHERE host = '" .. number .. "'"))
    local sent, uncertain = server:ask("SELECT sent, uncertain FROM ends"):match "^(%d+)|(%d+)$"
    assert.equal(people, sent + uncertain)
    assert.equal(marked, tonumber(uncertain))
    local told = 0
    for chat = FIRST, FIRST + people - 1 do
      local times = times_told(chat, "news")
      assert.is_true(times <= 1, "chat " .. chat)
      told = told + times
    end
    assert.is_true(told >= tonumber(sent), told .. " of " .. sent)
  end)

  -- The host fails with the first two, and another one gets the first of them before it is given up.
  it("leaves alone what another host was given meanwhile", function()
    start(1)
    gather(2)
    server:ask [[
      CREATE SEQUENCE public.tries;
      CREATE FUNCTION public.fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock(7);
        IF nextval('public.tries') <= 2 THEN RAISE EXCEPTION 'not now'; END IF;
        RETURN NEW; END $$;
      CREATE TRIGGER fail_twice BEFORE UPDATE ON lunokhod_broadcast_chats
        FOR EACH ROW WHEN (NEW.state = 2 AND NEW.holder NOT LIKE '%:other:1') EXECUTE FUNCTION public.fail_twice()]]
    local holding = server:ask_aside "SELECT pg_advisory_lock(7), pg_sleep(100000)"
    server:wait_for("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'", "1")
    anna:says "tell news"
    server:wait_for("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'", "2")
    local taking = server:ask_aside(([[UPDATE lunokhod_broadcast_chats SET state = 2,
      holder = (SELECT number FROM lunokhod_hosts) || ':other:1' WHERE chat = '%d']]):format(FIRST))
    server:wait_for([[SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%other:1%'
      AND pid <> pg_backend_pid()]], "1")
    server:ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    holding:wait()
    assert.equal(0, taking:wait())
    server:wait_for("SELECT sent FROM lunokhod_broadcasts WHERE id = 2", "1")
    assert.equal("0", server:ask "SELECT uncertain FROM lunokhod_broadcasts WHERE id = 2")
    assert.equal("1", server:ask "SELECT count(*) FROM lunokhod_broadcast_chats WHERE holder LIKE '%:other:1'")
  end)

  it("goes on when the server was away, and sends to nobody twice", function()
    start_with_people(2)
    tell_until_all_send "news"
    server.process:signal "KILL"
    server.process:wait()
    let_go()
    server:begin()
    server:wait_for("SELECT sent + uncertain FROM ends", tostring(people))
    for chat = FIRST, FIRST + people - 1 do assert.is_true(times_told(chat, "news") <= 1, "chat " .. chat) end
    assert.equal("0", server:ask "SELECT count(*) FROM lunokhod_broadcast_chats")
  end)

  -- A handler's segment is kept before its call leaves, so the second one would have asked Telegram before the third is there.
  it("is not all that they share: a pause of one is a pause of the others", function()
    start(2)
    telegram:fault { method = "setMyName", kind = "429", retry_after = 600, times = 1 }
    anna:says "name first"
    local asked
    until_(function()
      for i, lunokhod in ipairs(hosts) do
        if lunokhod:log_lines("another host was asked for a pause")[1] then asked = hosts[3 - i] end
      end
      return asked
    end, "that the other one knows")
    asked:signal "KILL"
    asked:ends()
    local boris = telegram:person "Boris"
    boris:says "name second"
    server:wait_for("SELECT count(*) FROM begun WHERE name = 'second'", "1")
    telegram:person("Clara"):says "/start"
    server:wait_for("SELECT count(*) FROM users", "1")
    assert.equal(1, #telegram:calls "setMyName")
  end)
end)

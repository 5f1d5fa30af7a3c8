-- A bot that moves into PostgreSQL and back while people click: the steps of OPERATING.md, one after the other.
local on_postgres = require "tests.support.on_postgres"
local process = require "tests.support.process"
local socket = require "socket"
local world = require "tests.support.world"
local until_ = world.until_

-- A click that came twice would break the key of the log.
local COUNTER = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK (one = 1), clicks INTEGER NOT NULL)"
db.exec "INSERT OR IGNORE INTO total VALUES(1, 0)"
db.exec "CREATE TABLE IF NOT EXISTS log(chat INTEGER, message INTEGER, PRIMARY KEY(chat, message))"
bot.text("+", function(message)
  db.exec("INSERT INTO log VALUES(?, ?)", message.chat.id, message.message_id)
  message:answer(("%d"):format(db.one("UPDATE total SET clicks = clicks + 1 RETURNING clicks").clicks))
end)
bot.text("=", function(message)
  local log = db.one "SELECT count(*) AS rows FROM log"
  message:answer(("%d %d"):format(db.one("SELECT clicks FROM total").clicks, log.rows))
end)
bot.text("ask", function(message) message:ask("Who?", "name", { n = 7 }) end)
bot.step("name", function(message, data) message:answer(("Hello %s %d"):format(message.text, data.n)) end)
bot.text("later", function(message)
  bot.after(3600, "remind", { chat = message.chat.id })
  message:answer "planned"
end)
bot.job("remind", function(data) require "telegram".send_message { chat_id = data.chat, text = "reminded" } end)
db.exec "CREATE TABLE IF NOT EXISTS gate(is_open INTEGER)"
bot.text("slow", function(message)
  message:answer "begun"
  bot.deadline(3000)
  if not db.one "SELECT 1 AS one FROM gate" then bot.sleep(2000) end
  message:answer "done"
end)
bot.text("fail", function() error "on purpose" end)
]]

describe("a bot's move", function()
  local here = on_postgres.alone(function(server) server:ask "ALTER ROLE lunokhod SET search_path = public" end)
  local server, directory, telegram, people, clicks, lunokhod

  before_each(function()
    server, directory = here.server, process.new_directory()
    process.write_file(directory .. "/bot.lua", COUNTER)
    telegram, people, clicks = world.sandbox {}, {}, 0
    for i = 1, 4 do people[i] = telegram:person("P" .. i) end
    people[1]:says "hello" -- a bot can't write first to its admin
  end)
  after_each(function()
    if lunokhod and not lunokhod:code() then -- of a test that has failed
      lunokhod.may_be_killed = true
      lunokhod:signal "KILL"
      lunokhod:wait()
    end
    os.execute("rm -rf " .. process.quote(directory))
  end)

  local function environment(database)
    local variables = telegram:environment()
    variables.ADMIN_ID = tostring(people[1].id)
    variables.LUNOKHOD_DATABASE, variables.BACKUP_INTERVAL = database, "3600" -- the stop saves
    return variables
  end

  local function click()
    clicks = clicks + 1
    people[clicks % #people + 1]:says "+"
    socket.sleep(0.005)
  end

  -- Runs the program to its end, while people click.
  local function run(arguments, database)
    local child = process.start({ world.sandbox.PROGRAM, table.unpack(arguments) }, environment(database))
    repeat click() until child:code()
    assert.equal(0, child:code(), child:stderr())
  end

  local function start(database, options)
    local arguments = { world.sandbox.PROGRAM, "run", directory .. "/bot.lua", table.unpack(options or {}) }
    lunokhod = process.start(arguments, environment(database))
    until_(function()
      click()
      assert.is_nil(lunokhod:code(), lunokhod:stderr())
      return #lunokhod:log_lines "msg=running" > 0
    end, function() return "a host that runs\n" .. lunokhod:stderr() end)
    for _ = 1, 10 do click() end
  end

  local function stop()
    lunokhod:signal "TERM"
    repeat click() until lunokhod:code()
    assert.equal(0, lunokhod:code(), lunokhod:stderr())
  end

  -- What is counted goes to `=`, and each number was told to one person once.
  local function assert_each_counted_once()
    local person, wanted = people[2], ("%d %d"):format(clicks, clicks)
    until_(function()
      local asked = math.tointeger(person:says("=").message_id)
      local answer = until_(function()
        for _, message in ipairs(telegram:messages(person.id, asked)) do
          if message.text:find "^%d+ %d+$" then return message.text end
        end
      end, "an answer to =")
      return answer == wanted
    end, "all of the " .. clicks .. " clicks")
    local seen, count = {}, 0
    for _, each in ipairs(people) do
      for _, text in ipairs(each:saw()) do
        local number = tonumber(text:match "^%d+$")
        if number then
          assert.is_nil(seen[number], ("the click %d was answered twice"):format(number))
          seen[number], count = true, count + 1
        end
      end
    end
    assert.equal(clicks, count)
  end

  it("into PostgreSQL and back loses no click and counts none twice", function()
    local anna = telegram:person "Anna"
    start(nil, { "--fresh" })
    anna:says "fail"
    lunokhod:logged "on purpose"
    anna:says "later"
    anna:sees_last "planned"
    anna:says "ask"
    anna:sees_last "Who?"
    stop()

    run { "backup", "pull", directory .. "/bot.sqlite" }
    run({ "migrate", directory .. "/bot.sqlite", "-" }, server:url())
    start(server:url())
    assert_each_counted_once()
    anna:says "Eve"
    anna:sees_last "Hello Eve 7"
    anna:says "ask"
    anna:sees_last "Who?"
    assert.equal("1|1", server:ask [[SELECT (SELECT count(*) FROM lunokhod_dead_letters),
      (SELECT count(*) FROM lunokhod_timetable WHERE name = 'remind')]])
    stop()

    run({ "migrate", "-", directory .. "/back.sqlite" }, server:url())
    run { "backup", "push", directory .. "/back.sqlite" }
    start()
    assert_each_counted_once()
    anna:says "Bob"
    anna:sees_last "Hello Bob 7"
    stop()
    assert.equal(1, #lunokhod:log_lines "restored")
  end)

  -- A stop is told twice, so that it waits for no handler: what is in hand stays in the inbox.
  it("takes along what is not finished", function()
    local anna = telegram:person "Anna"
    start(nil, { "--fresh" })
    lunokhod.may_be_killed = true
    anna:says "slow"
    anna:sees_last "begun"
    local before = #lunokhod:log_lines "msg=saved"
    lunokhod:signal "TERM"
    until_(function() return #lunokhod:log_lines "msg=saved" > before end, function()
      return "a backup at the stop\n" .. lunokhod:stderr()
    end)
    lunokhod:signal "TERM"
    lunokhod:wait()
    run { "backup", "pull", directory .. "/bot.sqlite" }
    run({ "migrate", directory .. "/bot.sqlite", "-" }, server:url())
    server:ask "INSERT INTO gate VALUES(1)"
    start(server:url())
    anna:sees_last "done"
    assert.same({ "begun", "begun", "done" }, anna:saw())
    stop()
  end)

  it("begins with a copy of a backup as well, encrypted or not", function()
    local key = directory .. "/key"
    process.write_file(key, select(2, world.run { "backup", "key" }))
    for _, options in ipairs { {}, { "--backup-key", key } } do
      server:clear()
      local copies = process.new_directory()
      start(nil, { "--fresh", "--copy-dir", copies, table.unpack(options) })
      lunokhod:logged "copied into the directory"
      stop()
      local pipe = assert(io.popen("ls " .. copies .. "/*.zst*"))
      local path = assert(pipe:read "l")
      pipe:close()
      if options[1] then
        local code, _, errors = world.run({ "migrate", path, "-" }, environment(server:url()))
        assert.equal(1, code)
        assert.truthy(errors:find("no key was given", 1, true), errors)
      end
      run({ "migrate", path, "-", table.unpack(options) }, server:url())
      assert.equal("1", server:ask "SELECT count(*) FROM total")
      os.execute("rm -rf " .. copies)
    end
  end)

  it("waits for no host that runs: a pull takes what is there at one moment, a migration refuses", function()
    start(server:url())
    local path = directory .. "/pulled.sqlite"
    for _ = 1, 3 do run({ "backup", "pull", "--force", path }, server:url()) end
    local child = process.start { "sqlite3", path,
      "SELECT clicks > 0, clicks = (SELECT count(*) FROM log), (SELECT count(*) FROM lunokhod_inbox) >= 0 FROM total" }
    assert.equal(0, child:wait(), child:stderr())
    assert.equal("1|1|1\n", child:stdout())
    local code, _, errors = world.run({ "migrate", "-", directory .. "/none.sqlite" }, environment(server:url()))
    assert.equal(1, code)
    assert.truthy(errors:find("another host works on the data", 1, true), errors)
    stop()
  end)
end)

-- The command `lunokhod backup`: list, pull and push; verify has a spec of its own.
local backups = require "tests.support.backups"
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local directory

-- Runs `lunokhod backup ...` for that admin.
local function backup(telegram, admin, ...)
  local environment = telegram:environment()
  environment.ADMIN_ID = tostring(admin.id)
  return world.run({ "backup", ... }, environment)
end

local function start(telegram, admin, options)
  local lunokhod = host { telegram = telegram, scripts = { "scripts" }, wait = false, options = options,
    environment = { ADMIN_ID = tostring(admin.id) } }
  lunokhod:logged("running")
  return lunokhod
end

-- What sqlite3, the program, reads in a file.
local function query(path, sql)
  local pipe = assert(io.popen(("sqlite3 %s %s"):format(process.quote(path), process.quote(sql))))
  local text = pipe:read("a")
  assert.is_true((pipe:close()))
  return text
end

-- A bot on which somebody has clicked so often, saved and stopped.
local function with_clicks(count)
  local telegram = sandbox {}
  local admin, anna = telegram:person("Админ"), telegram:person("О'Нил; DROP TABLE users;--")
  admin:says("привет") -- a bot can't write first
  local lunokhod = start(telegram, admin)
  anna:says("/start")
  for _ = 1, count do anna:says("Клик") end
  anna:sees_last(("Кликов: %d 🏆"):format(count))
  assert.equal(0, lunokhod:stop())
  return telegram, admin, anna
end

describe("lunokhod backup", function()
  before_each(function() directory = process.new_directory() end)
  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  it("lists nothing where there is nothing", function()
    local telegram = sandbox {}
    local code, out = backup(telegram, telegram:person("Анна"), "list")
    assert.equal(0, code)
    assert.matches("no backup", out)
  end)

  it("pulls a file that sqlite3 opens, and pushes it changed", function()
    local telegram, admin, anna = with_clicks(2)
    local path = directory .. "/bot.sqlite"
    local code, _, errors = backup(telegram, admin, "pull", path)
    assert.equal(0, code, errors)
    assert.equal("О'Нил; DROP TABLE users;--|2\n", query(path, "SELECT name, click FROM users"))
    assert.equal("ok\n", query(path, "PRAGMA integrity_check"))
    query(path, "UPDATE users SET click = 41")
    code, _, errors = backup(telegram, admin, "push", path)
    assert.equal(0, code, errors)
    start(telegram, admin)
    anna:says("Клик")
    anna:sees_last("Кликов: 42 🏆")
  end)

  it("keeps the backup before a push as a copy of its day, which can be pulled by its time", function()
    local telegram, admin = with_clicks(3)
    local path = directory .. "/bot.sqlite"
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    query(path, "UPDATE users SET click = 100")
    assert.equal(0, (backup(telegram, admin, "push", path)))
    local _, out = backup(telegram, admin, "list")
    local saved_at = out:match("(%d+%-%d+%-%d+ %d+:%d+:%d+)%s+copy of that day")
    assert.is_truthy(saved_at, out)
    assert.matches("the last: .* epoch %d+, sequence %d+", out)
    assert.equal(0, (backup(telegram, admin, "pull", "--force", path)))
    assert.equal("100\n", query(path, "SELECT click FROM users"))
    local code, _, errors = backup(telegram, admin, "pull", "--at", "2001-01-01", directory .. "/old.sqlite")
    assert.equal(1, code)
    assert.matches("no backup is as old as 2001%-01%-01", errors)
  end)

  it("pulls a copy whose base has been replaced twice since", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local path, old = directory .. "/bot.sqlite", directory .. "/old.sqlite"
    local lunokhod = backups.first_host(telegram, admin)
    backups.grow(admin, 1500)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    local before = os.time()
    until_(function() return os.time() > before end, "another second, by which the backups can be told apart")
    assert.equal(0, (backup(telegram, admin, "push", path)))
    lunokhod = backups.host(telegram, admin)
    for _ = 1, 2 do
      backups.grow(admin, 1500)
      backups.save(lunokhod, admin)
    end
    assert.equal(0, lunokhod:stop())
    local code, _, errors = backup(telegram, admin, "pull", "--at", os.date("!%Y-%m-%d %H:%M:%S", before), old)
    assert.equal(0, code, errors)
    assert.equal("1500\n", query(old, "SELECT count(*) FROM ballast"))
  end)

  it("pulls the last backup that is not later than a time, in any of its forms", function()
    local telegram, admin = with_clicks(3)
    local path, old = directory .. "/bot.sqlite", directory .. "/old.sqlite"
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    query(path, "UPDATE users SET click = 100")
    local before = os.time()
    until_(function() return os.time() > before end, "another second, by which the backups can be told apart")
    assert.equal(0, (backup(telegram, admin, "push", path)))
    local later = os.time() + 60
    for _, form in ipairs { "!%Y-%m-%d %H:%M:%S", "!%Y-%m-%dT%H:%M:%S", "!%Y-%m-%dT%H:%M:%SZ" } do
      assert.equal(0, (backup(telegram, admin, "pull", "--at", os.date(form, before), "--force", old)))
      assert.equal("3\n", query(old, "SELECT click FROM users"))
    end
    for _, form in ipairs { "!%Y-%m-%d", "!%Y-%m-%d %H:%M", "!%Y-%m-%dT%H:%M", "!%Y-%m-%dT%H:%MZ" } do
      assert.equal(0, (backup(telegram, admin, "pull", "--at", os.date(form, later), "--force", old)))
      assert.equal("100\n", query(old, "SELECT click FROM users"))
    end
    for _, text in ipairs { "yesterday", "", "2026", "2026-06-31", "2026-06-30 25:00", "2026-06-30x" } do
      local code, _, errors = backup(telegram, admin, "pull", "--at", text, "--force", old)
      assert.equal(2, code)
      assert.matches("%-%-at is a time", errors)
    end
  end)

  it("pulls to its output, and nothing else goes there", function()
    local telegram, admin = with_clicks(2)
    local code, out = backup(telegram, admin, "pull", "-")
    assert.equal(0, code)
    local path = directory .. "/bot.sqlite"
    process.write_file(path, out)
    assert.equal("2|ok\n", query(path, "SELECT click, (SELECT * FROM pragma_integrity_check) FROM users"))
  end)

  it("pulls and pushes what has a base, and shows on a terminal how far it is", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    admin:says("привет")
    local path, again = directory .. "/large.sqlite", directory .. "/again.sqlite"
    query(path, "CREATE TABLE t(b); INSERT INTO t VALUES (randomblob(5000000))")
    local environment = telegram:environment()
    environment.ADMIN_ID = tostring(admin.id)
    local function on_terminal(verb, file)
      local command = ("%s backup %s %s"):format(sandbox.PROGRAM, verb, process.quote(file))
      local run = process.start({ "script", "-qec", command, "/dev/null" }, environment)
      assert.equal(0, run:wait(), run:stdout())
      return run:stdout()
    end
    assert.matches("\r\27%[K%d+%.%d of 5%.%d MB, %d+ %%", on_terminal("push", path))
    assert.matches("\r\27%[K%d+%.%d of 5%.%d MB, %d+ %%", on_terminal("pull", again))
    assert.equal(query(path, "SELECT hex(b) FROM t"), query(again, "SELECT hex(b) FROM t"))
    local _, _, errors = backup(telegram, admin, "pull", "--force", again)
    assert.matches("^pulled: [^\r\27]*$", errors) -- no terminal, no progress
  end)

  it("leaves nothing behind where it can't write", function()
    local telegram, admin = with_clicks(1)
    local code, _, errors = backup(telegram, admin, "pull", directory .. "/nowhere/bot.sqlite")
    assert.equal(1, code)
    assert.matches("can't write beside .*No such file", errors)
    os.execute("mkdir " .. directory .. "/taken")
    code, _, errors = backup(telegram, admin, "pull", "--force", directory .. "/taken")
    assert.equal(1, code)
    assert.matches("can't write .*taken", errors)
    local pipe = assert(io.popen("ls " .. directory))
    assert.equal("taken\n", pipe:read("a"))
    pipe:close()
  end)

  it("pulls an old bot's document as a database", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local message_id = backups.send_as_admin(telegram, admin, '[[7, "Анна", 5, 0]]')
    local path = directory .. "/bot.sqlite"
    local _, out, errors = backup(telegram, admin, "list", "--config-id", message_id)
    assert.matches(message_id .. ".*an old bot's document", out, 1, errors)
    assert.equal(0, (backup(telegram, admin, "pull", "--config-id", message_id, path)))
    assert.equal("7|Анна|5|0\n", query(path, "SELECT chatid, name, click, state FROM users"))
  end)

  it("says with 3 that the backup can't be read, and pushes over it only by force", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local message_id = backups.send_as_admin(telegram, admin, "a picture of a cat")
    local path = directory .. "/bot.sqlite"
    query(path, "CREATE TABLE t(n); INSERT INTO t VALUES (7)")
    for _, arguments in ipairs { { "list" }, { "pull", directory .. "/none" }, { "push", path } } do
      local code, _, errors = backup(telegram, admin, "--config-id", message_id, table.unpack(arguments))
      assert.equal(3, code)
      assert.matches("not a backup", errors)
    end
    assert.equal(0, (backup(telegram, admin, "--config-id", message_id, "push", "--force", path)))
    assert.equal(0, (backup(telegram, admin, "pull", directory .. "/again")))
    assert.equal("7\n", query(directory .. "/again", "SELECT n FROM t"))
  end)

  it("does not push over a backup that is younger than a file from elsewhere", function()
    local telegram, admin = with_clicks(1)
    local path = directory .. "/elsewhere.sqlite"
    query(path, "CREATE TABLE t(n)")
    os.execute("touch -d 2001-01-01 " .. path)
    local code, _, errors = backup(telegram, admin, "push", path)
    assert.equal(1, code)
    assert.matches("is newer than", errors)
    os.execute("touch -d 2101-01-01 " .. path)
    assert.equal(0, (backup(telegram, admin, "push", path)))
  end)

  it("does not push a file whose last changes are still beside it", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local path = directory .. "/bot.sqlite"
    query(path, "CREATE TABLE t(n)")
    process.write_file(path .. "-wal", "changes")
    local code, _, errors = backup(telegram, admin, "push", path)
    assert.equal(1, code)
    assert.matches("%-wal holds changes that are not in", errors)
    process.write_file(path .. "-wal", "")
    admin:says("привет")
    assert.equal(0, (backup(telegram, admin, "push", path)))
  end)

  it("does not push over a newer backup without --force", function()
    local telegram, admin, anna = with_clicks(1)
    local path = directory .. "/bot.sqlite"
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    local lunokhod = start(telegram, admin)
    anna:says("Клик")
    anna:sees_last("Кликов: 2 🏆")
    lunokhod:stop()
    local code, _, errors = backup(telegram, admin, "push", path)
    assert.equal(1, code)
    assert.matches("newer", errors)
    assert.equal(0, (backup(telegram, admin, "push", "--force", path)))
    start(telegram, admin)
    anna:says("Клик")
    anna:sees_last("Кликов: 2 🏆")
  end)

  it("is taken by the host that is running while it pushes", function()
    local telegram, admin, anna = with_clicks(1)
    local path = directory .. "/bot.sqlite"
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    query(path, "UPDATE users SET click = 41")
    local lunokhod = start(telegram, admin, { "--backup-interval", "1" })
    assert.equal(0, (backup(telegram, admin, "push", "--force", path)))
    lunokhod:logged("another host has taken over")
    until_(function() return #lunokhod:log_lines("msg=running") == 2 end, "its new reign")
    anna:says("Клик")
    anna:sees_last("Кликов: 42 🏆")
    assert.equal(0, lunokhod:stop())
  end)

  it("pushes the old Python bot's document", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local path = directory .. "/config.json"
    process.write_file(path, ('[[%d, "Анна \\"О\'Нил\\" 🏆", 7, 0], [4503599627370495, null, 12, 1]]'):format(anna.id))
    local code, _, errors = backup(telegram, admin, "push", path)
    assert.equal(0, code, errors)
    start(telegram, admin)
    anna:says("Клик")
    anna:says("Рейтинг")
    local seen = anna:saw(2)
    assert.equal("Кликов: 8 🏆", seen[1])
    assert.matches('Всего: 2\n1: .* %- 12🏆\n2: Анна "О\'Нил" 🏆 %- 8🏆', seen[2])
  end)

  it("lets who comes after an old bot's document be later than all in it, though some are in it twice", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local path = directory .. "/config.json"
    process.write_file(path, '[[5, "a", 5, 0], [5, "a", 7, 0], [5, "a", 6, 0], [4503599627370495, "b", 0, 0]]')
    admin:says("привет")
    assert.equal(0, (backup(telegram, admin, "push", path)))
    assert.equal(0, start(telegram, admin):stop())
    start(telegram, admin)
    anna:says("/start")
    anna:says("Рейтинг")
    anna:sees_last("Всего: 3\n1: a - 7🏆\n2: b - 0🏆\n3: Анна - 0🏆")
  end)

  it("says what is wrong with a file", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local path = directory .. "/file"
    for text, complaint in pairs {
      ["not a database"] = "not an SQLite database", ["[[1, 2, 3, 4]]"] = "row 1 of the old bot's document",
      ["[[1, \"a\", 3, 4], [1, \"b\""] = "not JSON",
    } do
      process.write_file(path, text)
      local code, _, errors = backup(telegram, admin, "push", path)
      assert.equal(1, code)
      assert.matches("/file: .*" .. complaint, errors)
    end
    local code, _, errors = backup(telegram, admin, "push", directory .. "/nothing")
    assert.equal(1, code)
    assert.matches("can't read .*nothing: No such file", errors)
  end)

  it("does not push a file whose tables of the host are not as a host makes them", function()
    local telegram, admin = with_clicks(1)
    local path = directory .. "/bot.sqlite"
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    query(path, "ALTER TABLE lunokhod_inbox DROP COLUMN json")
    local code, _, errors = backup(telegram, admin, "push", "--force", path)
    assert.equal(1, code)
    assert.matches("/bot%.sqlite: .*table lunokhod_inbox has no column json", errors)
    assert.equal(0, start(telegram, admin):stop())
  end)

  it("does not write over a file, and says how it is used", function()
    local telegram, admin = with_clicks(1)
    local path = directory .. "/bot.sqlite"
    process.write_file(path, "mine")
    local code, _, errors = backup(telegram, admin, "pull", path)
    assert.equal(2, code)
    assert.matches("is there already", errors)
    assert.equal("mine", process.read_file(path))
    for _, arguments in ipairs { {}, { "pull" }, { "push" }, { "list", "x" }, { "fetch" } } do
      code, _, errors = backup(telegram, admin, table.unpack(arguments))
      assert.equal(2, code)
      assert.matches("list | verify | pull FILE | push FILE", errors, 1, true)
    end
    code, _, errors = world.run({ "backup", "list" }, telegram:environment())
    assert.equal(2, code)
    assert.matches("ADMIN_ID", errors)
  end)
end)

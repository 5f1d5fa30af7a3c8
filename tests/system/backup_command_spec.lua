-- The operator's hands on the backups: lunokhod backup list | pull | push.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

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
    assert.equal(3, code)
    assert.matches("no backup is as old", errors)
    code, _, errors = backup(telegram, admin, "pull", "--at", "yesterday", directory .. "/old.sqlite")
    assert.equal(2, code)
    assert.matches("%-%-at is a time", errors)
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

  it("fences off the host that is running while it pushes", function()
    local telegram, admin, anna = with_clicks(1)
    local path = directory .. "/bot.sqlite"
    assert.equal(0, (backup(telegram, admin, "pull", path)))
    local lunokhod = start(telegram, admin, { "--backup-interval", "1" })
    assert.equal(0, (backup(telegram, admin, "push", "--force", path)))
    anna:says("Клик")
    assert.equal(4, lunokhod:ends())
    lunokhod:logged("another host has taken over")
    start(telegram, admin)
    anna:says("Клик")
    anna:sees_last("Кликов: 2 🏆")
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
      assert.equal(3, code)
      assert.matches(complaint, errors)
    end
    local code, _, errors = backup(telegram, admin, "push", directory .. "/nothing")
    assert.equal(1, code)
    assert.matches("can't read .*nothing: No such file", errors)
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
      assert.matches("list | pull FILE | push FILE", errors, 1, true)
    end
    code, _, errors = world.run({ "backup", "list" }, telegram:environment())
    assert.equal(2, code)
    assert.matches("ADMIN_ID", errors)
  end)
end)

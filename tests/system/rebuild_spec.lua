-- A script rebuilds a table that others refer to, as SQLite's manual tells: a new table, the rows, DROP, RENAME.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local function schema(action)
  return ([[
    local bot, db = require "bot", require "db"
    db.exec "CREATE TABLE IF NOT EXISTS parent(id INTEGER PRIMARY KEY)"
    db.exec "CREATE TABLE IF NOT EXISTS child(id INTEGER PRIMARY KEY, p REFERENCES parent(id) %s)"
    bot.command("fill", function(message)
      db.exec "INSERT INTO parent VALUES(1), (2)"
      db.exec "INSERT INTO child VALUES(11, 1), (12, 2), (13, 2)"
      message:answer "full"
    end)
    bot.command("count", function(message)
      message:answer("children: " .. db.one "SELECT count(p) AS n FROM child".n)
    end)
    bot.command("orphan", function(message)
      message:answer(select(2, pcall(db.exec, "INSERT INTO child VALUES(99, 99)")))
    end)
    bot.command("leave", function(message) db.exec "DELETE FROM parent WHERE id = 2" message:answer "left" end)
    ]]):format(action)
end

local REBUILD = [[
  CREATE TABLE parent_new(id INTEGER PRIMARY KEY, extra);
  INSERT INTO parent_new(id) SELECT id FROM parent %s;
  DROP TABLE parent;
  ALTER TABLE parent_new RENAME TO parent;
]]

local function exec(sql) return ("db.exec [[%s]]\n"):format(sql) end

describe("a table that others refer to", function()
  after_each(world.finish)

  local function filled(action)
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = schema(action) }
    local anna, count = telegram:person("Anna"), 0
    local function answer(text)
      anna:says(text)
      count = count + 1
      return anna:saw(count)[count]
    end
    assert.equal("full", answer "/fill")
    return lunokhod, answer
  end

  for _, action in ipairs { "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT", "" } do
    it("is rebuilt while the scripts load, and no row that refers to it changes; " .. action, function()
      local lunokhod, answer = filled(action)
      lunokhod:write("bot.lua", schema(action) .. exec(REBUILD:format ""))
      assert.matches("reloaded", lunokhod:reload())
      assert.equal("children: 3", answer "/count")
      assert.matches("FOREIGN KEY", answer "/orphan") -- they are enforced again
    end)
  end

  it("may be rebuilt with the very words of SQLite's manual", function()
    local lunokhod, answer = filled "ON DELETE CASCADE"
    local recipe = "PRAGMA foreign_keys = OFF;" .. REBUILD:format "" .. "PRAGMA foreign_key_check; PRAGMA foreign_keys = ON"
    lunokhod:write("bot.lua", schema "ON DELETE CASCADE" .. exec(recipe))
    assert.matches("reloaded", lunokhod:reload())
    assert.equal("children: 3", answer "/count")
    lunokhod:write("bot.lua", schema "" .. [[bot.command("off", function(message)
      message:answer(select(2, pcall(db.exec, "PRAGMA foreign_keys = OFF")))
    end)]])
    lunokhod:reload()
    assert.matches("not allowed", answer "/off") -- in a handler they stay on
  end)

  it("is not rebuilt without a row that another refers to", function()
    local lunokhod, answer = filled "ON DELETE CASCADE"
    lunokhod:write("bot.lua", schema "ON DELETE CASCADE" .. exec(REBUILD:format "WHERE id < 2"))
    local line = lunokhod:reload()
    assert.matches("reload failed", line)
    assert.matches("table child %(rowid 1[23]%) refers to a row of parent", line)
    assert.equal("children: 3", answer "/count")
    assert.matches("FOREIGN KEY", answer "/orphan")
    assert.equal("left", answer "/leave")
    assert.equal("children: 1", answer "/count") -- and so do actions
  end)

  it("is not rebuilt under a name that nobody refers to", function()
    local lunokhod, answer = filled "ON DELETE SET NULL"
    lunokhod:write("bot.lua", schema "" .. exec "DROP TABLE parent")
    assert.matches("table child .* of parent that is not there", lunokhod:reload())
    assert.equal("children: 3", answer "/count")
  end)
end)

describe("rows that were broken when a backup brought them", function()
  after_each(world.finish)

  it("hinder no load, and new ones do", function()
    local telegram = sandbox {}
    local admin = telegram:person("Admin")
    local image = os.tmpname()
    local made = io.popen("sqlite3 " .. image, "w")
    made:write [[
      CREATE TABLE parent(id INTEGER PRIMARY KEY); INSERT INTO parent VALUES(1);
      CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent(id));
      INSERT INTO child VALUES(11, 1), (12, 2);
      CREATE TABLE pair(a, b REFERENCES parent(id), PRIMARY KEY(a, b)) WITHOUT ROWID; INSERT INTO pair VALUES(1, 5);
      CREATE TABLE odd(x REFERENCES parent(no_such_column)); INSERT INTO odd VALUES(1);
    ]]
    made:close()
    admin:says("hello")
    local environment = telegram:environment()
    environment.ADMIN_ID = tostring(admin.id)
    assert.equal(0, (world.run({ "backup", "push", image }, environment)))
    os.remove(image)
    local lunokhod = backups.host(telegram, admin, { script = schema "" .. exec(REBUILD:format "") })
    admin:says("/count")
    until_(function()
      local saw = admin:saw()
      return saw[#saw] == "children: 2"
    end, "the answer")
    lunokhod:write("bot.lua", schema "" .. exec "UPDATE child SET p = 3 WHERE id = 11")
    assert.matches("table child %(rowid 11%)", lunokhod:reload())
    lunokhod:write("bot.lua", schema "" .. exec "INSERT INTO pair VALUES(2, 5)")
    assert.matches("row of the table pair refers", lunokhod:reload())
    lunokhod:write("bot.lua", schema "" .. exec "INSERT INTO pair VALUES(2, 1)")
    assert.matches("reloaded", lunokhod:reload())
  end)
end)

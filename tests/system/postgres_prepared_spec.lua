-- PostgreSQL prepares what a host asks again and again. A table that changes under that, or SQL that fails, is no harm.
local on_postgres = require "tests.support.on_postgres"

local BOT = [[
local bot, db = require "bot", require "db"
local function tell(message, row)
  local fields = {}
  for name, value in pairs(row) do fields[#fields + 1] = name .. " " .. value end
  table.sort(fields)
  message:answer(table.concat(fields, ", "))
end
db.exec "CREATE TABLE IF NOT EXISTS kept(id INTEGER PRIMARY KEY, word INTEGER)"
db.exec "INSERT OR IGNORE INTO kept VALUES(1, 5)"
bot.text("first", function(message) tell(message, db.one "SELECT * FROM kept WHERE id = 1") end)
bot.text("second", function(message)
  db.exec "UPDATE kept SET id = id"
  tell(message, db.one "SELECT * FROM kept WHERE id = 1")
end)
bot.match("^write (%w+)$", function(message, word)
  local ok = pcall(db.exec, "UPDATE kept SET word = ? WHERE id = 1", word)
  message:answer(("%s, %s"):format(ok, db.one "SELECT word FROM kept WHERE id = 1".word))
end)
bot.text("widen", function(message)
  db.exec "DROP TABLE kept"
  db.exec "CREATE TABLE kept(id INTEGER PRIMARY KEY, word TEXT)"
  db.exec "INSERT INTO kept VALUES(1, 'new')"
  message:answer "widened"
end)
bot.match("^(%d+) texts", function(message, count)
  for _ = 1, 2 do
    for i = 1, count do db.one(("SELECT %d AS number"):format(i)) end
  end
  message:answer(db.one "SELECT count(*) AS count FROM pg_prepared_statements".count)
end)
bot.text("caught", function(message)
  for _ = 1, 3 do pcall(db.exec, "INSERT INTO nowhere VALUES(1)") end
  message:answer(("word %d"):format(db.one "SELECT word FROM kept WHERE id = 1".word))
end)
bot.match("^divide by (%d+)", function(message, by)
  message:answer("is " .. db.one("SELECT 8 / ? AS result", tonumber(by)).result)
end)
]]

describe("what is prepared on PostgreSQL", function()
  local here = on_postgres()
  local server, anna, lunokhod

  before_each(function()
    server, anna = here.server, here.telegram:person "Anna"
    lunokhod = here:start { script = BOT }
  end)

  local function says(text)
    local before = #anna:messages()
    anna:says(text)
    return anna:saw(before + 1)[before + 1]
  end

  local function asks(text, answer) assert.equal(answer, says(text)) end

  -- The handlers of one chat, one after the other, have the same connection.
  local function asks_often(text, answer)
    for _ = 1, 3 do asks(text, answer) end
  end

  local function ends_well()
    assert.equal("", server:ask "SELECT error FROM lunokhod_dead_letters")
    assert.equal(0, lunokhod:stop())
  end

  it("is used again, and has an end", function()
    asks_often("first", "id 1, word 5")
    for _ = 1, 3 do
      local prepared = tonumber(says "40 texts")
      assert.is_true(prepared >= 40 and prepared < 80)
    end
    for _ = 1, 3 do assert.is_true(tonumber(says "300 texts") <= 100) end
    asks_often("first", "id 1, word 5")
    ends_well()
  end)

  it("gives the columns that a table has by now", function()
    asks_often("first", "id 1, word 5")
    asks_often("second", "id 1, word 5")
    server:ask "ALTER TABLE kept DROP COLUMN word; ALTER TABLE kept ADD COLUMN name text DEFAULT 'x'"
    asks("first", "id 1, name x")
    server:ask "ALTER TABLE kept DROP COLUMN name"
    asks("second", "id 1")
    ends_well()
  end)

  it("takes the types that a table has by now", function()
    for _ = 1, 2 do asks("write 7", "true, 7") end
    asks("write word", "false, 7")
    server:ask "ALTER TABLE kept ALTER COLUMN word TYPE text"
    asks("write word", "true, word")
    ends_well()
  end)

  it("is forgotten when a script changes a table", function()
    for _ = 1, 2 do asks("write 007", "true, 7") end
    asks("widen", "widened")
    asks("write 007", "true, 007")
    ends_well()
  end)

  it("fails alone, and nobody believes afterwards that it is there", function()
    asks_often("caught", "word 5")
    asks_often("divide by 2", "is 4")
    anna:says "divide by 0"
    lunokhod:logged "division by zero"
    asks_often("divide by 4", "is 2")
    assert.equal("1", server:ask "SELECT count(*) FROM lunokhod_dead_letters")
    assert.falsy(server.process:stderr():find "prepared statement .- does not exist")
    assert.equal(0, lunokhod:stop())
  end)
end)

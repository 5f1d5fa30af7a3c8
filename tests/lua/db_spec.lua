-- What a script writes into the database is what it reads again.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local function returns(expected, lua)
  anna:says('local db, json = require "db", require "json" ' .. lua)
  assert.same({ expected }, anna:saw())
end

describe("bytes", function()
  local ALL = [[
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    all = table.concat(all)
  ]]

  it("come back equal and of the same length, whatever they are", function()
    returns("true 256 256", ALL .. [[
      db.exec "CREATE TABLE t(b)"
      db.exec("INSERT INTO t VALUES(?)", all)
      local row = db.one "SELECT b, length(b) AS length FROM t"
      return ("%s %d %d"):format(row.b == all, #row.b, row.length)]])
  end)

  it("fit a column of blobs, a strict one too", function()
    returns("blob blob true", ALL .. [[
      db.exec "CREATE TABLE loose(b BLOB); CREATE TABLE strict(b BLOB) STRICT"
      db.exec("INSERT INTO loose VALUES(?)", all)
      db.exec("INSERT INTO strict VALUES(:b)", { b = all })
      local loose, strict = db.one "SELECT b, typeof(b) AS t FROM loose", db.one "SELECT b, typeof(b) AS t FROM strict"
      return ("%s %s %s"):format(loose.t, strict.t, loose.b == all and strict.b == all)]])
  end)

  it("are found by themselves", function()
    returns("1", [[
      db.exec "CREATE TABLE t(b)"
      db.exec("INSERT INTO t VALUES(?)", "a\0b")
      return db.one("SELECT count(*) AS n FROM t WHERE b = ?", "a\0b").n]])
  end)

  it("that are not UTF-8, and bytes with a zero, are blobs; all others are text", function()
    local say = ([[
      local found = {}
      for _, bytes in ipairs { "", "слово", "%s", "a\0", "\xff", "\xd0", "\xed\xa0\x80", "\xf0\x9f\x9a" } do
        found[#found + 1] = db.one("SELECT typeof(?) AS t", bytes).t
      end
      return table.concat(found, " ")]]):format("🚀")
    returns("text text text blob blob blob blob blob", say)
  end)

  it("are a blob where the script says so, though they could be text", function()
    returns("blob 3 abc blob", [[
      db.exec "CREATE TABLE t(b BLOB) STRICT"
      db.exec("INSERT INTO t VALUES(?)", db.blob "abc")
      local row = db.one("SELECT b, typeof(b) AS t, typeof(:x) AS x FROM t WHERE b = :x", { x = db.blob "abc" })
      return ("%s %d %s %s"):format(row.t, #row.b, row.b, row.x)]])
  end)

  it("of a blob live as long as the query", function()
    returns("12 abc", [[
      local count, last = 0
      for row in db.rows("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 12) SELECT ? AS b FROM n",
        db.blob("abc")) do
        for _ = 1, 200 do last = row.b .. string.rep("x", 1000) end
        count, last = count + 1, row.b
      end
      return count .. " " .. last]])
  end)

  it("are all that a blob can be made of", function()
    returns("false", "return (pcall(db.blob, {}))")
  end)
end)

describe("a full-text index", function()
  it("finds words, and is rebuilt, renamed and dropped", function()
    returns("2 1 0", [[
      db.exec "CREATE VIRTUAL TABLE notes USING fts5(text)"
      db.exec("INSERT INTO notes VALUES('красный трактор'), ('синий трактор')")
      local both = db.one("SELECT count(*) AS n FROM notes WHERE notes MATCH ?", "трактор").n
      db.exec "INSERT INTO notes(notes) VALUES('rebuild'), ('optimize'), ('integrity-check')"
      db.exec "ALTER TABLE notes RENAME TO found; DELETE FROM found WHERE text LIKE 'синий%'"
      local one = db.one("SELECT count(*) AS n FROM found WHERE found MATCH ?", "трактор").n
      db.exec "DROP TABLE found"
      local left = db.one "SELECT count(*) AS n FROM sqlite_schema WHERE name LIKE 'found%' OR name LIKE 'notes%'".n
      return ("%d %d %d"):format(both, one, left)]])
  end)

  it("of another table's rows follows them by triggers", function()
    returns("7", [[
      db.exec [=[
        CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT);
        CREATE VIRTUAL TABLE words USING fts5(text, content = notes, content_rowid = id);
        CREATE TRIGGER added AFTER INSERT ON notes BEGIN
          INSERT INTO words(rowid, text) VALUES (new.id, new.text);
        END;
        CREATE TRIGGER removed AFTER DELETE ON notes BEGIN
          INSERT INTO words(words, rowid, text) VALUES ('delete', old.id, old.text);
        END;
        INSERT INTO notes VALUES (5, 'чай'), (7, 'кофе и чай');
        DELETE FROM notes WHERE id = 5;
      ]=]
      return db.one "SELECT rowid AS id FROM words WHERE words MATCH 'чай'".id]])
  end)

  it("and one of places come back from a backup", function()
    bot:admin(telegram:person("Борис"))
    returns("nil", [[
      db.exec "CREATE VIRTUAL TABLE notes USING fts5(text); CREATE VIRTUAL TABLE places USING rtree(id, x0, x1)"
      db.exec "INSERT INTO notes VALUES('чай'); INSERT INTO places VALUES(1, 1.5, 2.5)"]])
    clock:advance("31s")
    anna:saw()
    bot:restart()
    anna:says [[
      local db = require "db"
      db.exec "INSERT INTO notes VALUES('ещё чай')"
      return db.one "SELECT count(*) AS n FROM notes WHERE notes MATCH 'чай'".n
        + db.one "SELECT id FROM places WHERE x0 < 2 AND x1 > 2".id]]
    anna:sees("3")
  end)
end)

describe("an index of places", function()
  it("is filled, searched and dropped", function()
    returns("2", [[
      db.exec "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, y0, y1)"
      for i = 1, 200 do db.exec("INSERT INTO places VALUES(?1, ?1, ?1, ?2, ?2)", i, i * 2) end
      local found = db.one "SELECT count(*) AS n FROM places WHERE x0 >= 5 AND x1 <= 6".n
      db.exec "DROP TABLE places"
      return found]])
  end)
end)

describe("the tables of an index", function()
  for _, sql in ipairs {
    "INSERT INTO notes_data VALUES(1, 2)", "DELETE FROM notes_data", "DROP TABLE notes_content",
    "PRAGMA data_version = 5", "PRAGMA page_size = 512", "CREATE VIRTUAL TABLE lunokhod_x USING fts5(text)",
  } do
    it("are not for scripts: " .. sql, function()
      returns("false", ('db.exec "CREATE VIRTUAL TABLE notes USING fts5(text)" return (pcall(db.exec, %q))'):format(sql))
    end)
  end
end)

describe("a function of SQL that could harm the host", function()
  for _, call in ipairs { "fts3_tokenizer('simple')", "fts3_tokenizer('a', x'4141414141414141')", "load_extension('a')" } do
    it("is not for scripts: " .. call, function()
      returns("false", ("return (pcall(db.one, %q))"):format("SELECT " .. call))
    end)

    it("is not for triggers: " .. call, function()
      returns("false", ([[
        db.exec %q
        return (pcall(db.exec, "INSERT INTO t VALUES(1)"))]]):format(
          "CREATE TABLE t(a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT " .. call .. "; END"))
    end)
  end
end)

describe("the space of deleted rows", function()
  local PAGES = [[return db.one "PRAGMA page_count".page_count]]

  local function pages()
    anna:says('local db = require "db" ' .. PAGES)
    local seen = anna:saw()
    return math.tointeger(tonumber(seen[#seen]))
  end

  local function fill(megabytes)
    anna:says(([[local db = require "db" db.exec "CREATE TABLE IF NOT EXISTS t(b)"
      for _ = 1, %d do db.exec "INSERT INTO t VALUES(zeroblob(1000000))" end]]):format(megabytes))
  end

  local function delete() anna:says [[require "db".exec "DELETE FROM t WHERE rowid > 1"]] end

  it("is given back when it has been much for a while, and the backups shrink with it", function()
    bot:admin(anna)
    fill(12)
    delete()
    clock:advance "1m"
    local full = pages()
    assert.is_true(full > 2900)
    clock:advance "11m"
    assert.is_true(pages() < 300)
    assert.equal(1, #bot:log "given back free pages")
    clock:advance "1m"
    bot:restart()
    assert.is_true(pages() < 300)
    anna:says [[return require "db".one "SELECT length(b) AS n FROM t".n]]
    local seen = anna:saw()
    assert.equal("1000000", seen[#seen])
  end)

  it("is kept while it is used again and again", function()
    for _ = 1, 5 do
      fill(12)
      clock:advance "6m"
      delete()
      clock:advance "6m"
    end
    assert.equal(0, #bot:log "given back free pages")
  end)

  it("is kept where it is little", function()
    fill(5)
    delete()
    clock:advance "1h"
    assert.is_true(pages() > 1000)
  end)
end)

describe("COLLATE UNICODE", function()
  it("sorts as people do, in any case", function()
    returns("ёж Елка Ёлка ель Жук|2", [[
      db.exec "CREATE TABLE t(name)"
      for _, name in ipairs { "Жук", "Ёлка", "ель", "Елка", "ёж" } do db.exec("INSERT INTO t VALUES(?)", name) end
      local names = {}
      for _, row in ipairs(db.all "SELECT name FROM t ORDER BY name COLLATE UNICODE") do names[#names + 1] = row.name end
      return table.concat(names, " ") .. "|" ..
        db.one("SELECT count(*) AS n FROM t WHERE name = 'ЁЖ' COLLATE UNICODE OR name = 'ЕЛЬ' COLLATE UNICODE").n]])
  end)
end)

-- SQL that runs in memory and on PostgreSQL, and answers the same: `make test-postgres` runs this there.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local function returns(expected, lua)
  anna:says('local db, session = require "db", require "session" ' .. lua)
  assert.same({ expected }, anna:saw())
end

describe("SQL for both", function()
  it("keeps integers of 64 bits, texts, floats and bytes", function()
    returns([[integer a\b 'c' 1.5 true]], [=[
      db.exec "CREATE TABLE t(n INTEGER, text TEXT, x REAL, bytes BLOB)"
      db.exec("INSERT INTO t VALUES(?, ?, ?, ?)", 5000000000001, "a\\b 'c'", 1.5, db.blob "\0\255\\")
      local row = db.one "SELECT * FROM t"
      return ("%s %s %s %s"):format(math.type(row.n), row.text, row.x, row.bytes == "\0\255\\")]=])
  end)

  it("gives nil for NULL, and true and false as numbers", function()
    returns("nil 1 0 nil", [=[
      local row = db.one("SELECT CAST(? AS TEXT) AS a, 1 = 1 AS b, 1 = 2 AS c", nil)
      return ("%s %s %s %s"):format(row.a, row.b, row.c, db.one "SELECT 1 AS a WHERE 1 = 2")]=])
  end)

  it("takes values by name, and an upsert finds its key", function()
    returns("2 5", [=[
      db.exec "CREATE TABLE t(name TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID"
      db.exec("INSERT INTO t VALUES(:name, :n) ON CONFLICT DO UPDATE SET n = n + :n", { name = "a", n = 2 })
      local first = db.one "SELECT n FROM t".n
      local row = db.one([[INSERT INTO t VALUES(:name, :n) ON CONFLICT(name) DO UPDATE SET n = n + :n RETURNING n]],
        { name = "a", n = 3 })
      return first .. " " .. row.n]=])
  end)

  it("replaces and ignores rows, and counts what it changed", function()
    returns("0 1 1", [=[
      db.exec "CREATE TABLE t(name TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0)"
      db.exec "INSERT OR REPLACE INTO t VALUES('b', 1)"
      db.exec "INSERT OR REPLACE INTO t(name) VALUES('b')"
      local ignored = db.exec "INSERT OR IGNORE INTO t VALUES('b', 7)"
      local changed = db.exec "UPDATE t SET n = n + 1 WHERE name = 'b'"
      return ignored .. " " .. changed .. " " .. db.one "SELECT n FROM t".n]=])
  end)

  it("gives ids of its own, and takes those that it is given", function()
    returns("1 2 77", [=[
      db.exec "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)"
      local first = db.one "INSERT INTO t(text) VALUES('a') RETURNING id".id
      local second = db.one "INSERT INTO t(text) VALUES('b') RETURNING id".id
      return first .. " " .. second .. " " .. db.one "INSERT INTO t VALUES(77, 'c') RETURNING id".id]=])
  end)

  it("has functions of times, texts and numbers", function()
    returns("x 3 3 2024-01-01 12:00:00 2024 2024-03-01 1704067200 8 2.6 3 1 q,r 4", [=[
      local row = db.one([[SELECT ifnull(NULL, 'x') AS a, max(1, 3, 2) AS b, instr('abc', 'c') AS c, datetime('now') AS d,
        strftime('%Y', 'now') AS e, date('2024-02-28', '+2 days') AS f, unixepoch('2024-01-01') AS g,
        length(hex(randomblob(4))) AS h, round(2.567, 1) AS i, 7 / 2 AS j, 'A' LIKE 'a' AS k]])
      local sums = db.one([[SELECT group_concat(name) AS l, sum(n) AS m
        FROM (SELECT 'q' AS name, 1 AS n UNION ALL SELECT 'r', 3)]])
      return table.concat({ row.a, row.b, row.c, row.d, row.e, row.f, row.g, row.h, row.i, row.j, row.k, sums.l,
        sums.m }, " ")]=])
  end)

  it("reads JSON", function()
    returns("2 name 3", [=[
      local row = db.one([[SELECT json_extract(?1, '$.a.b[1]') AS a, json_extract(?1, '$.n') AS b,
        json_array_length(?1, '$.a.b') AS c]], '{"a":{"b":[1,2,3]},"n":"name"}')
      return row.a .. " " .. row.b .. " " .. row.c]=])
  end)

  it("goes on after an error that a script has caught", function()
    returns("false true 5", [=[
      db.exec "CREATE TABLE t(name TEXT PRIMARY KEY, n INTEGER)"
      db.exec "INSERT INTO t VALUES('c', 1)"
      local ok, err = pcall(db.exec, "INSERT INTO t VALUES('c', 2)")
      db.exec "UPDATE t SET n = 5 WHERE name = 'c'"
      return ("%s %s %d"):format(ok, type(err) == "string", db.one "SELECT n FROM t".n)]=])
  end)

  it("reads rows one by one, with other SQL in between", function()
    returns("5 4 3 of 5", [=[
      db.exec "CREATE TABLE t(n INTEGER)"
      for i = 1, 5 do db.exec("INSERT INTO t VALUES(?)", i) end
      local seen = {}
      for row in db.rows "SELECT n FROM t ORDER BY n DESC" do
        if row.n == 2 then break end
        seen[#seen + 1] = db.one("SELECT n FROM t WHERE n = ?", row.n).n
      end
      return table.concat(seen, " ") .. " of " .. #db.all "SELECT * FROM t"]=])
  end)

  it("takes back what a handler that fails has written", function()
    anna:says 'require "db".exec "CREATE TABLE t(n INTEGER)"'
    anna:says 'require "db".exec "INSERT INTO t VALUES(1)" error "on purpose"'
    bot:log "on purpose"
    anna:says 'return require "db".one "SELECT count(*) AS n FROM t".n'
    local saw = anna:saw()
    assert.equal("0", saw[#saw])
  end)

  it("keeps the host's tables from scripts", function()
    returns("false true", [=[
      local ok, err = pcall(db.exec, "DELETE FROM lunokhod_inbox")
      return ("%s %s"):format(ok, err:find("not allowed", 1, true) ~= nil)]=])
  end)
end)

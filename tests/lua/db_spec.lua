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

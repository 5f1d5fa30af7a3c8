-- The warnings of `lunokhod check` and of a running host about a script that loads but is wrong.
local postgres = require "tests.support.postgres"
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

-- The warnings of check about these files, name -> text, without the directory. options: its options, a list.
local function warnings(files, options)
  local directory = process.new_directory()
  os.execute("mkdir " .. directory .. "/lib")
  for name, text in pairs(files) do process.write_file(directory .. "/" .. name, text) end
  local arguments = { "check", directory }
  table.move(options or {}, 1, #(options or {}), 3, arguments)
  local code, _, err = world.run(arguments)
  os.execute("rm -rf " .. process.quote(directory))
  assert.equal(0, code, err)
  local lines = {}
  for line in err:gmatch("warning: ([^\n]+)") do lines[#lines + 1] = line:gsub(directory:gsub("%p", "%%%0") .. "/", "") end
  return lines
end

describe("a script that is written wrong", function()
  after_each(world.finish)

  it("is told by check which method or parameter there is not, in what it requires too", function()
    assert.same({
      "bot.lua:2: telegram.send_mesage: no such method, did you mean send_message?",
      "bot.lua:4: telegram.send_message: no parameter chatid, did you mean chat_id?",
      "bot.lua:4: telegram.send_message: the parameter text is missing",
      "lib/helper.lua:1: telegram.getMee: no such method, did you mean getMe?",
    }, warnings {
      ["bot.lua"] = 'local telegram = require "telegram"\nlocal early = telegram.send_mesage\nrequire "helper".f = function()\n'
        .. "  telegram.send_message{ chatid = early } telegram.split('x')\nend",
      ["lib/helper.lua"] = 'return { f = function() require "telegram".getMee() end }',
    })
  end)

  it("is told by check which of its files are hidden by modules of the host", function()
    local use = 'local bot, menu = require "bot", require "menu" require "lib.text" require "text"'
    assert.same({
      'menu.lua is never loaded: require "menu" gives the module of the host; rename the file',
      'lib/menu.lua is never loaded: require "menu" gives the module of the host; rename the file',
    }, warnings {
      ["bot.lua"] = use, -- a script, and no shared code
      ["menu.lua"] = "return { show = function() end }",
      ["lib/menu.lua"] = "return {}",
      ["lib/text.lua"] = "return {}", -- required under another name
      ["lib/limit.lua"] = "return {}", -- which nobody requires
      ["lib/bot.lua"] = "print 'a script of another bot'",
    })
  end)

  it("is told by check which handlers can never match, across files", function()
    assert.same({ 'b.lua:1: text "Hello" can never match: a.lua:1 takes it first (match ".")' }, warnings {
      ["a.lua"] = 'require "bot".match(".", print)',
      ["b.lua"] = 'require "bot".text("Hello", print)',
    })
  end)

  it("is told by check which step or job no script has", function()
    assert.same({
      'a.lua:2: no script has the step "nrom"',
      'b.lua:1: no script has the job "rmind"',
    }, warnings {
      ["a.lua"] = 'local bot = require "bot"\n'
        .. 'bot.command("norm", function(message) message:ask("?", "nrom") message:ask("?", "norm") end)',
      ["b.lua"] = 'local bot = require "bot" bot.every(60, "rmind") bot.every(60, "remind")',
      ["c.lua"] = 'local bot = require "bot" bot.step("norm", print) bot.job("remind", print)',
    })
  end)

  it("is told by check of SQL that does not fit the tables that all scripts have made", function()
    assert.same({ "a.lua:2: no such column: nmae" }, warnings {
      ["a.lua"] = 'local db = require "db"\nif os.getenv "NEVER" then db.one("SELECT nmae FROM users WHERE id = ?", 1) end',
      ["b.lua"] = 'require "db".exec "CREATE TABLE users(id, name)"',
    })
  end)

  -- What a server need not be asked for, line by line.
  local ELSEWHERE = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS a(id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER, flag INTEGER)"
db.exec "CREATE TABLE IF NOT EXISTS b(userId INTEGER)"
db.exec "CREATE TABLE IF NOT EXISTS c(x INTEGER); CREATE TABLE IF NOT EXISTS d(x)"
db.exec "CREATE TABLE IF NOT EXISTS e(x STRING)"
bot.text("x", function()
  db.exec "PRAGMA table_info(a)"
  db.one "SELECT rowid FROM a"
  db.one "SELECT printf('%d', n) AS f FROM a"
  db.one("SELECT name FROM a WHERE flag AND name = ?", "x")
  db.one "SELECT name AS userName FROM a"
  db.one "SELECT name FROM a LIMIT 1, 2"
  db.exec "UPDATE OR IGNORE a SET n = 1"
  db.exec("REPLACE INTO a(n) VALUES(?)", 1)
end)
local function score(id) return db.one("SELECT n FROM a WHERE id = ?", id).n end
bot.text("y", function(message)
  local list = { 1, 2 }
  table.sort(list, function(one, other) return score(one) < score(other) end)
  local text = ("x"):gsub("x", function() return db.one("SELECT name FROM a").name end)
  local shown = setmetatable({}, {
    __tostring = function() return db.one("SELECT name FROM a").name end,
    __index = function() return db.one("SELECT n FROM a").n end,
  })
  local ids = coroutine.wrap(function() for row in db.rows "SELECT id FROM a" do coroutine.yield(row.id) end end)
  message:answer(text .. tostring(shown) .. ids() .. db.one("SELECT max(1, n) AS n FROM a WHERE id BETWEEN 1 AND n").n)
end)
]]
  local FOUND = {
    "3: does not run on PostgreSQL: rows have the column userId in small letters: write it so",
    "4: does not run on PostgreSQL: each column of a table needs a type",
    "5: does not run on PostgreSQL: the type STRING: a column is INTEGER, REAL, TEXT or BLOB",
    "7: not allowed in a script, or not known to PostgreSQL: PRAGMA",
    "8: does not run on PostgreSQL: rowid: give the table an id of its own",
    "9: does not run on PostgreSQL: there is no function printf",
    "10: does not run on PostgreSQL: a number is no condition: write flag <> 0",
    "11: does not run on PostgreSQL: rows have userName in small letters: write it so",
    "12: does not run on PostgreSQL: write LIMIT count OFFSET start instead of LIMIT start, count",
    "13: does not run on PostgreSQL: UPDATE OR has no counterpart",
    "14: does not run on PostgreSQL: the table has no unique key for this to replace a row by, or not all of its columns are "
      .. "given",
    "16: does not run on PostgreSQL: SQL can't wait inside a function that table.sort calls",
    "20: does not run on PostgreSQL: SQL can't wait inside a function that string.gsub calls",
    "22: does not run on PostgreSQL: SQL can't wait inside __tostring",
    "25: does not run on PostgreSQL: SQL can't wait inside a coroutine that the script has made",
  }

  local function found(list)
    local texts = {}
    for i, text in ipairs(list) do texts[i] = "bot.lua:" .. text end
    return texts
  end

  it("is told by check what of its SQL does not run on PostgreSQL, where that is asked", function()
    assert.same(found(FOUND), warnings({ ["bot.lua"] = ELSEWHERE }, { "--database", "postgresql" }))
    assert.same({}, warnings { ["bot.lua"] = ELSEWHERE })
  end)

  it("is told by check what a server says, which keeps nothing of it", function()
    local server = postgres.start()
    local text = [[
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS part(whole INTEGER REFERENCES whole(id), name TEXT)"
db.exec "CREATE TABLE IF NOT EXISTS whole(id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER)"
db.exec "CREATE INDEX IF NOT EXISTS sums ON part(whole + 1)"
for _, name in ipairs { "one" } do db.exec("CREATE TABLE IF NOT EXISTS " .. name .. "(a STRANGE)") end
bot.text("x", function()
  db.all "SELECT name, count(*) AS n FROM whole"
  db.all "SELECT name FROM whole WHERE name = n"
  db.all("SELECT id FROM whole WHERE ? IS NULL OR n = ?2 OR lower(name) = ?3", nil, 1, "x")
  db.exec("INSERT INTO whole(name, n) VALUES(:name, 1) ON CONFLICT(name) DO UPDATE SET n = n + 1", { name = "x" })
  db.exec("INSERT OR REPLACE INTO whole(id, name) VALUES(?, json_extract(?, '$.name'))", 1, "{}")
  db.all "WITH t(n) AS (SELECT 1) SELECT n, group_concat(name) AS names FROM t JOIN part ON whole = n GROUP BY n"
end)
]]
    local list = warnings({ ["bot.lua"] = text }, { "--database", server:url() })
    local left = server:ask "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'lunokhod%'"
    server:remove()
    assert.same({
      'bot.lua:4: does not run on PostgreSQL: index sums: syntax error at or near "+"',
      'bot.lua:7: does not run on PostgreSQL: column "whole.name" must appear in the GROUP BY clause or be used in an '
        .. "aggregate function",
      "bot.lua:8: does not run on PostgreSQL: operator does not exist: text = bigint",
      'table one does not run on PostgreSQL: type "strange" does not exist',
    }, list)
    assert.equal("0", left)
    local code, _, err = world.run { "check", "--database", "postgresql://a:secret@[", "scripts" }
    assert.equal(2, code)
    assert.falsy(err:find "secret")
  end)

  it("is told by check which field an update can't have", function()
    assert.same({ 'a.lua:2: bot.on: callback_query has no field "dat", did you mean data?' }, warnings {
      ["a.lua"] = 'local bot = require "bot"\nbot.on("callback_query:dat", print) bot.on("poll:question", print)',
    })
  end)

  it("makes check fail only with --strict", function()
    local directory = process.new_directory()
    local path = directory .. "/a.lua"
    process.write_file(path, "if false then undefined() end")
    assert.equal(0, (world.run { "check", path }))
    local code, _, err = world.run { "check", "--strict", path }
    assert.equal(1, code)
    assert.matches('warning: [^\n]*:1: undefined variable "undefined"', err)
    os.execute("rm -rf " .. process.quote(directory))
  end)

  it("is none that is shipped: no script and no example has a warning", function()
    local paths = { "scripts" }
    for path in io.popen("ls examples/*.lua"):lines() do
      if not path:find "_spec%.lua$" then paths[#paths + 1] = path end
    end
    assert.is_true(#paths > 10)
    for _, path in ipairs(paths) do
      local code, _, err = world.run { "check", "--strict", path }
      assert.equal(0, code, path .. ": " .. err)
      assert.equal("", err)
    end
  end)

  it("is told of on a reload, in the log", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = 'require "bot".command("a", print)' }
    lunokhod:write("bot.lua", 'require "bot".command("a", function(m) m:anwser "x" end)')
    lunokhod:reload()
    lunokhod:logged 'a script is probably wrong" warning="[^"]*:1: message:anwser: no such method, did you mean answer%?"'
  end)

  it("is told of at the start where the host's module hides a file", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, files = {
      ["bot.lua"] = 'require "bot".command("a", print) require "menu"', ["menu.lua"] = "return { run = print }" } }
    lunokhod:logged 'a file is hidden" warning="[^"]*/menu.lua is never loaded'
  end)

  it("is told of a misspelt method when it runs", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = [[
      local bot, telegram = require "bot", require "telegram"
      bot.on("message", function(message)
        local _, err = telegram.send_mesage { chat_id = message.chat.id, text = "?" }
        message:answer(tostring(err))
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("?")
    assert.same({ "telegram.send_mesage: no such method, did you mean send_message?" }, anna:saw(1))
  end)
end)

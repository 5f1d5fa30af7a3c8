-- The operator's commands to a running host, over its control socket.
local process = require "tests.support.process"
local socket = require "socket"
local unix = require "socket.unix"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local SCRIPT = [[
  local bot, db = require "bot", require "db"
  db.exec "CREATE TABLE IF NOT EXISTS counts(chat INTEGER PRIMARY KEY, n INTEGER, note)"
  bot.command("count", function(message)
    db.exec("INSERT INTO counts VALUES (?, 1, NULL) ON CONFLICT DO UPDATE SET n = n + 1", message.chat.id)
    message:answer "ok"
  end)
  bot.command("boom", function(message)
    if db.one "SELECT 1 FROM counts" == nil then error "nobody has counted yet" end
    message:answer "not any more"
  end)
]]

describe("the control socket", function()
  local telegram, directory, path, lunokhod, anna

  before_each(function()
    directory = process.new_directory()
    path = directory .. "/control.sock"
    telegram = sandbox {}
    anna = telegram:person "Анна"
  end)

  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  local function start(what)
    what = what or {}
    lunokhod = host {
      telegram = telegram, script = what.script or SCRIPT, options = { "--control", path, table.unpack(what.options or {}) },
      environment = what.environment,
    }
  end


  local function asked(...)
    local arguments = { ... }
    arguments[#arguments + 1] = "--control"
    arguments[#arguments + 1] = path
    return world.run(arguments)
  end

  it("tells how the host is", function()
    start()
    anna:says "/count"
    anna:saw(1)
    local status = until_(function()
      local code, printed = asked("status")
      assert.equal(0, code)
      return printed:find("1 received, 1 finished, 0 failed, 0 unfinished", 1, true) and printed
    end)
    assert.truthy(status:find("process " .. lunokhod.pid .. ", serves", 1, true), status)
    assert.truthy(status:find "last poll%s+20", status)
    local _, json = asked("status", "--json")
    assert.truthy(json:find('"finished":1', 1, true), json)
  end)

  it("is its owner's alone", function()
    start()
    local pipe = assert(io.popen("stat -c %a " .. process.quote(path)))
    assert.equal("600", pipe:read "l")
    pipe:close()
  end)

  it("reloads, and says what failed", function()
    start()
    assert.same({ 0, "reloaded; files: 1\n", "" }, { asked "reload" })
    lunokhod:write("bot.lua", "local bot = require 'bot'\nbot.comand('x')")
    local code, printed, complaint = asked "reload"
    assert.same({ 1, "" }, { code, printed })
    assert.truthy(complaint:find("bot.lua:2:", 1, true) and complaint:find "did you mean", complaint)
    anna:says "/count"
    assert.same({ "ok" }, anna:saw(1))
  end)

  it("stops the host, and returns when it has ended", function()
    start()
    assert.same({ 0, "stopped\n", "" }, { asked "stop" })
    assert.equal(0, lunokhod:ends())
    assert.falsy(io.open(path))
    local code, _, complaint = asked "status"
    assert.equal(1, code)
    assert.truthy(complaint:find("no host answers on", 1, true), complaint)
  end)

  it("shows the log, and goes on with what comes", function()
    start()
    local code, printed = asked "log"
    assert.equal(0, code)
    assert.truthy(printed:find("the token is good", 1, true), printed)
    local follower = process.start { sandbox.PROGRAM, "log", "-f", "--control", path }
    until_(function() return follower:stdout():find("the token is good", 1, true) end)
    anna:says "/boom"
    until_(function() return follower:stdout():find("nobody has counted yet", 1, true) end)
    lunokhod:stop()
    assert.equal(0, follower:wait())
  end)

  it("lists, shows, hands out again and drops what failed", function()
    start()
    assert.same({ 0, "", "" }, { asked "dead" })
    anna:says "/boom"
    anna:says "/boom"
    until_(function() return #lunokhod:log_lines "a handler failed" == 2 end)
    local _, list = asked "dead"
    assert.truthy(list:find "^1  [^\n]+update %d+  [^\n]*bot.lua:8: nobody has counted yet\n2  [^\n]+\n$", list)
    local _, whole = asked("dead", "show", "2")
    assert.truthy(whole:find "stack traceback:" and whole:find('"text":"/boom"', 1, true), whole)
    assert.equal(0, (asked("dead", "drop", "2")))
    anna:says "/count"
    anna:saw(1)
    assert.same({ 0, "handed out again: 1\n", "" }, { asked("dead", "retry", "all") })
    assert.same({ "ok", "not any more" }, anna:saw(2))
    assert.same({ 0, "", "" }, { asked "dead" })
    for _, action in ipairs { "show", "retry", "drop" } do
      assert.same({ 1, "", "lunokhod dead: there is no dead letter of that number\n" }, { asked("dead", action, "7") })
    end
    assert.equal(2, (asked("dead", "retry", "first")))
  end)

  it("answers a SELECT, and nothing else", function()
    start()
    anna:says "/count"
    anna:saw(1)
    local code, printed = asked("sql", "SELECT n, note, x'00ff' AS bytes, 'a' || char(9) || 'b' AS tab FROM counts")
    assert.same({ 0, "n\tnote\tbytes\ttab\n1\t\t00ff\ta\\tb\n" }, { code, printed })
    for _, sql in ipairs {
      "DELETE FROM counts", "ATTACH '" .. directory .. "/x' AS x", "SELECT 1; SELECT 2", "PRAGMA page_size", "SELEC 1", "",
      "VACUUM INTO '" .. directory .. "/y'", "SELECT load_extension('x')", "BEGIN",
      "UPDATE sqlite_master SET sql = ''",
    } do
      code = asked("sql", sql)
      assert.equal(1, code, sql)
    end
    assert.falsy(io.open(directory .. "/x") or io.open(directory .. "/y"))
    local _, columns = asked("sql", "SELECT name FROM pragma_table_info('counts')")
    assert.equal("name\nchat\nn\nnote\n", columns)
    anna:says "/count"
    assert.same({ "ok", "ok" }, anna:saw(2))
  end)

  it("gives texts with control characters as one cell, which no terminal obeys", function()
    start()
    local code, printed = asked("sql", [[
      SELECT 'a' || char(0) || 'b' AS nul, char(27) || '[31m' || char(13) || char(127) || '\' AS terminal, 'ы' AS letter]])
    assert.same({ 0, "nul\tterminal\tletter\na\\x00b\t\\x1b[31m\\x0d\\x7f\\\\\tы\n" }, { code, printed })
  end)

  it("gives the whole rows of what is too much, and says so", function()
    start()
    local code, printed, said = asked("sql", [[
      WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 20000) SELECT n, hex(zeroblob(500)) FROM i]])
    assert.same({ 1, "lunokhod sql: the rows are more than 16 MB: add a LIMIT\n" }, { code, said })
    assert.matches("^n\t[^\n]+\n1\t0+\n", printed)
    assert.matches("\n%d+\t" .. ("0"):rep(1000) .. "\n$", printed)
    code, printed, said = asked("sql", "SELECT hex(zeroblob(8000000)) AS a, hex(zeroblob(8000000)) AS b")
    assert.same({ 1, "a\tb\n", "lunokhod sql: the rows are more than 16 MB: add a LIMIT\n" }, { code, printed, said })
  end)

  it("makes a backup now", function()
    start { environment = { ADMIN_ID = tostring(anna.id) } }
    lunokhod:logged("msg=running", 60) -- before that it saves nothing
    local code, printed = asked("backup", "now")
    assert.equal(0, code)
    assert.truthy(printed:find "^saved in message %d+\n$", printed)
    assert.matches("last backup +20[^\n]+\n +%d+%.%d kB of %d+%.%d kB, %d+ changes not saved\n", select(2, asked "status"))
  end)

  it("says why there is no backup without an admin", function()
    start()
    local code, _, complaint = asked("backup", "now")
    assert.equal(1, code)
    assert.truthy(complaint:find("set ADMIN_ID", 1, true), complaint)
    assert.matches("last backup +never\n +%d+ changes not saved\n", select(2, asked "status"))
  end)

  it("is found by itself in the directory of the session", function()
    lunokhod = host { telegram = telegram, script = SCRIPT, environment = { XDG_RUNTIME_DIR = directory } }
    local code, printed, complaint = world.run({ "status" }, { XDG_RUNTIME_DIR = directory })
    assert.equal(0, code, complaint)
    assert.truthy(printed:find "serves")
  end)

  local function names()
    local list <close> = assert(io.popen("ls -A " .. process.quote(directory)))
    return list:read "a"
  end

  it("replaces the socket of a host that was killed", function()
    start()
    lunokhod.process.may_be_killed = true
    lunokhod:signal "KILL"
    lunokhod:ends()
    assert.equal(1, (asked "status"))
    start()
    assert.equal(0, (asked "status"))
    assert.equal("control.sock\n", names())
  end)

  it("stays with its host where another one can't even start", function()
    start()
    local taken = assert(socket.bind("127.0.0.1", 0))
    local port = select(2, taken:getsockname())
    local code, _, complaint = world.run({ "run", "--control", path, "--listen", "127.0.0.1:" .. port, lunokhod.directory },
      telegram:environment())
    taken:close()
    assert.equal(1, code)
    assert.matches("can't listen at", complaint)
    assert.equal(0, (asked "status"))
  end)

  it("has its paths back from a start that fails, however late", function()
    local served = directory .. "/http.sock"
    local function listens(at)
      local connection = assert(unix())
      local ok = connection:connect(at)
      connection:close()
      return ok ~= nil
    end
    start { options = { "--listen", "unix:" .. served } }
    local function fails(control)
      local arguments = { "run", "--control", control, "--listen", "unix:" .. served, lunokhod.directory }
      return world.run(arguments, telegram:environment())
    end
    local code, _, complaint = fails(directory .. "/nowhere/control.sock")
    assert.equal(1, code, complaint)
    assert.matches("nowhere", complaint)
    assert.is_true(listens(served))
    telegram:fault { method = "getMe", kind = "401", times = 1 }
    code, _, complaint = fails(path)
    assert.equal(1, code, complaint)
    assert.matches("BOT_TOKEN", complaint)
    assert.is_true(listens(served))
    assert.equal(0, (asked "status"))
    assert.equal(0, lunokhod:stop())
    assert.equal("", names())
  end)

  it("does not replace a file that is no socket", function()
    process.write_file(path, "mine")
    lunokhod = host { telegram = telegram, script = SCRIPT, options = { "--control", path }, wait = false }
    assert.equal(2, lunokhod:ends())
    assert.truthy(lunokhod.process:stderr():find("no socket", 1, true))
    assert.equal("mine", process.read_file(path))
  end)

  it("answers what is no request, and lives with a client that says nothing or hangs up", function()
    start()
    local function send(bytes, count) -- and returns so many lines of the answer
      local connection, lines = assert(unix()), {}
      assert(connection:connect(path))
      connection:send(bytes)
      for i = 1, count do lines[i] = assert(connection:receive "*l") end
      connection:close()
      return table.concat(lines, "\n")
    end
    assert.truthy(send("hello\n", 1):find('"ok":false', 1, true))
    assert.truthy(send('{"command":"dead","action":"drop","id":"7"}\n', 1):find("the id is a number", 1, true))
    assert.truthy(send('{"command":"fly"}\n', 1):find("the command is status", 1, true))
    assert.truthy(send('{"command":"sql"}\n{"command":"status"}\n[]\n', 3):find('"status":{', 1, true))
    local half = assert(unix())
    assert(half:connect(path))
    half:send '{"command":"stat'
    send(('{"command":"status"}\n'):rep(1000), 0)
    send(("x"):rep(100000), 0)
    assert.equal(0, (asked "status"))
    half:settimeout(0)
    assert.same({ nil, "timeout", "" }, { half:receive "*a" }) -- what is not whole has no answer
    half:close()
    assert.equal(0, (asked "status"))
  end)
end)

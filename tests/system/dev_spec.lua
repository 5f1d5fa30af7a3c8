-- lunokhod dev: a sandbox and the host on it, which is started again whenever it dies, and ends with it.
local client = require "tests.support.client"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local socket = require "socket"
local world = require "tests.support.world"
local until_ = world.until_

local COUNTER = [[
  local bot, db = require "bot", require "db"
  db.exec "CREATE TABLE IF NOT EXISTS counts(n INTEGER)"
  bot.command("count", function(message)
    db.exec "INSERT INTO counts VALUES (1)"
    message:answer("counted " .. db.one("SELECT count(*) AS n FROM counts").n)
  end)
]]

describe("lunokhod dev", function()
  local directory, dev, url

  before_each(function()
    directory = process.new_directory()
  end)

  after_each(function()
    world.finish()
    os.execute("rm -rf " .. process.quote(directory))
  end)

  local function start(script, options)
    process.write_file(directory .. "/bot.lua", script)
    local command = { sandbox.PROGRAM, "dev", "--port", "0", table.unpack(options or {}) }
    command[#command + 1] = directory
    dev = process.start(command, { TMPDIR = directory, XDG_RUNTIME_DIR = "" })
    url = until_(function() return dev:stdout():match("chat page: (http://127%.0%.0%.1:%d+)/") end, "the page's address")
  end

  local function state() return client.call("GET", url .. "/sandbox/host") end

  local function host_pid() return math.tointeger(state().pid) end

  -- Not of what has ended and of which only the exit code is left.
  local function is_there(pid)
    local stat = process.read_file(("/proc/%d/stat"):format(pid))
    return stat ~= nil and not stat:find "%) Z "
  end

  local function ask_host(command, input) return client.call("POST", url .. "/sandbox/host/" .. command, input) end

  local function says(text, answer)
    client.call("POST", url .. "/sandbox/messages", { chat_id = 1001, text = text })
    until_(function()
      for _, message in ipairs(client.call("GET", url .. "/sandbox/messages?chat_id=1001").messages) do
        if message.text == answer then return true end
      end
    end, answer)
  end

  local function end_by(signal)
    dev:signal(signal)
    return dev:wait()
  end

  it("starts a killed host again, with the admin's last backup", function()
    start(COUNTER, { "--backup-interval", "1" })
    dev:logged("msg=running")
    says("/count", "counted 1")
    assert.is_true(ask_host("backup").ok)
    assert.equal("running", state().state)
    local first = host_pid()
    assert.is_true(is_there(first))
    os.execute("kill -KILL " .. first)
    until_(function() return state().starts == 2 end, "the second start")
    assert.equal("killed by signal 9", state().last_end)
    dev:logged("msg=restored")
    says("/count", "counted 2")
    assert.equal(0, end_by("INT"))
    assert.equal(1, #dev:log_lines("msg=stopped .*unfinished=0"))
    assert.is_false(is_there(first))
  end)

  it("slows a crash loop down, says why, and goes on when the script is mended", function()
    start("local x = = 1")
    dev:logged('is started again" how="exit code 1" in_ms=0')
    dev:logged('is started again" how="exit code 1" in_ms=1000')
    dev:logged('is started again" how="exit code 1" in_ms=2000')
    dev:logged('is started again" how="exit code 1" in_ms=4000')
    dev:logged("bot.lua:1: unexpected symbol")
    process.write_file(directory .. "/bot.lua", COUNTER)
    dev:logged("msg=running")
    says("/count", "counted 1")
    assert.equal(0, end_by("TERM"))
  end)

  it("keeps a host that was told to stop, until it is told to start", function()
    start(COUNTER)
    dev:logged("msg=running")
    assert.is_true(ask_host("stop").ok)
    until_(function() return state().state == "stopped" end, "the end of the host")
    assert.is_false(ask_host("status").ok)
    assert.is_true(ask_host("start").ok)
    until_(function() return ask_host("status").ok end, "the start of the host")
    assert.equal(0, end_by("HUP"))
  end)

  it("serves the host's log also while no host runs", function()
    start("local x = = 1")
    dev:logged("in_ms=1000")
    local log = client.call("GET", url .. "/sandbox/host/log")
    assert.truthy(log.log:find("bot.lua:1: unexpected symbol", 1, true), log.log)
    assert.equal(#log.log, log.at)
    local later = client.call("GET", url .. "/sandbox/host/log?after=" .. log.at)
    assert.equal(#later.log, later.at - log.at)
    assert.equal(0, end_by("INT"))
  end)

  it("takes the host down with it, whatever ends it", function()
    start(COUNTER)
    dev:logged("msg=running")
    local pid = host_pid()
    assert.is_true(is_there(pid))
    dev:signal("KILL")
    dev.may_be_killed = true
    dev:wait()
    until_(function() return not is_there(pid) end, "the end of the host")
  end)

  it("says what is wrong with its arguments, and starts nothing", function()
    local code, printed, errors = world.run { "dev", "--port", "0", directory .. "/none.lua" }
    assert.equal(2, code)
    assert.equal("", printed)
    assert.equal("lunokhod dev: can't read " .. directory .. "/none.lua: No such file or directory\n", errors)
    process.write_file(directory .. "/bot.lua", COUNTER)
    code, printed, errors = world.run { "dev", "--port", "0", "--memory", "much", directory }
    assert.equal(2, code)
    assert.truthy(errors:find("--memory must be a number", 1, true), errors)
    assert.truthy(printed:find("The chat page: ", 1, true), printed)
  end)

  it("refuses other sites, and says in one line that a port is taken", function()
    local taken = assert(socket.bind("127.0.0.1", 0))
    local _, port = taken:getsockname()
    process.write_file(directory .. "/bot.lua", COUNTER)
    local code, _, errors = world.run { "dev", "--port", tostring(port), directory }
    taken:close()
    assert.equal(1, code)
    assert.equal(("lunokhod dev: port %d is taken: choose another with --port N (make run PORT=N)\n"):format(port), errors)
    start(COUNTER)
    dev:logged("msg=running")
    local status = io.popen("curl -s -o /dev/null -w '%{http_code}' -X POST -H 'Origin: http://evil.example' " .. url ..
      "/sandbox/host/kill"):read("a")
    assert.equal("403", status)
    assert.equal(1, state().starts)
    assert.equal(0, end_by("INT"))
  end)
end)

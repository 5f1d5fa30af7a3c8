-- Under a service manager such as systemd: what the host tells it, how its log goes to the journal, and the units themselves.
local process = require "tests.support.process"
local unix = require "socket.unix"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local SCRIPT = 'require "bot".command("start", function(message) message:answer "yes" end)'

describe("a service manager", function()
  local directory, manager, said

  before_each(function()
    directory = process.new_directory()
    manager = assert(unix.dgram())
    assert(manager:bind(directory .. "/notify"))
    manager:settimeout(0)
    said = {}
  end)

  after_each(function()
    manager:close()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  -- Waits until it has been told a line, and returns that.
  local function told(pattern)
    return until_(function()
      for datagram in function() return manager:receive() end do
        for line in datagram:gmatch "[^\n]+" do said[#said + 1] = line end
      end
      for _, line in ipairs(said) do
        if line:find(pattern) then return line end
      end
    end, function() return ("%s, after %s"):format(pattern, table.concat(said, ", ")) end)
  end

  local function start(what)
    what.environment = what.environment or {}
    what.environment.NOTIFY_SOCKET = directory .. "/notify"
    what.script = SCRIPT
    return host(what)
  end

  it("is told when the host serves, reloads and stops", function()
    local lunokhod = start { telegram = sandbox {} }
    told "^READY=1$"
    told "^STATUS=serves$"
    said = {}
    lunokhod:reload()
    told "^RELOADING=1$"
    told "^MONOTONIC_USEC=%d+$"
    told "^READY=1$"
    said = {}
    lunokhod:signal "TERM"
    told "^STOPPING=1$"
    told "^STATUS=stops"
    assert.equal(0, lunokhod:ends())
  end)

  it("is told what the host waits for, and not that it is ready", function()
    local lunokhod = start { environment = { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = "http://127.0.0.1:9" } }
    assert.truthy(told("^STATUS=waits for Telegram"):find("127.0.0.1:9", 1, true))
    lunokhod:signal "HUP"
    lunokhod:logged "reloaded"
    assert.equal(0, lunokhod:stop())
    told "^STOPPING=1$"
    for _, line in ipairs(said) do assert.not_equal("READY=1", line) end
  end)

  it("is told that the host is alive, as often as it asks for", function()
    start { telegram = sandbox {}, environment = { WATCHDOG_USEC = "100000" } }
    for _ = 1, 3 do
      told "^WATCHDOG=1$"
      said = {}
    end
  end)

  it("that is gone harms nobody", function()
    local lunokhod = start { telegram = sandbox {}, environment = { WATCHDOG_USEC = "20000" } }
    told "^WATCHDOG=1$"
    os.remove(directory .. "/notify")
    assert.truthy(lunokhod:reload():find "msg=reloaded")
    assert.equal(0, lunokhod:stop())
  end)

  it("that can't be reached is one warning", function()
    local other = host { telegram = sandbox {}, script = SCRIPT, environment = { NOTIFY_SOCKET = "vsock:2:1" } }
    other:logged "level=warn.*NOTIFY_SOCKET can't be used"
    assert.equal(0, other:stop())
  end)
end)

describe("SIGUSR2", function()
  after_each(world.finish)

  it("lets the log show more, and again as before", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = [[
      local log = require "log"
      require "bot".on("message", function(message) log.debug("heard " .. message.text) message:answer(message.text) end)
    ]] }
    local anna = telegram:person "Анна"
    for _, step in ipairs { { "one" }, { "two", "debug=1" }, { "three", "debug=0" } } do
      if step[2] then lunokhod:signal "USR2" lunokhod:logged("another level.*" .. step[2]) end
      anna:says(step[1])
      anna:sees_last(step[1])
    end
    assert.equal(0, lunokhod:stop())
    local heard = lunokhod:log_lines "heard"
    assert.equal(1, #heard)
    assert.matches("heard two", heard[1])
  end)
end)

describe("the journal", function()
  after_each(world.finish)

  local RUN = 'export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); exec "$@"'

  local function run(shell)
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    process.write_file(directory .. "/bot.lua", 'error "broken\\nin two lines"')
    local program = process.start({ "sh", "-c", shell, "sh", sandbox.PROGRAM, "run", directory },
      { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = "http://127.0.0.1:9" })
    assert.equal(1, program:wait())
    return program:stderr()
  end

  it("learns the level of each line", function()
    local lines = 0
    for line in run(RUN):gmatch "[^\n]+" do
      lines = lines + 1
      local level = line:match "level=(%l+)"
      if level then assert.equal(({ error = "3", warn = "4", info = "6" })[level], line:match "^<(%d)>", line) end
      assert.matches("^<%d>", line)
    end
    assert.is_true(lines >= 1)
  end)

  it("is not meant where the standard error goes elsewhere", function()
    assert.matches("^time=", run('export JOURNAL_STREAM=1:2; exec "$@"'))
  end)
end)

describe("a unit of systemd", function()
  after_each(world.finish)

  local UNITS = { "lunokhod.service", "lunokhod@.service" }

  local function analyzed(...)
    local analysis = process.start({ "systemd-analyze", ... }, {})
    analysis.may_be_killed = true
    return analysis:wait(), analysis:stdout() .. analysis:stderr()
  end

  local function has_tool() return os.execute "command -v systemd-analyze >/dev/null" end

  for _, unit in ipairs(UNITS) do
    it(unit .. " is as systemd wants it, and hardened", function()
      if not has_tool() then
        pending "systemd-analyze is not here"
        return
      end
      local directory = process.new_directory()
      finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
      local path = directory .. "/" .. unit
      local pipe = assert(io.popen("realpath " .. process.quote(sandbox.PROGRAM)))
      local program = pipe:read "l"
      pipe:close()
      local text = process.read_file("host/packaging/" .. unit):gsub("/usr/bin/lunokhod", (program:gsub("%%", "%%%%")))
      process.write_file(path, text)
      local code, printed = analyzed("verify", "--man=no", path)
      assert.same({ 0, "" }, { code, printed })
      code, printed = analyzed("security", "--offline=yes", "--threshold=15", path) -- 1.5 of 10
      assert.equal(0, code, printed)
    end)

    it(unit .. " does not start again what a start can't mend", function()
      local text = process.read_file("host/packaging/" .. unit)
      assert.matches("\nRestart=on%-failure\n", text)
      assert.matches("\nRestartPreventExitStatus=2 3 4\n", text)
    end)
  end
end)

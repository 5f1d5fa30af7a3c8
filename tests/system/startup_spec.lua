-- Errors at the start: each is one line that tells what to do, and an exit code.
local port = require "tests.support.port"
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local SCRIPT = [[
local bot = require "bot"
bot.command("start", function(message) message:answer("привет") end)
bot.text("Клик", function(message) message:answer("клик") end)
bot.callback("^x", function() end)
]]

local function script_file()
  local directory = process.new_directory()
  process.write_file(directory .. "/bot.lua", SCRIPT)
  finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
  return directory .. "/bot.lua"
end

-- Runs the program; expects the code, and one line on stderr that matches (beside those of calls that are tried again). Returns
-- that line.
local function fails(code, pattern, arguments, environment)
  local got, out, err = world.run(arguments, environment)
  assert.equal(code, got, err)
  local errors = {}
  for line in err:gmatch("[^\n]+") do
    if not line:find("level=info") and not line:find("is tried again") then errors[#errors + 1] = line end
  end
  assert.equal(1, #errors, "one line was expected:\n" .. err)
  assert.matches(pattern, errors[1])
  assert.equal("", out)
  return errors[1]
end

describe("a start", function()
  after_each(world.finish)

  local ELSEWHERE = { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = "http://127.0.0.1:9" }

  it("without a script says what to give", function()
    fails(2, "SCRIPT", { "run" }, ELSEWHERE)
  end)

  it("with a script that is not there names it", function()
    fails(1, "/no/such%.lua", { "run", "/no/such.lua" }, ELSEWHERE)
  end)

  it("with a directory that has no scripts names it", function()
    local directory = process.new_directory()
    finally(function() os.execute("rmdir " .. process.quote(directory)) end)
    fails(1, directory, { "run", directory }, ELSEWHERE)
  end)

  it("with a mistake in a script's syntax tells the line, and no stack", function()
    local path = script_file()
    process.write_file(path, "local x = 1\nif then\n")
    local line = fails(1, "bot%.lua:2: unexpected symbol near 'then'\"$", { "run", path }, ELSEWHERE)
    assert.is_nil(line:find("traceback", 1, true))
    local code, _, complaint = world.run { "check", path }
    assert.equal(1, code)
    assert.matches("^lunokhod check: [^\n]*bot%.lua:2: unexpected symbol near 'then'\n$", complaint)
  end)

  it("with a token on the command line refuses it and does not show it", function()
    local secret = "AAF" .. ("x"):rep(32)
    for _, arguments in ipairs {
      { "--token", "123456:" .. secret, script_file() }, { "--token=123456:" .. secret, script_file() },
      { "123456:" .. secret },
      { "--token-file", "123456:" .. secret, script_file() }, { "--bot-token=123456:" .. secret, script_file() },
    } do
      local line = fails(2, "BOT_TOKEN", { "run", table.unpack(arguments) }, ELSEWHERE)
      assert.is_nil(line:find(secret, 1, true))
    end
  end)

  it("with a part of an option's name does not guess", function()
    fails(2, "unknown option %-%-dura ", { "run", "--dura", script_file() }, ELSEWHERE)
    fails(2, "unknown option %-%-mem ", { "run", "--mem=64", script_file() }, ELSEWHERE)
  end)

  it("with an unknown option names it", function()
    fails(2, "%-%-no%-such.*lunokhod run %-%-help", { "run", "--no-such", script_file() }, ELSEWHERE)
  end)

  it("tells its version", function()
    for _, word in ipairs { "version", "--version" } do
      local code, out = world.run { word }
      assert.equal(0, code)
      assert.matches("^lunokhod %d+%.%d+%.%d+\n", out)
      for _, library in ipairs { "Lua 5", "SQLite 3", "libcurl/", "libuv 1", "zstd 1" } do
        assert.truthy(out:find("\n  " .. library, 1, true), out)
      end
    end
  end)

  it("with an unknown command names it", function()
    local code, out, err = world.run { "nonsense" }
    assert.equal(2, code)
    assert.matches("nonsense", err)
    assert.matches("lunokhod run", err) -- what it could have been
    assert.equal("", out)
  end)

  it("without a token says where to put it", function()
    fails(2, "BOT_TOKEN", { "run", script_file() }, { BOT_TOKEN = "", TELEGRAM_API_ROOT = "http://127.0.0.1:9" })
  end)

  it("with a token that can't be one says so, and does not show it", function()
    local environment = { BOT_TOKEN = "not-a-token", TELEGRAM_API_ROOT = ELSEWHERE.TELEGRAM_API_ROOT }
    local line = fails(2, "BOT_TOKEN", { "run", script_file() }, environment)
    assert.is_nil(line:find("not-a-token", 1, true))
  end)

  it("with a token that Telegram does not know says so", function()
    local telegram = sandbox {}
    telegram:fault { method = "getMe", kind = "401", times = 1000 }
    local environment = telegram:environment()
    local line = fails(1, "BOT_TOKEN", { "run", script_file() }, environment)
    assert.is_nil(line:find(sandbox.TOKEN, 1, true))
  end)

  it("with an API root that is no address says so", function()
    fails(2, "TELEGRAM_API_ROOT", { "run", script_file() }, { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = "nonsense" })
  end)

  it("before the network is there waits, says for what, and then runs", function()
    local number = port.reserve()
    local root = "http://127.0.0.1:" .. number
    local lunokhod = host { script = SCRIPT, environment = { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = root } }
    assert.matches("waiting for Telegram.*127%.0%.0%.1:" .. number, lunokhod:logged("level=warn"))
    process.start { sandbox.PROGRAM, "sandbox", "--port", tostring(number), "--quiet" }
    lunokhod:logged("msg=running")
    assert.equal(0, lunokhod:stop())
  end)

  it("shows no password of the API root", function()
    local environment = { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = "http://anna:password@127.0.0.1:9" }
    local lunokhod = host { script = SCRIPT, environment = environment, options = { "--log-level", "debug" } }
    assert.matches("can't reach http://127%.0%.0%.1:9:", lunokhod:logged("waiting for Telegram"))
    assert.equal(0, lunokhod:stop())
    assert.is_nil(lunokhod.process:stderr():find("password", 1, true))
    assert.is_nil(lunokhod.process:stderr():find("without encryption", 1, true)) -- nobody is on the way
  end)

  it("warns of an API root on another machine without encryption", function()
    local root, proxy = "http://anna:password@lunokhod.invalid", "http://127.0.0.1:9" -- so that no other machine is asked
    local environment = { BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = root, http_proxy = proxy }
    local lunokhod = host { script = SCRIPT, environment = environment }
    assert.matches("root=http://lunokhod%.invalid$", lunokhod:logged("level=warn.*without encryption.*https://"))
    lunokhod:logged("waiting for Telegram") -- from here on it hears signals
    assert.equal(0, lunokhod:stop())
    assert.is_nil(lunokhod.process:stderr():find("password", 1, true))
  end)

  it("before the network is there can be stopped", function()
    local lunokhod = host { script = SCRIPT, environment = ELSEWHERE }
    lunokhod:logged("waiting for Telegram")
    assert.equal(0, lunokhod:stop())
  end)

  for _, method in ipairs { "getMe", "deleteWebhook" } do
    for _, kind in ipairs { "500", "429", "drop_before", "drop_after", "garbage", "truncate", "empty" } do
      it(("survives a %s that ends with %s"):format(method, kind), function()
        local telegram = sandbox {}
        telegram:fault { method = method, kind = kind, times = 1, retry_after = 1 }
        local lunokhod = host { telegram = telegram, script = SCRIPT, wait = false }
        lunokhod:logged("msg=running")
        assert.equal(0, lunokhod:stop())
      end)
    end
  end

  it("of a bot that polls opens no library that only other bots need", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = SCRIPT }
    local anna = telegram:person "Анна"
    anna:says "/start"
    anna:sees_last "привет"
    local maps = process.read_file(("/proc/%d/maps"):format(lunokhod.pid))
    assert.matches("libcurl", maps)
    for _, library in ipairs { "libmicrohttpd", "libcairo", "libpq" } do assert.is_nil(maps:find(library, 1, true)) end
    assert.equal(0, lunokhod:stop())
  end)

  it("takes the token from a file", function()
    local telegram = sandbox {}
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    local file = directory .. "/token"
    process.write_file(file, sandbox.TOKEN .. "\n")
    host { telegram = telegram, script = SCRIPT, options = { "--token-file", file }, environment = { BOT_TOKEN = "" } }
    local anna = telegram:person("Анна")
    anna:says("/start")
    assert.same({ "привет" }, anna:saw(1))
  end)

  it("shows the token neither in the log, at its most talkative, nor in the list of processes", function()
    local telegram = sandbox {}
    telegram:fault { method = "sendMessage", kind = "500", times = 1 }
    local curious = "require 'log'.warn('the token: ' .. tostring(os.getenv and os.getenv('BOT_TOKEN')))"
    local lunokhod = host { telegram = telegram, script = SCRIPT .. curious, options = { "--log-level", "debug" } }
    local anna = telegram:person("Анна")
    anna:says("/start")
    anna:says("Клик")
    anna:sees_last("клик")
    local line = process.read_file(("/proc/%d/cmdline"):format(lunokhod.pid))
    assert.is_nil(line:find(sandbox.TOKEN:match(":(.+)"), 1, true))
    local environment = process.read_file(("/proc/%d/environ"):format(lunokhod.pid))
    assert.is_not_nil(environment:find("PATH=", 1, true))
    assert.is_nil(environment:find(sandbox.TOKEN:match(":(.+)"), 1, true))
    assert.equal(0, lunokhod:stop())
    assert.is_nil(lunokhod.process:stderr():find(sandbox.TOKEN:match(":(.+)"), 1, true))
  end)

  it("with --log-format json writes objects, one a line", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, options = { "--log-format", "json" }, script = [[
      local bot, log = require "bot", require "log"
      bot.on("message", function(message)
        log.warn("кавычка \" и\nновая строка")
        error("так")
      end)
    ]] }
    telegram:person("Анна"):says("?")
    lunokhod:logged([["level":"error"]])
    assert.equal(0, lunokhod:stop())
    local dkjson, count = require "dkjson", 0
    for line in lunokhod.process:stderr():gmatch("[^\n]+") do
      local object = dkjson.decode(line)
      assert.is_table(object, line)
      assert.is_string(object.level)
      assert.is_string(object.msg)
      count = count + 1
    end
    assert.is_true(count >= 3)
  end)
end)

describe("check", function()
  after_each(world.finish)

  it("lists the handlers and touches no network", function()
    local code, out = world.run({ "check", script_file() }, { BOT_TOKEN = "", TELEGRAM_API_ROOT = "http://127.0.0.1:9" })
    assert.equal(0, code)
    assert.matches("bot%.lua", out)
    assert.matches("start", out)
    assert.matches("Клик", out)
    assert.matches("callback", out)
  end)

  it("takes the shipped bots", function()
    local code, _, err = world.run({ "check", "scripts" })
    assert.equal(0, code, err)
  end)

  it("says where a script is broken", function()
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    process.write_file(directory .. "/bad.lua", "\nlocal x = = 1\n")
    local code, out, err = world.run { "check", directory .. "/bad.lua" }
    assert.equal(1, code)
    assert.matches("^lunokhod check: [^\n]*bad%.lua:2:", err)
    assert.equal("", out)
  end)

  it("does not wait for Telegram when a top level calls it", function()
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    process.write_file(directory .. "/bad.lua", "require 'telegram'.get_me()\n")
    local code, out, err = world.run { "check", directory }
    assert.equal(1, code)
    assert.matches("bad%.lua:1:", err)
    assert.equal("", out)
  end)
end)

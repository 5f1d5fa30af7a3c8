-- Settings by options, by the environment and by one file; and a token that is replaced while the host runs.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local SCRIPT = 'require "bot".command("start", function(message) message:answer "yes" end)'

local directory

local function write(name, text)
  process.write_file(directory .. "/" .. name, text)
  return directory .. "/" .. name
end

local function set_up() directory = process.new_directory() end

local function tear_down()
  os.execute("rm -rf " .. process.quote(directory))
  world.finish()
end

describe("a file of settings", function()
  before_each(set_up)
  after_each(tear_down)

  -- What a start with these lines complains about.
  local function complaint(text, environment)
    environment = environment or {}
    environment.BOT_TOKEN = environment.BOT_TOKEN or sandbox.TOKEN
    local code, _, complained = world.run({ "run", "--config", write("bot.conf", text), "scripts" }, environment)
    assert.equal(2, code, complained)
    return (complained:gsub("\n$", ""):gsub("^lunokhod run: " .. directory:gsub("%p", "%%%0") .. "/", ""))
  end

  it("gives way to the environment, and that to an option", function()
    local telegram = sandbox {}
    local path = write("bot.conf", "# quiet\n\n  log-level=error\r\nlog-format = json\n")
    local function log(level_of_environment, ...)
      local lunokhod = host {
        telegram = telegram, script = SCRIPT, options = { "--config", path, ... },
        environment = { LUNOKHOD_LOG_LEVEL = level_of_environment },
      }
      assert.equal(0, lunokhod:stop())
      return lunokhod.process:stderr()
    end
    assert.equal("", log(""))
    local text = log "info"
    assert.matches('^{"time"', text)
    assert.truthy(text:find('"msg":"running"', 1, true))
    assert.equal("", log("info", "--log-level", "error"))
  end)

  it("is named by the environment, too", function()
    local path = write("other.conf", "memory = 3\n")
    local code, _, complained = world.run({ "run", "scripts" }, { BOT_TOKEN = sandbox.TOKEN, LUNOKHOD_CONFIG = path })
    assert.equal(2, code)
    assert.truthy(complained:find(path .. ":1: memory must be a number from 4 to 65536, not '3'", 1, true), complained)
  end)

  it("of a host serves its backups, too", function()
    local telegram = sandbox {}
    local admin = telegram:person "Admin"
    local path = write("bot.conf", ("admin-id = %d\ndurable = yes\napi-root = %s\ntoken-file = %s\n"):format(admin.id,
      telegram.url, write("token", telegram.token)))
    local lunokhod = host { telegram = telegram, script = SCRIPT, options = { "--config", path }, wait = false }
    lunokhod:logged("msg=running", 60)
    assert.equal(0, lunokhod:stop())
    local environment = { BOT_TOKEN = "", ADMIN_ID = "", TELEGRAM_API_ROOT = "" }
    assert.equal(0, (world.run({ "backup", "verify", "--config", path }, environment)))
    assert.equal(0, (world.run({ "backup", "pull", directory .. "/bot.db", "--config", path }, environment)))
    local code, _, words = world.run({ "backup", "list", "--config", write("wrong.conf", "admin-id = x\n") }, environment)
    assert.equal(2, code)
    assert.matches("wrong.conf:1: admin%-id must be a number", words)
  end)

  it("that is wrong is named with the line", function()
    local cases = {
      ["durable = yes\n\nfrobnicate = 1"] = "bot.conf:3: there is no setting 'frobnicate' (lunokhod run --help lists all)",
      ["inbox"] = "bot.conf:1: a line is name = value, not 'inbox'",
      ["inbox ="] = "bot.conf:1: inbox has no value",
      ["inbox = 10\ninbox = 20"] = "bot.conf:2: inbox was set before",
      ["durable = perhaps"] = "bot.conf:1: durable is yes or no, not 'perhaps'",
      ["config = other.conf"] = "bot.conf:1: there is no setting 'config' (lunokhod run --help lists all)",
      ["token = 1:a"] = "bot.conf:1: a token does not belong here, but in a file of its own: token-file = FILE",
      ["token-file = " .. sandbox.TOKEN] =
        "bot.conf:1: a token does not belong here, but in a file of its own: token-file = FILE",
    }
    for text, expected in pairs(cases) do assert.equal(expected, complaint(text)) end
  end)

  it("that can't be read is named", function()
    for path, reason in pairs { ["/no/such.conf"] = "No such file or directory", [directory] = "Is a directory" } do
      local code, _, complained = world.run({ "run", "--config", path, "scripts" }, { BOT_TOKEN = sandbox.TOKEN })
      assert.equal(2, code)
      assert.truthy(complained:find(("settings in %s: %s"):format(path, reason), 1, true), complained)
    end
  end)

  it("has a line for every option, each of which has a variable, too", function()
    local _, help = world.run { "run", "--help" }
    local count = 0
    for name, rest in help:gmatch "\n  %-%-([%w-]+)([^\n]+)" do
      count = count + 1
      local variable = assert(rest:match "%(or ([%u_]+)%)$", name .. " has no variable")
      local is_flag = not rest:find "^ %S" or rest:find "^  "
      if is_flag then
        assert.equal(("bot.conf:1: %s is yes or no, not 'x'"):format(name), complaint(name .. " = x"))
        assert.matches(variable .. " is yes or no, not 'x'", complaint("", { [variable] = "x" }))
      elseif rest:find "^ [%u]+" and complaint(name .. " = x\ndurable = x"):find("must be a number", 1, true) then
        assert.matches("^bot.conf:1: " .. name:gsub("%-", "%%-"), complaint(name .. " = x"))
        assert.matches(variable .. " must be a number", complaint("", { [variable] = "x" }))
      elseif name ~= "config" then
        assert.equal("bot.conf:2: durable is yes or no, not 'x'", complaint(name .. " = x\ndurable = x"))
      end
    end
    assert.is_true(count > 20)
  end)

  it("names the token's file, and gives way to BOT_TOKEN", function()
    local path = write("bot.conf", "token-file = /no/such/token\n")
    local code, _, complained = world.run({ "run", "--config", path, "scripts" }, { BOT_TOKEN = "" })
    assert.equal(2, code)
    assert.truthy(complained:find("/no/such/token", 1, true), complained)
    local lunokhod = host { telegram = sandbox {}, script = SCRIPT, options = { "--config", path } }
    assert.equal(0, lunokhod:stop())
  end)
end)

describe("a token that is replaced", function()
  before_each(set_up)
  after_each(tear_down)

  local REFUSED = "700000001:s"

  -- As a program does that writes files safely.
  local function replace(text)
    write("token.new", text .. "\n")
    assert(os.rename(directory .. "/token.new", directory .. "/token"))
  end

  local function start(telegram)
    replace(sandbox.TOKEN)
    return host {
      telegram = telegram, script = SCRIPT, options = { "--token-file", directory .. "/token", "--poll-timeout", "1" },
      environment = { BOT_TOKEN = "" },
    }
  end

  it("is used from the next SIGHUP on", function()
    local telegram = sandbox {}
    local anna, lunokhod = telegram:person "Анна", start(telegram)
    replace(REFUSED)
    lunokhod:reload()
    lunokhod:logged "a new token was read"
    lunokhod:logged "Telegram refuses to be polled" -- as it does with an old one
    replace(sandbox.TOKEN)
    lunokhod:reload()
    anna:says "/start"
    anna:sees_last "yes"
    assert.equal(0, lunokhod:stop())
    for _, token in ipairs { REFUSED, sandbox.TOKEN } do
      assert.is_nil(lunokhod.process:stderr():find(token, 1, true))
    end
  end)

  it("stays as it was where the file has none, or that of another bot", function()
    local telegram = sandbox {}
    local anna, lunokhod = telegram:person "Анна", start(telegram)
    local wrong = {
      ["nothing"] = "does not hold a bot's token", ["700000002:" .. ("x"):rep(35)] = "token of this bot",
      ["700000001:../../x"] = "token of this bot",
    }
    for text, reason in pairs(wrong) do
      replace(text)
      lunokhod:reload()
      lunokhod:logged("level=error.*the token stays as it was.*" .. reason)
    end
    anna:says "/start"
    anna:sees_last "yes"
    assert.equal(0, lunokhod:stop())
  end)
end)

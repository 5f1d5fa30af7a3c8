-- The clock of lunokhod dev can be turned: that of the local Telegram and that of the bot go together. No other host's can.
local client = require "tests.support.client"
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local CLOCK = [[
  local bot, db, telegram = require "bot", require "db", require "telegram"
  local HOUR = 3600
  bot.job("told", function(data) telegram.send_message { chat_id = 1001, text = "told " .. data.what } end)
  bot.command("plan", function(message)
    bot.after(20 * HOUR, "told", { what = "by a job" })
    bot.after(20 * HOUR, function() message:answer "told by a function" end)
    message:answer "planned"
  end)
  bot.command("now", function(message)
    local function is_near(time) return math.abs(os.time() - time) < 600 end
    local by_sql = db.one "SELECT unixepoch() AS now".now
    message:answer(("hour %d, %s, %s"):format(os.time() // HOUR, is_near(message.date), is_near(by_sql)))
  end)
]]

describe("the clock of lunokhod dev", function()
  local directory, url

  before_each(function() directory = process.new_directory() end)

  after_each(function()
    world.finish()
    os.execute("rm -rf " .. process.quote(directory))
  end)

  local function post(path, input) return client.call("POST", url .. "/sandbox/" .. path, input) end

  local function start(...)
    process.write_file(directory .. "/bot.lua", CLOCK)
    local command = { sandbox.PROGRAM, "dev", "--port", "0", "--backup-interval", "3600", ... }
    command[#command + 1] = directory .. "/bot.lua"
    local dev = process.start(command, { TMPDIR = directory, XDG_RUNTIME_DIR = "" })
    url = until_(function() return dev:stdout():match("chat page: (http://127%.0%.0%.1:%d+)/") end, "the page's address")
    return dev
  end

  local function answers(pattern)
    return until_(function()
      for _, message in ipairs(client.call("GET", url .. "/sandbox/messages?chat_id=1001").messages) do
        local found = (message.text or ""):match(pattern)
        if found then return found end
      end
    end, pattern)
  end

  local function says(text, pattern)
    post("messages", { chat_id = 1001, text = text })
    return answers(pattern)
  end

  -- The bot's hour, as it tells it for the nth time; its clock is Telegram's, also in SQL.
  local function tells_now(nth)
    post("messages", { chat_id = 1001, text = "/now" })
    return until_(function()
      local hours = {}
      for _, message in ipairs(client.call("GET", url .. "/sandbox/messages?chat_id=1001").messages) do
        hours[#hours + 1] = tonumber((message.text or ""):match "^hour (%d+), true, true$")
      end
      return hours[nth]
    end, "the hour")
  end

  it("is put forward: what is due comes, a killed host stays there, and it is turned back", function()
    start("--data", directory .. "/telegram.json")
    says("/plan", "(planned)")
    local turned = post("clock", { advance_s = 21 * 3600 })
    assert.equal(21 * 3600, math.tointeger(turned.ahead_s))
    assert.is_true(turned.host.ok, turned.host.description)
    answers "(told by a job)"
    answers "(told by a function)"
    local before = tells_now(1)
    assert.is_true(post("host/backup").ok)
    local pid = client.call("GET", url .. "/sandbox/host").pid
    post "host/kill"
    until_(function()
      local now = client.call("GET", url .. "/sandbox/host")
      return now.state == "running" and now.pid ~= pid
    end, "the next host")
    until_(function() return post("host/status").ok end, "the next host's socket")
    local turned_again = post("clock", { advance_s = 24 * 3600 })
    assert.is_true(turned_again.host.ok, turned_again.host.description)
    assert.is_true(tells_now(2) >= before + 24)
    assert.equal(0, math.tointeger(post("clock", { advance_s = -45 * 3600 }).ahead_s))
    local status = post("host/status").answer.status
    assert.is_true(math.abs(status.now - os.time() * 1000) < 3600 * 1000)
    assert.equal(0, math.tointeger(client.call("GET", url .. "/sandbox/status").ahead_s))
  end)

  it("is that of the next host, where none runs", function()
    start()
    says("/plan", "(planned)")
    assert.is_true(post("host/stop").ok)
    until_(function() return client.call("GET", url .. "/sandbox/host").state == "stopped" end, "the host's end")
    assert.is_false(post("clock", { advance_s = 21 * 3600 }).host.ok)
    post "host/start"
    answers "(told by a job)"
  end)
end)

describe("the clock of another host", function()
  after_each(world.finish)

  it("is not turned", function()
    local telegram, directory = sandbox {}, process.new_directory()
    local path = directory .. "/control.sock"
    host { telegram = telegram, script = "require 'bot'", options = { "--control", path } }
    local connection = assert(require "socket.unix"())
    assert(connection:connect(path))
    connection:send '{"command":"clock","ahead_s":3600}\n'
    assert.matches('"ok":false,"error":"the clock of this host is the machine\'s', (connection:receive "*l"))
    connection:close()
    os.execute("rm -rf " .. process.quote(directory))
  end)
end)

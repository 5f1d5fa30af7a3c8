-- A graceful stop finishes what was begun and leaves nothing behind.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local TWO = [[
local bot = require "bot"
bot.on("message", function(message)
  message:answer(message.text .. " 1")
  message:answer(message.text .. " 2")
end)
]]

describe("a stop", function()
  after_each(world.finish)

  for _, name in ipairs { "TERM", "INT" } do
    it("by SIG" .. name .. " lets handlers finish and exits with 0", function()
      local telegram = sandbox {}
      local lunokhod = host { telegram = telegram, script = TWO }
      local anna = telegram:person("Анна")
      telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
      anna:says("а")
      telegram:holds(1)
      lunokhod:signal(name)
      lunokhod:logged("stopping")
      telegram:let_go("apply")
      assert.equal(0, lunokhod:ends())
      assert.same({ "а 1", "а 2" }, anna:saw())
    end)
  end

  it("while nothing happens does not wait for the long poll", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = TWO, options = { "--poll-timeout", "50" } }
    assert.equal(0, lunokhod:stop())
    local function second(words)
      local hours, minutes, seconds = lunokhod:logged("msg=" .. words .. " "):match("T(%d+):(%d+):(%d+)")
      return hours * 3600 + minutes * 60 + seconds
    end
    assert.is_true((second "stopped" - second "stopping") % 86400 < 30)
  end)

  it("asked for twice does not wait any more", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = TWO }
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    telegram:person("Анна"):says("а")
    telegram:holds(1)
    lunokhod:signal("TERM")
    lunokhod:logged("stopping")
    assert.is_true(lunokhod:is_running())
    lunokhod.process.may_be_killed = true
    lunokhod:signal("TERM")
    assert.is_true(lunokhod:ends() ~= 0) -- with 0 it ends when it has waited
  end)

  it("confirms what it has finished, so that the next start does not answer it again", function()
    local telegram = sandbox {}
    local first = host { telegram = telegram, script = TWO }
    local anna = telegram:person("Анна")
    anna:says("а")
    anna:saw(2)
    assert.equal(0, first:stop())
    local second = host { telegram = telegram, script = TWO }
    anna:says("б")
    anna:saw(4)
    assert.equal(0, second:stop())
    assert.same({ "а 1", "а 2", "б 1", "б 2" }, anna:saw())
  end)

  -- `docker stop` kills after ten seconds, and a handler may wait for longer.
  it("saves at once, whatever a handler waits for, and goes on saving what others do", function()
    local telegram = sandbox {}
    local admin, anna, boris = telegram:person("Админ"), telegram:person("Анна"), telegram:person("Борис")
    local function start(options)
      local lunokhod = host {
        telegram = telegram, options = options, environment = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "3600" },
        script = [[
          local bot, db = require "bot", require "db"
          db.exec "CREATE TABLE IF NOT EXISTS clicks(who)"
          bot.text("+", function(message)
            db.exec("INSERT INTO clicks VALUES(?)", message.chat.first_name)
            message:answer("rows " .. db.one("SELECT count(*) AS n FROM clicks").n)
            db.exec("INSERT INTO clicks VALUES(?)", message.chat.first_name)
          end)
        ]],
      }
      lunokhod:logged("msg=running")
      return lunokhod
    end
    local first = start { "--fresh" }
    telegram:fault { method = "sendMessage", kind = "429", retry_after = 60, times = 1, chat_id = boris.id }
    telegram:fault { method = "sendMessage", kind = "hold", times = 1, chat_id = anna.id }
    boris:says("+")
    first:logged("pause in a chat.*seconds=60")
    anna:says("+")
    telegram:holds(1)
    local before = #first:log_lines("msg=saved")
    first:signal("TERM")
    until_(function() return #first:log_lines("msg=saved") == before + 1 end, "a save at once")
    telegram:let_go("apply")
    until_(function() return #first:log_lines("msg=saved") >= before + 2 end, "one of what Anna's handler did")
    assert.is_true(first:is_running())
    first.process.may_be_killed = true
    first:signal("KILL")
    first:ends()
    telegram:heal()
    start { "--takeover" }
    anna:says("+")
    anna:sees_last("rows 4")
  end)

  it("saves at once where the bot may not write to the admin for a while", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local lunokhod = host {
      telegram = telegram, options = { "--fresh" }, environment = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "3600" },
      script = [[
        local bot, db = require "bot", require "db"
        db.exec "CREATE TABLE IF NOT EXISTS clicks(who)"
        bot.text("+", function(message)
          db.exec "INSERT INTO clicks VALUES(1)"
          message:answer "ok"
        end)
      ]],
    }
    lunokhod:logged("msg=running")
    telegram:fault { method = "sendMessage", kind = "429", retry_after = 3600, chat_id = admin.id }
    admin:says("+")
    lunokhod:logged("pause in a chat.*seconds=3600")
    assert.equal(0, lunokhod:stop())
    assert.equal(0, #lunokhod:log_lines("is lost"))
    assert.equal(1, #lunokhod:log_lines("msg=released"))
  end)

  it("by a SIGTERM is not disturbed by a SIGHUP", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = TWO }
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    local anna = telegram:person("Анна")
    anna:says("а")
    telegram:holds(1)
    lunokhod:signal("TERM")
    lunokhod:logged("stopping")
    lunokhod:signal("HUP")
    lunokhod:signal("USR1")
    telegram:let_go("apply") -- soon, because a stop waits 8 s for its handlers
    until_(function()
      lunokhod:signal("HUP")
      lunokhod:signal("USR1")
      return not lunokhod:is_running()
    end, "the end")
    assert.equal(0, lunokhod:ends())
    assert.same({ "а 1", "а 2" }, anna:saw())
  end)

  it("asked for by a script's os.exit is one too", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = [[
      local bot = require "bot"
      bot.on("message", function(message)
        os.exit()
        message:answer("ещё успею")
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("?")
    assert.equal(0, lunokhod:ends())
    assert.same({ "ещё успею" }, anna:saw())
  end)
end)

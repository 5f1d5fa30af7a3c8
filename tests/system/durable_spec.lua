-- A durable host goes on after every batch of updates, also after one that leaves nothing to save.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

-- "+" counts, "=" tells the count and writes nothing, "later" waits for a message to the chat of that number, "fail" fails.
local SCRIPT = [[
local bot, db, telegram = require "bot", require "db", require "telegram"
db.exec "CREATE TABLE IF NOT EXISTS total(n INTEGER)"
db.exec "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total)"
bot.text("+", function(message) message:answer("n " .. db.one("UPDATE total SET n = n + 1 RETURNING n").n) end)
bot.text("=", function(message) message:answer("is " .. db.one("SELECT n FROM total").n) end)
bot.text("fail", function() error "so wrong" end)
bot.callback("^x$", function() end)
bot.on("message:photo", function(message) message:answer "a photo" end)
]]

local ALBUM = [[
bot.on("album", function(messages) messages[1]:answer("album of " .. #messages) end)
]]

local function start(telegram, admin, script)
  return host {
    telegram = telegram, script = script or SCRIPT, options = { "--durable" }, has_control = true,
    environment = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "3600" },
  }
end

local function settle(lunokhod, anna)
  lunokhod:logged("msg=running")
  anna:says("+")
  anna:sees_last("n 1")
  backups.rests(lunokhod)
  assert.is_true(#lunokhod:log_lines("msg=saved") > 1, "a backup after the one of the start")
end

describe("a durable host", function()
  after_each(world.finish)

  local telegram, admin, anna, boris
  before_each(function()
    telegram = sandbox {}
    admin, anna, boris = telegram:person("Админ"), telegram:person("Анна"), telegram:person("Борис")
  end)

  local quiet = { -- what leaves nothing to save
    ["whose handler writes nothing"] = function() boris:says("=") end,
    ["that nobody handles"] = function() boris:says("???") end,
    ["that the host itself answers"] = function() boris:says("admin") end,
    ["that is a photo"] = function() boris:sends { kind = "photo" } end,
  }
  for what, says in pairs(quiet) do
    it("goes on after a message " .. what, function()
      local lunokhod = start(telegram, admin)
      settle(lunokhod, anna)
      for i = 2, 3 do
        says()
        anna:says("+")
        anna:sees_last("n " .. i)
      end
      assert.equal(0, lunokhod:stop())
    end)
  end

  it("goes on after a handler that failed, and one that waits", function()
    local lunokhod = start(telegram, admin)
    settle(lunokhod, anna)
    boris:says("fail")
    telegram:fault { method = "sendMessage", kind = "hold", times = 1, chat_id = boris.id }
    boris:says("=")
    anna:says("+")
    anna:sees_last("n 2")
    anna:says("+")
    anna:sees_last("n 3")
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
    lunokhod:ends()
  end)

  it("makes no backup where nothing is to be saved", function()
    local lunokhod = start(telegram, admin)
    settle(lunokhod, anna)
    until_(function() -- on a slow machine a backup may begin before Telegram has answered the handler
      local saved = #lunokhod:log_lines("msg=saved")
      boris:says("=")
      until_(function() return telegram:status().updates_pending == 0 end, "the confirmation")
      backups.rests(lunokhod)
      return #lunokhod:log_lines("msg=saved") == saved
    end, "an update that makes no backup")
    assert.equal(0, lunokhod:stop())
  end)

  it("goes on when the album that it waits for is whole", function()
    local lunokhod = start(telegram, admin, SCRIPT .. ALBUM)
    settle(lunokhod, anna)
    boris:sends { kind = "photo", media_group_id = "77" }
    anna:says("+")
    anna:sees_last("n 2")
    anna:says("+")
    anna:sees_last("n 3")
    assert.equal(0, lunokhod:stop())
  end)

  it("goes on after looks that failed, when the next one succeeds", function()
    local lunokhod = start(telegram, admin)
    settle(lunokhod, anna)
    telegram:fault { method = "getMyCommands", kind = "403", times = 2 }
    telegram:fault { method = "editMessageMedia", kind = "403", times = 1 }
    boris:says("=")
    anna:says("+")
    anna:sees_last("n 2")
    anna:says("+")
    anna:sees_last("n 3")
    assert.equal(0, lunokhod:stop())
  end)

  it("goes on after a restart on which Telegram repeats what is known already", function()
    local first = start(telegram, admin)
    settle(first, anna)
    boris:says("=")
    boris:sees_last("is 1")
    assert.equal(0, first:stop())
    local second = start(telegram, admin)
    second:logged("msg=running")
    for i = 2, 3 do
      anna:says("+")
      anna:sees_last("n " .. i)
    end
    assert.same({ "is 1" }, boris:saw())
    assert.equal(0, second:stop())
  end)
end)

-- Telegram asks for a pause (429): of a chat, or of one method. Nothing else waits for it.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local SCRIPT = [[
  local bot, telegram = require "bot", require "telegram"
  bot.command("start", function(message) message:answer "welcome" end)
  bot.command("rename", function() telegram.set_my_name { name = "x" } end)
  bot.command("who", function(message) telegram.get_chat_member { chat_id = message.chat.id, user_id = message.from.id } end)
  bot.command("file", function() telegram.download "nothing" end)
]]

describe("a pause", function()
  after_each(world.finish)

  it("of a method is told in the log and leaves everybody else alone", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = SCRIPT, options = { "--poll-timeout", "1" } }
    local boris, count = telegram:person "Boris", 0
    for command, method in pairs { rename = "setMyName", who = "getChatMember", file = "getFile" } do
      telegram:fault { method = method, kind = "429", retry_after = 299, times = -1 }
      telegram:person("Anna"):says("/" .. command)
      lunokhod:logged("level=warn msg=\"Telegram asks for a pause of this method.* method=" .. method .. " seconds=299")
      count = count + 1
      boris:says "/start"
      assert.equal("welcome", boris:saw(count)[count])
    end
    assert.equal(3, #lunokhod:log_lines("Telegram asks for a pause"))
  end)

  it("of an hour and more is told to the admin", function()
    local telegram = sandbox {}
    local admin = telegram:person "Admin"
    host { telegram = telegram, script = SCRIPT, environment = { ADMIN_ID = tostring(admin.id) } }
    telegram:fault { method = "setMyName", kind = "429", retry_after = 86400 }
    admin:says "/rename"
    admin:sees_last "Telegram asks setMyName to wait for 3600 s; all else goes on"
    telegram:fault { method = "getUpdates", kind = "429", retry_after = 300 }
    admin:says "/start"
    admin:sees_last("Telegram asks getUpdates to wait for 300 s; " ..
      "until then nothing that people write arrives, and they get no answer")
  end)

  it("of a menu holds up neither the last backup nor the end", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person "Admin", telegram:person "Anna"
    local script = [[
      local bot, db = require "bot", require "db"
      db.exec "CREATE TABLE IF NOT EXISTS n(x)"
      bot.command("start", function(message)
        db.exec "INSERT INTO n VALUES (1)"
        message:answer(tostring(db.one("SELECT count(*) AS count FROM n").count))
      end, "%s")
    ]]
    local options = { "--admin-id", tostring(admin.id), "--backup-interval", "300", "--poll-timeout", "1" }
    local lunokhod = host { telegram = telegram, script = script:format "one", options = options }
    anna:says "/start"
    anna:sees_last "1"
    telegram:fault { method = "setMyCommands", kind = "429", retry_after = 600, times = 1 }
    lunokhod:write("bot.lua", script:format "two")
    lunokhod:reload()
    lunokhod:logged("method=setMyCommands seconds=600")
    assert.equal(0, lunokhod:stop())
    telegram:heal()
    host { telegram = telegram, script = script:format "two", options = options }
    anna:says "/start"
    anna:sees_last "2"
  end)
end)

-- The order of updates: one after the other within a chat, at the same time in different chats.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local ECHO = [[
local bot = require "bot"
bot.on("message", function(message)
  message:answer(message.text .. " a")
  message:answer(message.text .. " b")
end)
]]

describe("order", function()
  after_each(world.finish)

  it("holds within a chat though every call takes its time", function()
    local telegram = sandbox { delay = 20 }
    host { telegram = telegram, script = ECHO }
    local anna, expected = telegram:person("Анна"), {}
    for i = 1, 12 do
      anna:says(tostring(i))
      table.move({ i .. " a", i .. " b" }, 1, 2, #expected + 1, expected)
    end
    assert.same(expected, anna:saw(24))
  end)

  it("holds where one handler waits long and the next does not", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = ECHO }
    local anna = telegram:person("Анна")
    telegram:fault { method = "sendMessage", kind = "delay", ms = 300, times = 1 }
    anna:says("1")
    anna:says("2")
    assert.same({ "1 a", "1 b", "2 a", "2 b" }, anna:saw(4))
  end)

  it("does not let a slow chat hold up another", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = ECHO }
    local slow, quick = telegram:person("Улитка"), telegram:person("Заяц")
    telegram:fault { method = "sendMessage", kind = "hold", times = 1, chat_id = slow.id }
    slow:says("1")
    telegram:holds(1)
    for i = 1, 20 do quick:says(tostring(i)) end
    quick:saw(40)
    assert.same({}, slow:saw()) -- still on its way
    telegram:let_go("apply")
    assert.same({ "1 a", "1 b" }, slow:saw(2))
  end)

  it("answers 1,000 chats at hundreds of calls in flight, each in its order", function()
    local telegram = sandbox {}
    telegram:fault { method = "sendMessage", kind = "hold", times = 200 }
    local lunokhod = host { telegram = telegram, script = [[
      local bot, db = require "bot", require "db"
      db.exec "CREATE TABLE seen(chat INTEGER PRIMARY KEY, n INTEGER)"
      bot.on("message", function(message)
        db.exec("INSERT OR IGNORE INTO seen VALUES(?, 0)", message.chat.id)
        local seen = db.one("UPDATE seen SET n = n + 1 WHERE chat = ? RETURNING n", message.chat.id)
        message:answer(tostring(seen.n))
      end)
    ]] }
    telegram:flood { users = 1000, messages_each = 3, text = "да", first_id = 5000 }
    telegram:holds(200)
    telegram:let_go("apply")
    telegram:has_sent(3000)
    for id = 5000, 5999 do assert.same({ "1", "2", "3" }, telegram:texts_of(id)) end
    assert.equal(0, lunokhod:stop())
  end)
end)

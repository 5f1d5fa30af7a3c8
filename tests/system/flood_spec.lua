-- Many updates at once: none is lost, none is handled twice, and the order holds.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

describe("a flood", function()
  after_each(world.finish)

  it("of 20,000 clicks by 1,000 users is counted to the last", function()
    local telegram = sandbox { requests = 0 }
    local lunokhod = host { telegram = telegram, scripts = { "scripts" } }
    local users, clicks, first = 1000, 20, 100000
    telegram:flood { users = users, messages_each = 1, text = "/start", first_id = first }
    telegram:flood { users = users, messages_each = clicks, text = "Клик", first_id = first }
    telegram:has_sent(users * (1 + clicks))
    assert.equal(0, lunokhod:stop())
    assert.equal(users * (1 + clicks), telegram:sent())
    local expected = {}
    for i = 1, clicks do expected[i] = ("Кликов: %d 🏆"):format(i) end
    for id = first, first + users - 1 do
      local texts = telegram:texts_of(id)
      assert.matches("^Приветствую ", table.remove(texts, 1))
      assert.same(expected, texts)
    end
    assert.equal(1, #lunokhod:log_lines("level=warn")) -- that there is no admin
    assert.same({}, lunokhod:log_lines("level=error"))
  end)

  -- Its first message is not answered yet when the host stops, so all others wait behind it.
  it("of one chat keeps nobody else waiting, and keeps its order over a restart", function()
    local telegram = sandbox { requests = 0 }
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local first, count = 100000, 2600
    local function start()
      return host {
        telegram = telegram, script = 'require("bot").on("message", function(m) m:answer(m.text) end)',
        options = { "--fresh" }, environment = { ADMIN_ID = tostring(admin.id) },
      }
    end
    local lunokhod = start()
    lunokhod:logged("msg=running")
    telegram:fault { method = "sendMessage", kind = "429", retry_after = 60, times = 1, chat_id = first }
    telegram:flood { users = 1, messages_each = count, text = "спам", first_id = first }
    anna:says("привет")
    anna:sees_last("привет")
    until_(function() return backups.told(admin, "chat 100000 ") > 0 end, "a word to the admin")
    assert.equal(1, backups.told(admin, "chat 100000 "))
    lunokhod:signal("TERM")
    anna:says("ещё")
    lunokhod:ends()
    telegram:heal()
    local second = host {
      telegram = telegram, script = 'require("bot").on("message", function(m) m:answer(m.text) end)',
      environment = { ADMIN_ID = tostring(admin.id) },
    }
    second:logged("msg=running")
    anna:sees_last("ещё")
    until_(function() return #telegram:texts_of(first) == count end, "every answer")
  end)
end)

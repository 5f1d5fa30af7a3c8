-- Many updates at once: none is lost, none is handled twice, and the order holds.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

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
end)

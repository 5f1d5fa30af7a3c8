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
      telegram:fault { method = "sendMessage", kind = "delay", ms = 700, times = 2 }
      local begun = telegram:begun()
      anna:says("а")
      until_(function() return telegram:begun() == begun + 2 end, "the first call, beside the next poll")
      lunokhod:signal(name)
      assert.equal(0, lunokhod:ends())
      assert.same({ "а 1", "а 2" }, anna:saw())
    end)
  end

  it("while nothing happens does not wait for the long poll", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = TWO }
    lunokhod:signal("TERM")
    assert.equal(0, lunokhod:ends(8)) -- a long poll lasts 25 s and more
  end)

  it("asked for twice does not wait any more", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = TWO }
    telegram:fault { method = "sendMessage", kind = "delay", ms = 9000, times = 1 }
    local anna = telegram:person("Анна")
    local begun = telegram:begun()
    anna:says("а")
    until_(function() return telegram:begun() == begun + 2 end, "the first call, beside the next poll")
    lunokhod:signal("TERM")
    lunokhod:logged("stopping")
    assert.is_true(lunokhod:is_running())
    lunokhod.process.may_be_killed = true
    lunokhod:signal("TERM")
    assert.is_true(lunokhod:ends(8) ~= 0)
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

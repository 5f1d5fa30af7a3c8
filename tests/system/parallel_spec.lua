-- bot.parallel over HTTP: its calls are on their way at the same time, and an end of the host leaves none behind.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local SCRIPT = [[
  local bot, telegram = require "bot", require "telegram"
  bot.command("go", function(message)
    local function ask() return telegram.get_chat { chat_id = message.chat.id } end
    local results = bot.parallel { ask, ask, ask, function() bot.sleep(0.01) return { first_name = "и я" } end }
    local names = {}
    for i = 1, results.n do names[i] = results[i].first_name end
    message:answer(table.concat(names, " "))
  end, { deadline = 60 })
]]

describe("several calls at once", function()
  after_each(world.finish)

  local function begin()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = SCRIPT }
    local anna = telegram:person("Анна")
    telegram:fault { method = "getChat", kind = "hold", times = 3 }
    anna:says("/go")
    until_(function() return telegram:status().held == 3 end, "all three to be asked")
    return telegram, lunokhod, anna
  end

  it("are all on their way before any is answered", function()
    local telegram, lunokhod, anna = begin()
    telegram:let_go("apply")
    assert.same({ "Анна Анна Анна и я" }, anna:saw(1))
    assert.equal(0, lunokhod:stop())
  end)

  it("are waited for by a graceful stop", function()
    local telegram, lunokhod, anna = begin()
    lunokhod:signal("TERM")
    lunokhod:logged("stopping")
    telegram:let_go("apply")
    assert.equal(0, lunokhod:ends())
    assert.same({ "Анна Анна Анна и я" }, anna:saw())
  end)

  it("end with a stop that can't wait", function()
    local telegram, lunokhod, anna = begin()
    lunokhod:signal("TERM")
    lunokhod:logged("stopping")
    lunokhod.process.may_be_killed = true
    lunokhod:signal("TERM")
    assert.is_true(lunokhod:ends() ~= 0)
    telegram:let_go("drop")
    assert.same({}, anna:saw())
  end)
end)

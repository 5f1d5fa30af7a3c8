-- The kernel's walls around the running host stand from its start to its end; the operator can leave them out.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local ECHO = [[
  local bot, chart = require "bot", require "chart"
  bot.text("chart", function(message)
    local picture, err = chart.bars { values = { 3, 5 }, labels = { "Пн", "Вт" } }
    message:answer(picture and picture:sub(2, 4) or err.text)
  end)
  bot.on("message", function(message) message:answer(message.text) end)
]]

local function status(lunokhod, name)
  for line in io.lines("/proc/" .. lunokhod.pid .. "/status") do
    local value = line:match("^" .. name .. ":%s*(%d+)")
    if value then return value end
  end
end

describe("the running host", function()
  after_each(world.finish)

  it("is confined, in all its threads, and works", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ECHO }
    assert.equal("1", status(lunokhod, "NoNewPrivs"))
    if status(lunokhod, "Seccomp") ~= "2" then lunokhod:logged("level=info.*can't keep the host from starting programs") end
    local anna = telegram:person("Анна")
    anna:says("привет")
    assert.same({ "привет" }, anna:saw(1))
    -- cairo and the fonts are loaded only now
    anna:says("chart")
    assert.equal("PNG", anna:saw(2)[2])
    assert.matches("reloaded", lunokhod:reload())
    assert.equal(0, lunokhod:stop())
  end)

  it("is not where the operator does not want it", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ECHO, options = { "--unconfined" } }
    assert.equal("0", status(lunokhod, "NoNewPrivs"))
    assert.equal("0", status(lunokhod, "Seccomp"))
    assert.equal(0, lunokhod:stop())
  end)
end)

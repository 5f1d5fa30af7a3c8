-- A proxy in the environment: it is for Telegram, never for a Bot API server on this machine, and a failure names it.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local SCRIPT = [[require("bot").command("start", function(message) message:answer "hi" end)]]
local PROXY = "http://me:proxy-password@127.0.0.1:1" -- nobody listens there

describe("a proxy in the environment", function()
  after_each(world.finish)

  for _, name in ipairs { "ALL_PROXY", "all_proxy", "http_proxy" } do
    it("is not for a server on this machine: " .. name, function()
      local telegram = sandbox {}
      local lunokhod = host { telegram = telegram, script = SCRIPT, environment = { [name] = PROXY } }
      local anna = telegram:person "Anna"
      anna:says "/start"
      anna:sees_last "hi"
      assert.equal(0, lunokhod:stop())
    end)
  end

  it("that fails is named at the first failure, without its password", function()
    local lunokhod = host {
      script = SCRIPT,
      environment = { ALL_PROXY = PROXY, BOT_TOKEN = sandbox.TOKEN, TELEGRAM_API_ROOT = "http://telegram.invalid" },
    }
    assert.matches("getMe.*names the proxy http://127%.0%.0%.1:1", lunokhod:logged("level=warn.*getMe"))
    assert.is_nil(lunokhod.process:stderr():find("proxy-password", 1, true))
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
  end)
end)

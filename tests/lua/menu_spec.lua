-- The menu of commands when Telegram fails. tests/system/menu_spec.lua tests it otherwise.
scripts "menu/bot.lua"

local function menus() return #telegram:requests("setMyCommands") end

describe("the menu of commands", function()
  before_each(function()
    clock:advance("1h")
    assert.equal(1, menus())
  end)

  it("is tried again after a minute, until it is there", function()
    telegram:fault { method = "setMyCommands", kind = "500", times = 2 }
    bot:reload()
    clock:advance("1s")
    assert.equal(2, menus())
    assert.equal(1, #bot:log("can't write the menu of commands"))
    clock:advance("2m")
    assert.equal(4, menus())
    clock:advance("1h")
    assert.equal(4, menus())
  end)

  it("is not tried again where Telegram refuses it", function()
    telegram:fault { method = "setMyCommands", kind = "400", times = 1 }
    bot:reload()
    clock:advance("1h")
    assert.equal(2, menus())
    assert.equal(1, #bot:log("can't write the menu of commands"))
  end)

  it("is the newest scripts', though the older ones had no luck", function()
    telegram:fault { method = "setMyCommands", kind = "500", times = 1 }
    bot:reload()
    clock:advance("1s")
    assert.equal(2, menus())
    bot:reload()
    clock:advance("5m")
    assert.equal(3, menus())
  end)
end)

describe("the admin's own menu", function()
  local anna
  before_each(function()
    anna = telegram:person { first_name = "Анна", language_code = "en" }
    bot:admin(anna)
  end)

  local function shown()
    local requests = telegram:requests "setMyCommands"
    for i = #requests, 1, -1 do
      local parameters = requests[i].parameters
      if parameters.scope and parameters.language_code == "en" then return parameters.commands end
    end
  end

  it("follows the scripts with each reload and restart", function()
    anna:says "hello"
    clock:advance "1s"
    local first = shown()
    assert.matches("Чай, %d+ часов.*backup", first)
    clock:advance "1h"
    bot:reload()
    clock:advance "1s"
    local second = shown()
    assert.not_equal(first, second)
    clock:advance "1h"
    bot:restart()
    clock:advance "1m"
    assert.not_equal(second, shown())
  end)

  describe("of a bot with descriptions in English", function()
    scripts "menu/english.lua"

    it("is there from the start, before the admin writes", function()
      bot:start()
      clock:advance "1s"
      assert.matches("Tea.*backup", shown())
    end)
  end)

  it("is nobody else's", function()
    local boris = telegram:person { first_name = "Борис", language_code = "en" }
    boris:says "hello"
    clock:advance "1m"
    assert.is_nil(shown())
  end)
end)

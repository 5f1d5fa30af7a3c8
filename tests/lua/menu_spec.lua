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

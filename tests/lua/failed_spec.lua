-- What a handler that fails leaves behind: nothing, though a middleware caught its error; and bot.failed.
scripts "failed/bot.lua"

local BOOM = "tests/lua/failed/bot.lua:%d: boom"
local anna
before_each(function() anna = telegram:person "Анна" end)

-- Says it, and returns what the bot has written since. The log must tell of so many failures.
local function says(text, failures)
  local before, failed = #anna:saw(), #bot:log "a handler failed"
  anna:says(text)
  clock:advance "1s"
  assert.equal(failed + (failures or 1), #bot:log "a handler failed")
  return table.move(anna:saw(), before + 1, before + 20, 1, {})
end

local function keeps(rows) assert.same({ rows }, says("n", 0)) end

describe("a handler that fails", function()
  it("leaves nothing behind, though a middleware says sorry", function()
    assert.same({ "Sorry", ("Failed: " .. BOOM .. "; 0 rows"):format(29) }, says "fail apologise")
    keeps "0:"
  end)

  it("leaves nothing behind, though a middleware swallows its error", function()
    assert.same({ "Sorry" }, says("fail apologise swallow", 0))
    keeps "0:"
  end)

  it("keeps what was written before it waited", function()
    assert.same({ "one", "Sorry" }, says("fail waits apologise swallow", 0))
    keeps "1: by the handler"
  end)

  it("takes nothing back that a middleware has written before and after it", function()
    says("fail noted own swallow", 0)
    keeps "2: noted by the middleware, written after the failure"
    says("fail noted waits own swallow", 0)
    keeps("5: noted by the middleware, written after the failure, noted by the middleware, by the handler, "
      .. "written after the failure")
  end)

  it("and whose middleware fails as well leaves nothing at all", function()
    says "fail noted own"
    keeps "0:"
  end)

  it("may catch an error of its own, and keep what it has written", function()
    says("caught", 0)
    keeps "1: kept by the handler's own pcall"
  end)

  it("is no hindrance to the ones that do not", function()
    says("good noted", 0)
    keeps "2: noted by the middleware, by the handler"
  end)

  it("shows a middleware its whole stack", function()
    says("fail told swallow", 0)
    assert.matches("boom\nstack traceback:.*bot%.lua:29: in", says("told", 0)[1])
  end)

  it("as a step leaves the question open, though a middleware caught it", function()
    says("ask", 0)
    says("amiss swallow", 0)
    assert.same({ "Thanks" }, says("5", 0))
    keeps "1: an amount"
  end)
end)

describe("bot.failed", function()
  it("is told after a limit", function()
    assert.matches("^Failed: .*computed for too long.*; 0 rows$", says "loop apologise swallow"[1])
  end)

  it("gets the update as it came, a button too", function()
    says("button", 0)
    anna:press "Button"
    clock:advance "1s"
    assert.equal(1, #bot:log "a handler failed")
    anna:sees "at a button"
  end)

  it("that fails itself is told in the log, and hinders no other", function()
    local said = says "fail badly"
    assert.equal(1, #bot:log "in bot.failed")
    assert.equal("Third", said[#said])
  end)
end)

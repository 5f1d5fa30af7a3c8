-- What the log tells of a failure: the script's own line first, whatever of the host lies between.
local anna
before_each(function() anna = telegram:person "Анна" end)

describe("a failure", function()
  scripts "errors/place.lua"

  for command, found in pairs {
    loop = 'error="tests/lua/errors/place.lua:4: stopped: it computed for too long',
    tail = 'error="tests/lua/errors/place.lua:5: a function can\'t be',
    misuse = 'error="tests/lua/errors/place.lua:8: a function can\'t be',
    table = 'error="tests/lua/errors/place.lua:10: {code = 42, message = \\"sold out\\"}"',
    text = 'error="tests/lua/errors/place.lua:11: own words"',
    amiss = 'error="tests/lua/errors/place.lua:12: an error value whose __tostring fails: tests/lua/errors/place.lua:12: oops"',
    heavy = "computed for too long",
    nothing = 'error="tests/lua/errors/place.lua:14: nil"',
    plain = 'error="as it is"',
    deep = 'error="tests/lua/errors/place.lua:17: a function can\'t be',
    zero = [[a\\0b"]],
  } do
    it("blames the script's own line: " .. command, function()
      anna:says("/" .. command)
      local line = bot:log("a handler failed")[1]
      assert.is_not_nil(line:find(found, 1, true), line)
      assert.is_nil(line:find "lunokhod/", line)
      assert.is_nil(line:find("not enough memory", 1, true))
    end)
  end

  it("with a zero byte is whole where it is caught", function()
    anna:says "/zero_caught"
    assert.same({ "0" }, anna:saw())
  end)

  it("of a job tells its name and its data", function()
    anna:says "/job"
    clock:advance "2s"
    assert.matches('job=work data="{\\"who\\":\\"Anna\\"}" error="tests/lua/errors/place.lua:20: at work"',
      bot:log("a scheduled function failed")[1])
    clock:advance "1d"
    bot:log "a job has failed"
  end)

  it("of a function that was put off tells its line", function()
    anna:says "/later"
    clock:advance "2s"
    assert.matches("place.lua:22: stopped", bot:log("a scheduled function failed")[1])
  end)
end)

for file, message in pairs {
  loop = "loop.lua:1: stopped: it computed for too long",
  table = "table.lua:2: {code = 42}",
  ipairs = "ipairs.lua:2: attempt to index a number value",
} do
  describe("a failure at the top level", function()
    scripts("errors/" .. file .. ".lua")

    it("blames the script's own line: " .. file, function()
      local text = assert.has_error(function() anna:says "/start" end, message)
      assert.is_nil(text:find "lunokhod/")
    end)
  end)
end

-- What can never match fails while the script loads, with its file and line.
for file, message in pairs {
  capture = 'bot.match: unfinished capture: "(%d+"',
  set = [[bot.callback: malformed pattern (missing ']'): "^[a-z"]],
  escape = [[bot.match: malformed pattern (ends with '%'): "100%"]],
  back = 'bot.match: invalid capture index %2: "(a)%2"',
  hyphen = 'bot.command: a command has up to 32 letters, digits and _, unlike "my-cmd"',
  at = 'unlike "a@b"',
  blank = 'unlike "two words"',
  long = "bot.command: a command has up to 32",
  menu = "bot.command: a command of the menu has up to 32 of a-z 0-9 _",
} do
  describe("at load, a mistake is an error:", function()
    scripts("errors/load/" .. file .. ".lua")

    it(file, function()
      local text = assert.has_error(function() telegram:person("Анна"):says "hello" end, message)
      assert.matches("^tests/lua/errors/load/" .. file .. "%.lua:3: ", text)
    end)
  end)
end

describe("a pattern", function()
  scripts "errors/pattern.lua"

  it("is known to be malformed wherever Lua may complain of it", function()
    local anna = telegram:person "Анна"
    anna:says "/all"
    assert.matches("^%d+ malformed; missed:$", anna:saw()[1])
  end)

  it("that is well-formed matches", function()
    local anna = telegram:person "Анна"
    anna:says "12-3]x(y)12"
    anna:sees "matched"
  end)
end)

describe("a command", function()
  scripts "errors/pattern.lua"

  it("may be of any alphabet", function()
    local anna = telegram:person "Анна"
    anna:says "/помощь мне"
    anna:sees "help мне"
  end)
end)

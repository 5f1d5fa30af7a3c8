-- A refusal of Telegram that no script has looked at is a warning.
scripts "refusal/bot.lua"

local UNSEEN = "a call to Telegram failed, and nobody looked at its error"
local anna
before_each(function() anna = telegram:person "Анна" end)

describe("a refusal that nobody looks at", function()
  for command, found in pairs {
    dot = { "sendMessage", "Character '.' is reserved", 4 },
    cut = { "sendMessage", "must be encoded in UTF-8", 5 },
    label = { "sendMessage", "BUTTON_DATA_INVALID", 7 },
    txt = { "sendMessage", "message text is empty", 9 },
    tail = { "sendMessage", "message text is empty", 10 },
    edit = { "editMessageText", "message can't be edited", 13 },
  } do
    it("is a warning: " .. command, function()
      anna:says("/" .. command)
      local lines = bot:log(UNSEEN)
      assert.equal(1, #lines)
      assert.is_not_nil(lines[1]:find("method=" .. found[1] .. " chat=1001 ", 1, true))
      assert.is_not_nil(lines[1]:find(found[2], 1, true))
      assert.is_not_nil(lines[1]:find(("source=tests/lua/refusal/bot.lua:%d"):format(found[3]), 1, true))
    end)
  end

  it("is a warning for a download, too", function()
    anna:says "/file"
    assert.matches("method=telegram.download error=.*bot%.lua:12", bot:log(UNSEEN)[1])
  end)

  it("is a warning for a request to another service, too", function()
    http:answers("https://down.example/", { unreachable = true })
    anna:says "/request"
    anna:sees "sorry"
    local line = bot:log("a request failed, and nobody looked at its error")[1]
    assert.matches("level=warn .*method=http%.get error=.*connect.*source=tests/lua/refusal/bot%.lua:%d+", line)
    assert.is_nil(line:find("secret", 1, true))
  end)

  it("is told once, though the collector finds it early", function()
    anna:says "/garbage"
    anna:sees "alive"
    assert.equal(1, #bot:log(UNSEEN))
  end)
end)

describe("a refusal that a script knows of", function()
  for command, answer in pairs {
    field = "seen",
    text = "sendMessage: Bad Request: message text is empty",
    pairs = "code description kind text",
    json = '"code":400',
    quiet = "done",
  } do
    it("is no warning: " .. command, function()
      anna:says("/" .. command)
      anna:sees(answer)
      -- The kit itself would fail on a warning, and so no line is asked for here.
    end)
  end

  it("is no warning: a request's", function()
    http:answers("https://down.example/", { unreachable = true })
    anna:says "/post"
    anna:sees "network"
  end)

  it("is no warning beside the error that it has become", function()
    anna:says "/assert"
    assert.matches("message text is empty", bot:log("a handler failed")[1])
  end)

  it("is known for all scripts alike, so none may change telegram.try", function()
    anna:says "/change"
    assert.matches("bot%.lua:%d+: telegram%.try belongs to the host", bot:log("a handler failed")[1])
    anna:says "/quiet"
    anna:sees "done"
  end)

  it("is not silenced by a misspelt option", function()
    anna:says "/misspelt"
    assert.matches('bot%.lua:%d+: telegram: there is no option \\"quite\\"', bot:log("a handler failed")[1])
  end)
end)

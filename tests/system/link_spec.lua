-- Deep links: /start gets what a link carries, for any bytes.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local function answers(body, text)
  local telegram = sandbox {}
  host { telegram = telegram, script = ([[
    local bot = require "bot"
    bot.command("start", function(message, payload)
      local ok, answer = pcall(function() %s end)
      message:answer(tostring(answer))
    end)
  ]]):format(body) }
  local anna = telegram:person("Анна")
  anna:says(text or "/start")
  return anna:saw(1)[1]
end

describe("A deep link", function()
  after_each(world.finish)

  it("names the bot and carries the payload", function()
    assert.equal("https://t.me/sandbox_700000001_bot?start=ref_42-A", answers "return bot.link 'ref_42-A'")
    assert.equal("https://t.me/sandbox_700000001_bot?startgroup=x", answers "return bot.group_link 'x'")
  end)

  it("brings its payload with /start", function() assert.equal("ref_42", answers("return payload", "/start ref_42")) end)

  it("is refused for what Telegram would drop", function()
    assert.matches("up to 64 characters", answers "return bot.link 'два слова'")
    assert.matches("up to 64 characters", answers "return bot.link(('x'):rep(65))")
  end)

  it("carries any bytes there and back", function()
    assert.equal("true", answers [[
      for size = 0, 48 do
        local data = {}
        for i = 1, size do data[i] = string.char((i * 37 + size * 11) % 256) end
        data = table.concat(data)
        local payload = bot.encode_link(data)
        assert(#payload <= 64 and not payload:find "[^%w_-]", size)
        assert(bot.decode_link(payload) == data, size)
      end
      return bot.encode_link "Привет" == "0J_RgNC40LLQtdGC"
    ]])
  end)

  it("tells a payload that a person has made up", function()
    assert.equal("nil nil nil", answers [[
      return ("%s %s %s"):format(bot.decode_link "a", bot.decode_link "!!!!", bot.decode_link "QR")
    ]])
  end)
end)

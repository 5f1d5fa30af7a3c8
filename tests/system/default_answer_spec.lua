-- Answers to pressed buttons. Each press is answered once, by the script or else by the host, so no button keeps spinning.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local function bot_with(handler, instead)
  return ([[
    local bot, telegram = require "bot", require "telegram"
    bot.text("button", function(message)
      message:answer("press", { reply_markup = { inline_keyboard = { { { text = "ok", callback_data = "ok" } } } } })
    end)
    %s
    bot.on("message", function(message) message:answer("echo") end)
  ]]):format(instead or ('bot.callback("^ok$", function(query) %s end)'):format(handler))
end

-- The answers to the press of a button whose handler does that, once they are all there.
local function answers_after(handler, instead)
  local telegram = sandbox {}
  local lunokhod = host { telegram = telegram, script = bot_with(handler, instead) }
  local anna = telegram:person("Анна")
  anna:says("button")
  anna:saw(1)
  anna:presses("ok")
  until_(function() return #telegram:calls("answerCallbackQuery") > 0 end, "an answer to the press")
  assert.equal(0, lunokhod:stop()) -- a second answer would be on its way until then
  return telegram:calls("answerCallbackQuery"), lunokhod
end

describe("A pressed button", function()
  after_each(world.finish)

  it("is answered silently when the handler did not", function()
    local calls = answers_after "query.message:answer('seen')"
    assert.equal(1, #calls)
    assert.is_nil(calls[1].parameters.text)
  end)

  it("is answered though no script wants it", function()
    assert.equal(1, #answers_after("", "bot.callback('^other$', function() end)"))
  end)

  it("is answered by the handler, and by nobody else", function()
    local calls = answers_after "query:answer('Готово') query.message:answer('seen')"
    assert.equal(1, #calls)
    assert.equal("Готово", calls[1].parameters.text)
  end)

  it("is answered once though the method's name is spelt in another way", function()
    local calls = answers_after "telegram.answercallbackquery { callback_query_id = query.id }"
    assert.equal(1, #calls)
  end)

  it("is answered after a handler that failed", function()
    local calls, lunokhod = answers_after "error 'so wrong'"
    assert.equal(1, #calls)
    lunokhod:logged("so wrong")
  end)

  it("is answered after a handler that took too long", function()
    assert.equal(1, #answers_after("while true do end"))
  end)

  it("is answered once by a handler that failed after its answer", function()
    assert.equal(1, #answers_after("query:answer() error 'so wrong'"))
  end)
end)

-- Every method that Telegram has is known: it works, or it is refused in words that nobody takes for a misspelt name.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a method of the Bot API", function()
  local telegram, api
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
  end)
  after_each(world.finish)

  it("that is not emulated says so, to the bot and in the log", function()
    assert.equal("Bad Request: the sandbox does not emulate sendGame",
      (api:refusal("sendgame", { chat_id = 5, game_short_name = "chess" })))
    assert.matches("level=warn.*does not emulate.*method=sendGame", telegram.process:stderr())
    assert.equal("Not Found: method not found", (api:refusal("sendGames", {})))
  end)

  it("that is not emulated is checked for its parameters first", function()
    assert.equal('Bad Request: parameter "game_short_name" is required', (api:refusal("sendGame", { chat_id = 5 })))
    assert.equal("Bad Request: expected an Array as errors",
      (api:refusal("setPassportDataErrors", { user_id = 5, errors = { a = 1 } })))
    assert.equal("Bad Request: can't parse errors JSON object",
      (api:refusal("setPassportDataErrors", { user_id = 5, errors = "[" })))
  end)

  it("that has no effect to be seen checks whom it names", function()
    local anna = telegram:person "Anna"
    assert.equal("Bad Request: BOT_VERIFIER_FORBIDDEN", (api:refusal("verifyUser", { user_id = anna.id })))
    assert.equal("Bad Request: user not found", (api:refusal("verifyUser", { user_id = 7 })))
    assert.equal("Bad Request: invalid user_id specified", (api:refusal("verifyUser", {})))
    assert.is_true(api.sendMessageDraft { chat_id = anna.id, draft_id = 1, text = "I th" })
    assert.equal("Forbidden: not enough rights to change the user's emoji status",
      (api:refusal("setUserEmojiStatus", { user_id = anna.id })))
    assert.same({ total_count = 0, photos = {} }, api.getUserProfilePhotos { user_id = anna.id })
  end)
end)

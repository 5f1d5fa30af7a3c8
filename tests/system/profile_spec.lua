-- What a bot says of itself is kept by language and by chat.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a bot's profile in the sandbox", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  it("has a name and descriptions in each language, else those of all", function()
    api.setMyName { name = "Moon" }
    api.setMyName { name = "Луна", language_code = "ru" }
    assert.same({ "Moon", "Луна", "Moon", "Moon" }, { api.getMyName().name, api.getMyName({ language_code = "ru" }).name,
      api.getMyName({ language_code = "de" }).name, api.getMe().first_name })
    api.setMyName { name = "", language_code = "ru" }
    assert.equal("Moon", api.getMyName({ language_code = "ru" }).name)
    assert.equal("", api.getMyDescription().description)
    api.setMyDescription { description = "far" }
    api.setMyShortDescription { short_description = "f" }
    assert.same({ "far", "f" }, { api.getMyDescription().description, api.getMyShortDescription().short_description })
    assert.is_string((api:refusal("setMyShortDescription", { short_description = ("x"):rep(121) })))
  end)

  it("has a menu button for all chats and one for each", function()
    assert.same({ type = "default" }, api.getChatMenuButton())
    api.setChatMenuButton { menu_button = { type = "commands" } }
    local app = { type = "web_app", text = "Open", web_app = { url = "https://127.0.0.1/app" } }
    api.setChatMenuButton { chat_id = anna.id, menu_button = app }
    assert.same({ type = "commands" }, api.getChatMenuButton())
    assert.same(app, api.getChatMenuButton { chat_id = anna.id })
    app.web_app.url = "http://127.0.0.1/app"
    assert.matches("Only HTTPS links are allowed", (api:refusal("setChatMenuButton", { menu_button = app })))
    assert.equal("Bad Request: can't parse menu button: MenuButton must be an Object",
      (api:refusal("setChatMenuButton", { menu_button = "[]" })))
  end)

  it("asks for rights, in groups and in channels", function()
    api.setMyDefaultAdministratorRights { rights = { can_pin_messages = true }, for_channels = true }
    assert.is_true(api.getMyDefaultAdministratorRights({ for_channels = true }).can_pin_messages)
    assert.is_false(api.getMyDefaultAdministratorRights().can_pin_messages)
  end)
end)

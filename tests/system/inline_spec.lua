-- Inline mode and Web Apps: what a bot answers is written in a chat by a person, and the bot can still edit it.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a message via a bot in the sandbox", function()
  local telegram, api, anna, group
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
    group = telegram:chat("supergroup", "Moon", { anna })
    api.getUpdates()
  end)
  after_each(world.finish)

  local buttons = { inline_keyboard = { { { text = "more", callback_data = "m" } } } }

  local function choose(result)
    local query = telegram:post("inline", { from_id = anna.id, query = "moon" })
    api.answerInlineQuery { inline_query_id = query.id, results = { result } }
    return telegram:post("choices", { id = query.id, from_id = anna.id, result_id = result.id, chat_id = group.id })
  end

  it("is chosen, told, and edited by its inline id", function()
    local written = choose { type = "article", id = "1", title = "Moon", reply_markup = buttons,
      input_message_content = { message_text = "*Moon*", parse_mode = "MarkdownV2" } }
    assert.same({ "Moon", "bold", true }, { written.text, written.entities[1].type, written.via_bot.is_bot })
    local updates = api:updates()
    local id = updates[#updates].chosen_inline_result.inline_message_id
    assert.is_string(id)
    assert.is_true(api.editMessageText { inline_message_id = id, text = "Full Moon", reply_markup = buttons })
    assert.equal("Full Moon", telegram:messages(group.id)[1].text)
    local message_id = math.tointeger(written.message_id)
    telegram:post("callbacks", { chat_id = group.id, message_id = message_id, data = "m", from_id = anna.id })
    assert.equal(id, api:updates("callback_query")[1].inline_message_id)
    assert.equal("Bad Request: MESSAGE_ID_INVALID", (api:refusal("editMessageText", { inline_message_id = "x", text = "a" })))
  end)

  it("is answered with a next offset and a button, and remembered for as long as the bot says", function()
    local function ask(more)
      local question = { from_id = anna.id, query = "moon", username = api.getMe().username:upper(), cached = true,
        chat_id = group.id }
      for name, value in pairs(more or {}) do question[name] = value end
      return telegram:post("inline", question)
    end
    local function answer(query, more)
      local given = { inline_query_id = query.id, results = {}, cache_time = 60 }
      for name, value in pairs(more or {}) do given[name] = value end
      assert.is_true(api.answerInlineQuery(given))
    end
    local first = ask()
    assert.equal("supergroup", api:updates("inline_query")[1].chat_type)
    answer(first, { next_offset = "5", button = { text = "All of them", start_parameter = "all" } })
    local shown = telegram:get("answers?id=" .. first.id)
    assert.same({ "5", "all", 60 }, { shown.next_offset, shown.button.start_parameter, shown.cache_time })
    assert.equal(first.id, ask().id)
    local boris = telegram:person "Boris"
    assert.equal(first.id, ask({ from_id = boris.id }).id)
    local second = ask { offset = "5" }
    assert.not_equal(first.id, second.id)
    answer(second, { is_personal = true })
    assert.equal(second.id, ask({ offset = "5" }).id)
    assert.not_equal(second.id, ask({ offset = "5", from_id = boris.id }).id)
    telegram:post("clock", { advance_s = 60 })
    assert.not_equal(first.id, ask().id)
    assert.not_equal("string", type(ask({ username = "nobody" }).id)) -- null
    assert.matches("NEXT_OFFSET_INVALID", (api:refusal("answerInlineQuery",
      { inline_query_id = "1", results = {}, next_offset = ("x"):rep(65) })))
  end)

  it("can be a file, a place or a contact", function()
    local id = api.sendPhoto({ chat_id = anna.id, photo = bot_client.file("a.jpg", "x") }).photo[1].file_id
    local photo = choose { type = "photo", id = "1", photo_file_id = id, caption = "look" }
    assert.same({ id, "look" }, { photo.photo[1].file_id, photo.caption })
    local venue = choose { type = "venue", id = "1", latitude = 1.5, longitude = 2, title = "Crater", address = "Moon" }
    assert.same({ "Crater", 1.5 }, { venue.venue.title, venue.location.latitude })
    local contact = choose { type = "contact", id = "1", phone_number = "1", first_name = "Anna" }
    assert.equal("Anna", contact.contact.first_name)
    assert.equal("A gif", choose({ type = "gif", id = "1", gif_url = "http://127.0.0.1/a.gif", title = "A gif" }).text)
  end)

  it("is what a Web App answers with", function()
    local opened = telegram:post("web_apps", { from_id = anna.id, url = "https://127.0.0.1/app", chat_id = group.id })
    assert.matches("query_id=" .. opened.query_id, opened.init_data, 1, true)
    assert.matches("&hash=%x+$", opened.init_data)
    assert.matches("^https://127%.0%.0%.1/app#tgWebAppData=query_id%%3D", opened.url)
    local sent = api.answerWebAppQuery { web_app_query_id = opened.query_id, result = { type = "article", id = "1", title = "t",
      reply_markup = buttons, input_message_content = { message_text = "from the app" } } }
    assert.is_string(sent.inline_message_id)
    assert.equal("from the app", telegram:messages(group.id)[1].text)
    local again = { web_app_query_id = opened.query_id, result = { type = "article" } }
    assert.matches("query is too old", (api:refusal("answerWebAppQuery", again)))
  end)

  it("is not what an app of a keyboard sends: that is data for the bot", function()
    telegram:post("web_app_data", { chat_id = anna.id, data = "42", button_text = "Open" })
    assert.same({ data = "42", button_text = "Open" }, api:updates("message")[1].web_app_data)
  end)
end)

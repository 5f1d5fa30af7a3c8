-- What a message carries beside its content comes back as the bot has given it, and many messages go on at once.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a message in the sandbox", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local function send(more)
    local parameters = { chat_id = anna.id, text = "a" }
    for name, value in pairs(more or {}) do parameters[name] = value end
    return api.sendMessage(parameters)
  end
  local function refusal(more)
    local parameters = { chat_id = anna.id, text = "a" }
    for name, value in pairs(more) do parameters[name] = value end
    return (api:refusal("sendMessage", parameters))
  end

  it("shows its effect, its link preview and its protection", function()
    local sent = send { message_effect_id = "5104841245755180586", protect_content = true,
      link_preview_options = { is_disabled = true, prefer_small_media = false, nonsense = true } }
    assert.equal("5104841245755180586", sent.effect_id)
    assert.same({ is_disabled = true }, sent.link_preview_options)
    assert.is_true(sent.has_protected_content)
    local edited = api.editMessageText { chat_id = anna.id, message_id = sent.message_id, text = "a",
      link_preview_options = { show_above_text = true } }
    assert.same({ { show_above_text = true }, sent.effect_id }, { edited.link_preview_options, edited.effect_id })
    assert.equal("Bad Request: message has protected content and can't be forwarded",
      (api:refusal("forwardMessage", { chat_id = anna.id, from_chat_id = anna.id, message_id = sent.message_id })))
    assert.equal("Bad Request: object expected as link preview options", refusal { link_preview_options = "[]" })
    assert.equal("Bad Request: message thread not found", refusal { message_thread_id = 7 })
    assert.is_nil(send().has_protected_content)
  end)

  it("quotes a part of what it replies to", function()
    local original = send { text = "🌝 the Moon, the Moon" }
    local sent = send {
      reply_parameters = { message_id = original.message_id, quote = "<b>Moon</b>", quote_parse_mode = "HTML" },
    }
    assert.equal(original.message_id, sent.reply_to_message.message_id)
    local bold = { { type = "bold", offset = 0, length = 4 } }
    assert.same({ text = "Moon", position = 7, is_manual = true, entities = bold }, sent.quote)
    assert.equal("Bad Request: QUOTE_TEXT_INVALID",
      refusal { reply_parameters = { message_id = original.message_id, quote = "Mars" } })
    assert.equal("Bad Request: object expected as reply parameters", refusal { reply_parameters = "[]" })
    assert.equal([[Bad Request: can't find field "message_id"]], refusal { reply_parameters = { quote = "a" } })
  end)

  it("replies to a message of another chat", function()
    local boris = telegram:person "Boris"
    local original = api.sendMessage { chat_id = boris.id, text = "there" }
    local sent = send { reply_parameters = { chat_id = boris.id, message_id = original.message_id } }
    assert.is_nil(sent.reply_to_message)
    assert.same({ boris.id, original.message_id, "user" },
      { sent.external_reply.chat.id, sent.external_reply.message_id, sent.external_reply.origin.type })
  end)

  it("goes on with others, and those that can't are passed over", function()
    local boris = telegram:person "Boris"
    local first = send { text = "1" }
    local secret = send { text = "2", protect_content = true }
    local third = api.sendDocument { chat_id = anna.id, document = bot_client.file("a.txt", "x"), caption = "3" }
    local ids = { first.message_id, secret.message_id, third.message_id, 99 }
    assert.equal(2, #api.forwardMessages { chat_id = boris.id, from_chat_id = anna.id, message_ids = ids })
    assert.equal(3, #api.copyMessages { chat_id = boris.id, from_chat_id = anna.id, message_ids = ids, remove_caption = true })
    local seen = {}
    for i, message in ipairs(telegram:messages(boris.id)) do
      seen[i] = (message.text or message.caption or "-") ..
        (message.forward_origin and " of " .. message.forward_origin.type or "")
    end
    assert.same({ "1 of user", "3 of user", "1", "2", "-" }, seen)
    assert.equal("Bad Request: message identifiers must be in a strictly increasing order", (api:refusal("copyMessages",
      { chat_id = boris.id, from_chat_id = anna.id, message_ids = { 3, 1 } })))
    assert.equal("Bad Request: there are no messages to forward", (api:refusal("forwardMessages",
      { chat_id = boris.id, from_chat_id = anna.id, message_ids = { 99 } })))
    assert.equal("Bad Request: message identifier must be a Number", (api:refusal("forwardMessages",
      { chat_id = boris.id, from_chat_id = anna.id, message_ids = { true } })))
  end)

  it("forwarded from a channel tells the post that it was", function()
    local channel = telegram:chat("channel", "News")
    local post = api.sendMessage { chat_id = channel.id, text = "news" }
    local forward = api.forwardMessage { chat_id = anna.id, from_chat_id = channel.id, message_id = post.message_id }
    assert.same({ channel.id, post.message_id, post.date },
      { forward.forward_from_chat.id, forward.forward_from_message_id, forward.forward_date })
  end)

  it("can be a place that moves, until it is stopped or its time is over", function()
    local sent = api.sendLocation { chat_id = anna.id, latitude = 1, longitude = 2, live_period = 60 }
    local where = { chat_id = anna.id, message_id = sent.message_id, latitude = 3, longitude = 4 }
    local moved = api.editMessageLiveLocation(where).location
    assert.same({ 3, 4, 60 }, { moved.latitude, moved.longitude, moved.live_period })
    assert.matches("message is not modified", (api:refusal("editMessageLiveLocation", where)))
    assert.is_nil(api.stopMessageLiveLocation({ chat_id = anna.id, message_id = sent.message_id }).location.live_period)
    assert.equal("Bad Request: message can't be edited", (api:refusal("editMessageLiveLocation", where)))
    where.message_id = api.sendLocation({ chat_id = anna.id, latitude = 1, longitude = 2, live_period = 60 }).message_id
    telegram:post("clock", { advance_s = 61 })
    assert.equal("Bad Request: message can't be edited", (api:refusal("editMessageLiveLocation", where)))
  end)

  it("is not sent faster than others by a poor bot", function()
    assert.equal("Bad Request: FLOODSKIP_NOT_ALLOWED", refusal { allow_paid_broadcast = true })
  end)

  it("can be a place with a name, or a full contact", function()
    local venue = api.sendVenue { chat_id = anna.id, latitude = 1.5, longitude = 2, title = "Crater", address = "Moon",
      foursquare_id = "f" }.venue
    assert.same({ "Crater", "Moon", "f", 1.5 }, { venue.title, venue.address, venue.foursquare_id, venue.location.latitude })
    assert.equal("Bad Request: longitude is empty", (api:refusal("sendLocation", { chat_id = anna.id, latitude = 1 })))
    assert.equal(60, api.sendLocation { chat_id = anna.id, latitude = 1, longitude = 2, live_period = 60 }.location.live_period)
    assert.same({ phone_number = "1", first_name = "a", last_name = "b" },
      api.sendContact { chat_id = anna.id, phone_number = "1", first_name = "a", last_name = "b" }.contact)
  end)
end)

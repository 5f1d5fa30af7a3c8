-- Reactions: people's reach the bot where it asked for them, the bot's are seen by people, and both are counted.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a reaction in the sandbox", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    api.getUpdates { allowed_updates = { "message_reaction", "message_reaction_count" } }
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local function react(chat, message, person, reaction)
    telegram:post("reactions", { chat_id = chat.id, message_id = math.tointeger(message.message_id), from_id = person.id,
      reaction = setmetatable(reaction, { __jsontype = "array" }) })
  end

  it("of a person is told with what was before", function()
    local message = api.sendMessage { chat_id = anna.id, text = "a" }
    react(anna, message, anna, { "👍" })
    react(anna, message, anna, { "🔥" })
    react(anna, message, anna, {})
    local changes = {}
    for i, update in ipairs(api:updates "message_reaction") do
      local old, new = update.old_reaction[1], update.new_reaction[1]
      changes[i] = (old and old.emoji or "-") .. (new and new.emoji or "-")
    end
    assert.same({ "-👍", "👍🔥", "🔥-" }, changes)
  end)

  it("to a channel's post is only counted", function()
    local channel, boris = telegram:chat("channel", "News"), telegram:person "Boris"
    local post = api.sendMessage { chat_id = channel.id, text = "news" }
    react(channel, post, anna, { "👍" })
    react(channel, post, boris, { "👍" })
    local counts = api:updates "message_reaction_count"
    assert.same({ { type = { type = "emoji", emoji = "👍" }, total_count = 2 } }, counts[2].reactions)
  end)

  it("of the bot is seen beside others, and taken away", function()
    local group = telegram:chat("supergroup", "Moon", { anna })
    local message = api.sendMessage { chat_id = group.id, text = "a" }
    local where = { chat_id = group.id, message_id = message.message_id, reaction = { { type = "emoji", emoji = "👍" } } }
    api.setMessageReaction(where)
    react(group, message, anna, { "👍" })
    assert.equal(2, telegram:messages(group.id)[1].reactions[1].total_count)
    api.deleteMessageReaction { chat_id = group.id, message_id = message.message_id, user_id = anna.id }
    assert.equal(1, telegram:messages(group.id)[1].reactions[1].total_count)
    where.reaction = {}
    api.setMessageReaction(where)
    assert.is_nil(telegram:messages(group.id)[1].reactions)
    assert.equal("Bad Request: expected an Array of ReactionType",
      (api:refusal("setMessageReaction", { chat_id = group.id, message_id = message.message_id, reaction = '"x"' })))
  end)
end)

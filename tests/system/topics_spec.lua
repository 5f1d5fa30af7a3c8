-- The topics of a forum: the bot makes them, writes and hears in them, and closes them.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a forum in the sandbox", function()
  local telegram, api, anna, forum
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
    forum = telegram:chat("supergroup", "Moon", { anna })
    telegram:post("chats", { id = forum.id, type = "supergroup", title = "Moon", is_forum = true })
  end)
  after_each(world.finish)

  local function topic(more)
    local parameters = { chat_id = forum.id, name = "Craters" }
    for name, value in pairs(more or {}) do parameters[name] = value end
    return parameters
  end

  it("has topics, in which messages stand", function()
    local made = api.createForumTopic(topic { icon_color = 7322096 })
    assert.same({ "Craters", 7322096 }, { made.name, made.icon_color })
    local id = math.tointeger(made.message_thread_id)
    assert.equal("Craters", api:updates("message")[1].forum_topic_created.name)
    local sent = api.sendMessage { chat_id = forum.id, message_thread_id = id, text = "here" }
    assert.same({ id, true, true }, { sent.message_thread_id, sent.is_topic_message, sent.chat.is_forum })
    anna:sends({ text = "I see", message_thread_id = id }, forum)
    assert.equal(id, api:updates("message")[1].message_thread_id)
    assert.equal("Bad Request: message thread not found",
      (api:refusal("sendMessage", { chat_id = forum.id, message_thread_id = 99, text = "a" })))
  end)

  it("closes topics to people, and opens them again", function()
    local id = math.tointeger(api.createForumTopic(topic()).message_thread_id)
    api.closeForumTopic { chat_id = forum.id, message_thread_id = id }
    assert.is_false(pcall(anna.sends, anna, { text = "may I?", message_thread_id = id }, forum))
    assert.equal("Bad Request: TOPIC_NOT_MODIFIED",
      (api:refusal("closeForumTopic", { chat_id = forum.id, message_thread_id = id })))
    api.reopenForumTopic { chat_id = forum.id, message_thread_id = id }
    anna:sends({ text = "I may", message_thread_id = id }, forum)
    api.closeGeneralForumTopic { chat_id = forum.id }
    assert.is_false(pcall(anna.says, anna, "and here?", forum))
    assert.equal("Bad Request: TOPIC_ID_INVALID",
      (api:refusal("closeForumTopic", { chat_id = forum.id, message_thread_id = 1 })))
  end)

  it("renames a topic, and deletes it with its messages", function()
    local id = math.tointeger(api.createForumTopic(topic()).message_thread_id)
    api.editForumTopic { chat_id = forum.id, message_thread_id = id, name = "Seas" }
    assert.equal("Seas", api:updates("message")[2].forum_topic_edited.name)
    api.sendMessage { chat_id = forum.id, message_thread_id = id, text = "here" }
    api.sendMessage { chat_id = forum.id, text = "outside" }
    api.deleteForumTopic { chat_id = forum.id, message_thread_id = id }
    assert.equal(1, #telegram:messages(forum.id))
    assert.equal("Bad Request: TOPIC_ID_INVALID",
      (api:refusal("editForumTopic", { chat_id = forum.id, message_thread_id = id, name = "x" })))
  end)

  it("is not what another group is", function()
    local group = telegram:chat("supergroup", "Plain", { anna })
    assert.equal("Bad Request: the chat is not a forum", (api:refusal("createForumTopic", { chat_id = group.id, name = "x" })))
    assert.equal("Bad Request: topic name must be non-empty",
      (api:refusal("createForumTopic", { chat_id = forum.id, name = "" })))
  end)
end)

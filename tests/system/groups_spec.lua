-- Groups as people run them: who makes them, invites, opens topics and pins, how far the bot has read, what the info tells.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("people in the sandbox", function()
  local telegram, api, me, anna, boris
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    api.getUpdates { allowed_updates = { "message", "channel_post", "my_chat_member", "chat_member", "chat_join_request" } }
    me = math.tointeger(api.getMe().id)
    anna, boris = telegram:person "Anna", telegram:person "Boris"
  end)
  after_each(world.finish)

  local function makes(id, more)
    local chat = { id = id, type = "supergroup", title = "Moon", creator = anna.id, members = { boris.id }, bots = "left" }
    for name, value in pairs(more or {}) do chat[name] = value end
    telegram:post("chats", chat)
    return { id = id }
  end

  local function details(chat) return telegram:get("chat?chat_id=" .. chat.id) end

  it("make a group without the bot, of whose coming it is told, and add it", function()
    local group = makes(-100)
    assert.equal(2, #details(group).members)
    assert.equal("creator", details(group).members[1].status)
    assert.same({}, api:updates())
    anna:says("alone", group)
    assert.same({}, api:updates())
    telegram:post("members", { chat_id = group.id, user_id = me, status = "member", from_id = anna.id })
    local updates = api:updates()
    assert.same({ "left", "member", anna.id, me }, {
      updates[1].my_chat_member.old_chat_member.status, updates[1].my_chat_member.new_chat_member.status,
      math.tointeger(updates[1].my_chat_member.from.id), math.tointeger(updates[2].message.new_chat_members[1].id) })
    boris:says("all of us", group)
    assert.equal("all of us", api:updates("message")[1].text)
  end)

  it("rename a group, which the list tells with its last message", function()
    local group = makes(-100, { bots = "member" })
    telegram:post("titles", { chat_id = group.id, from_id = anna.id, title = "Far side" })
    assert.same({ "Far side", anna.id },
      { api:updates("message")[1].new_chat_title, math.tointeger(telegram:messages(group.id)[1].from.id) })
    local chats = telegram:get("chats?with_last=true&groups=true").chats
    assert.same({ 1, "Far side", "Far side" }, { #chats, chats[1].title, chats[1].last_message.new_chat_title })
    assert.equal(3, #telegram:get("chats").chats)
  end)

  it("open topics, rename and close them, and pin", function()
    local forum = makes(-100, { is_forum = true, bots = "administrator" })
    local topic = telegram:post("topics", { chat_id = forum.id, from_id = anna.id, name = "Craters" })
    local function change(more)
      more.chat_id, more.from_id, more.message_thread_id = forum.id, anna.id, topic.message_thread_id
      telegram:post("topics", more)
    end
    change { name = "Seas" }
    change { is_closed = true }
    change { is_closed = true } -- which changes nothing
    local told = api:updates("message")
    assert.equal(3, #told)
    assert.same({ "Seas", true, topic.message_thread_id },
      { told[2].forum_topic_edited.name, told[3].forum_topic_closed ~= nil, told[3].message_thread_id })
    assert.same({ "General", "Seas" }, { details(forum).topics[2].name, details(forum).topics[1].name })
    change { is_closed = false }
    assert.is_truthy(api:updates("message")[1].forum_topic_reopened)
    local said = boris:sends({ text = "here", message_thread_id = topic.message_thread_id }, forum)
    telegram:post("pins", { chat_id = forum.id, message_id = said.message_id, from_id = anna.id })
    assert.same({ "here", anna.id }, { api:updates("message")[2].pinned_message.text,
      math.tointeger(telegram:messages(forum.id)[6].from.id) })
    assert.is_false(pcall(change, { message_thread_id = 99, name = "" }))
  end)

  it("invite by a link of their own, and decide about requests", function()
    local group = makes(-100, { bots = "administrator", members = {} })
    local made = telegram:post("invite_links", { chat_id = group.id, from_id = anna.id, creates_join_request = true })
    local link = made.invite_link
    assert.equal("Moon", telegram:get("chat?invite_link=" .. link:gsub("%+", "%%2B")).title)
    telegram:post("joins", { invite_link = link, from_id = boris.id })
    assert.equal(boris.id, math.tointeger(details(group).join_requests[1].from.id))
    assert.equal(link, api:updates("chat_join_request")[1].invite_link.invite_link)
    telegram:post("join_requests", { chat_id = group.id, from_id = anna.id, user_id = boris.id, approved = false })
    assert.same({ 0, "left" },
      { #details(group).join_requests, api.getChatMember({ chat_id = group.id, user_id = boris.id }).status })
    telegram:post("joins", { invite_link = link, from_id = boris.id })
    telegram:post("join_requests", { chat_id = group.id, from_id = anna.id, user_id = boris.id })
    local told = api:updates("chat_member")[1]
    assert.same({ "member", true, anna.id },
      { told.new_chat_member.status, told.via_join_request, math.tointeger(told.from.id) })
    assert.is_false(pcall(telegram.post, telegram, "join_requests",
      { chat_id = group.id, from_id = anna.id, user_id = boris.id }))
  end)

  it("see how far the bot has read, as soon as it has", function()
    local function read(more) return math.tointeger(telegram:get(("messages?chat_id=%d&%s"):format(anna.id, more)).read) end
    assert.equal(0, read "after_read=0")
    local first, second = anna:says "one", anna:says "two"
    assert.equal(0, read "after_read=0")
    local update = api.getUpdates({ limit = 1 })[1]
    assert.equal(0, read "after_read=0")
    api.getUpdates { offset = math.tointeger(update.update_id) + 1, limit = 1 }
    assert.equal(first.message_id, read "after_read=0&after_version=1000&wait=60")
    api:updates()
    assert.equal(second.message_id, read(("after_read=%d&after_version=1000&wait=60"):format(first.message_id)))
    anna:sends { message_id = first.message_id, text = "ONE" } -- an edit is no new message
    assert.equal(second.message_id, read "after_read=0")
  end)

  it("see the commands that the bot has for them in a group", function()
    local group = makes(-100, { bots = "member" })
    local function set(name, scope)
      api.setMyCommands { commands = { { command = name, description = "." } }, scope = scope }
    end
    local function of(who)
      return telegram:get(("bot?chat_id=%d&from_id=%d"):format(group.id, who.id)).commands[1].command
    end
    set "everywhere"
    assert.equal("everywhere", of(boris))
    set("groups", { type = "all_group_chats" })
    set("admins", { type = "all_chat_administrators" })
    assert.same({ "groups", "admins" }, { of(boris), of(anna) })
    set("here", { type = "chat", chat_id = group.id })
    set("boris", { type = "chat_member", chat_id = group.id, user_id = boris.id })
    assert.same({ "boris", "here" }, { of(boris), of(anna) })
  end)

  it("send a result of inline mode into a topic", function()
    local forum = makes(-100, { is_forum = true, bots = "administrator" })
    local topic = telegram:post("topics", { chat_id = forum.id, from_id = anna.id, name = "Craters" }).message_thread_id
    local asked = telegram:post("inline", { from_id = anna.id, query = "moon" })
    api.answerInlineQuery { inline_query_id = asked.id, results = { {
      type = "article", id = "1", title = "Moon", input_message_content = { message_text = "round" } } } }
    telegram:post("choices",
      { id = asked.id, result_id = "1", from_id = anna.id, chat_id = forum.id, message_thread_id = topic })
    local messages = telegram:messages(forum.id)
    assert.same({ "round", topic }, { messages[#messages].text, messages[#messages].message_thread_id })
  end)

  it("forward out of their chat with any bot", function()
    local group = makes(-100, { bots = "left" })
    local second = bot_client.new(telegram, "222:second-token-second-token-22")
    second.sendMessage { chat_id = anna.id, text = "of the second" }
    local id = telegram:get(("messages?chat_id=%d&bot_id=222"):format(anna.id)).messages[1].message_id
    local sent = telegram:post("forwards",
      { chat_id = group.id, from_id = anna.id, from_chat_id = anna.id, message_id = id, bot_id = 222 })
    assert.same({ "of the second", "user" }, { sent.text, sent.forward_origin.type })
  end)
end)

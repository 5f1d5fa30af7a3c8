-- Who is in a group, as what, and who comes in: what the bot does, what people do, and what each learns of the other.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a group in the sandbox", function()
  local telegram, api, anna, boris, group
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    api.getUpdates { allowed_updates = { "message", "chat_member", "my_chat_member", "chat_join_request" } }
    anna, boris = telegram:person "Anna", telegram:person "Boris"
    group = telegram:chat("supergroup", "Moon", { anna, boris })
  end)
  after_each(world.finish)

  local function of(who, more)
    local parameters = { chat_id = group.id, user_id = who.id }
    for name, value in pairs(more or {}) do parameters[name] = value end
    return parameters
  end
  local function owner(who, status, more)
    local input = { chat_id = group.id, user_id = who.id, status = status }
    for name, value in pairs(more or {}) do input[name] = value end
    telegram:post("members", input)
  end

  it("counts its members and lists its administrators", function()
    assert.equal(3, api.getChatMemberCount { chat_id = group.id })
    owner(anna, "creator", { custom_title = "first" })
    local administrators = api.getChatAdministrators { chat_id = group.id }
    assert.same({ "creator", "first", "administrator", true },
      { administrators[1].status, administrators[1].custom_title,
        administrators[2].status, administrators[2].can_pin_messages })
    assert.equal("Bad Request: there are no administrators in the private chat",
      (api:refusal("getChatAdministrators", { chat_id = anna.id })))
  end)

  it("bans for a time, tells all of it, and lets nobody banned in", function()
    api.banChatMember(of(boris, { until_date = os.time() + 3600 }))
    local updates = api:updates()
    assert.same({ "member", "kicked" },
      { updates[1].chat_member.old_chat_member.status, updates[1].chat_member.new_chat_member.status })
    assert.equal(boris.id, updates[2].message.left_chat_member.id)
    assert.is_false(pcall(telegram.post, telegram, "joins", { chat_id = group.id, from_id = boris.id }))
    telegram:post("clock", { advance_s = 3601 })
    assert.equal("left", api.getChatMember(of(boris)).status)
    telegram:post("joins", { chat_id = group.id, from_id = boris.id })
    assert.equal(boris.id, api:updates("message")[1].new_chat_members[1].id)
    api.unbanChatMember(of(boris, { only_if_banned = true }))
    assert.equal("member", api.getChatMember(of(boris)).status)
    api.unbanChatMember(of(boris))
    assert.equal("left", api.getChatMember(of(boris)).status)
  end)

  it("restricts and promotes, and keeps titles", function()
    api.restrictChatMember(of(boris, { permissions = { can_send_messages = false, can_send_photos = true } }))
    local member = api.getChatMember(of(boris))
    assert.same({ "restricted", false, true, true },
      { member.status, member.can_send_messages, member.can_send_photos, member.is_member })
    assert.is_false(pcall(boris.says, boris, "hi", group))
    api.promoteChatMember(of(boris, { can_pin_messages = true }))
    member = api.getChatMember(of(boris))
    assert.same({ "administrator", true, false, true },
      { member.status, member.can_pin_messages, member.can_invite_users, member.can_manage_chat })
    api.setChatAdministratorCustomTitle(of(boris, { custom_title = "pinner" }))
    assert.equal("pinner", api.getChatMember(of(boris)).custom_title)
    assert.equal("Bad Request: user is an administrator of the chat", (api:refusal("banChatMember", of(boris))))
    api.promoteChatMember(of(boris))
    assert.equal("member", api.getChatMember(of(boris)).status)
    assert.equal("Bad Request: user is not an administrator",
      (api:refusal("setChatAdministratorCustomTitle", of(boris, { custom_title = "x" }))))
  end)

  it("refuses what the bot has no right to", function()
    owner({ id = math.tointeger(api.getMe().id) }, "administrator", { rights = { can_manage_chat = true } })
    assert.equal("administrator", api:updates("my_chat_member")[1].new_chat_member.status)
    assert.equal("Bad Request: not enough rights to restrict/unrestrict chat member", (api:refusal("banChatMember", of(boris))))
    assert.equal("Bad Request: not enough rights", (api:refusal("promoteChatMember", of(boris))))
    assert.equal("Bad Request: not enough rights to change chat title",
      (api:refusal("setChatTitle", { chat_id = group.id, title = "x" })))
    local message = boris:says("pin me", group)
    assert.equal("Bad Request: not enough rights to manage pinned messages in the chat",
      (api:refusal("pinChatMessage", { chat_id = group.id, message_id = math.tointeger(message.message_id) })))
  end)

  it("has a title, a description and permissions that the bot may change", function()
    api.setChatTitle { chat_id = group.id, title = "Луна" }
    api.setChatDescription { chat_id = group.id, description = "far" }
    api.setChatPermissions { chat_id = group.id, permissions = { can_send_polls = true } }
    local chat = api.getChat { chat_id = group.id }
    assert.same({ "Луна", "far", true, false },
      { chat.title, chat.description, chat.permissions.can_send_polls, chat.permissions.can_send_messages })
    assert.equal("Луна", api:updates("message")[1].new_chat_title)
    assert.is_false(pcall(boris.says, boris, "hi", group))
    local refusal = api:refusal("setChatTitle", { chat_id = group.id, title = "Луна" })
    assert.equal("Bad Request: chat title is not modified", refusal)
  end)

  it("has a photo that the bot may change and take away", function()
    api.setChatPhoto { chat_id = group.id, photo = bot_client.file("a.jpg", "moon") }
    assert.equal("moon", api:download(api.getChat({ chat_id = group.id }).photo.big_file_id))
    assert.is_table(api:updates("message")[1].new_chat_photo[1])
    api.deleteChatPhoto { chat_id = group.id }
    assert.is_true(api:updates("message")[1].delete_chat_photo)
    assert.is_nil(api.getChat({ chat_id = group.id }).photo)
  end)

  it("is entered by links, until they are full, expired or revoked", function()
    local link = api.createChatInviteLink { chat_id = group.id, name = "one", member_limit = 1 }
    assert.same({ "one", 1, false }, { link.name, link.member_limit, link.is_primary })
    local vera, gleb = telegram:person "Vera", telegram:person "Gleb"
    telegram:post("joins", { invite_link = link.invite_link, from_id = vera.id })
    assert.equal(link.invite_link, api:updates("chat_member")[1].invite_link.invite_link)
    assert.is_false(pcall(telegram.post, telegram, "joins", { invite_link = link.invite_link, from_id = gleb.id }))
    local primary = api.exportChatInviteLink { chat_id = group.id }
    assert.equal(primary, api.getChat { chat_id = group.id }.invite_link)
    assert.is_true(api.revokeChatInviteLink { chat_id = group.id, invite_link = primary }.is_revoked)
    assert.is_false(pcall(telegram.post, telegram, "joins", { invite_link = primary, from_id = gleb.id }))
    assert.equal("Bad Request: INVITE_HASH_EXPIRED",
      (api:refusal("editChatInviteLink", { chat_id = group.id, invite_link = "https://t.me/+nothing" })))
  end)

  it("lets in those whose request the bot approves", function()
    local link = api.createChatInviteLink { chat_id = group.id, creates_join_request = true }
    local vera, gleb = telegram:person "Vera", telegram:person "Gleb"
    telegram:post("joins", { invite_link = link.invite_link, from_id = vera.id, bio = "a pilot" })
    telegram:post("joins", { invite_link = link.invite_link, from_id = gleb.id })
    local request = api:updates("chat_join_request")[1]
    assert.same({ vera.id, "a pilot", link.invite_link }, { request.from.id, request.bio, request.invite_link.invite_link })
    api.approveChatJoinRequest(of(vera))
    api.declineChatJoinRequest(of(gleb))
    assert.same({ "member", "left" }, { api.getChatMember(of(vera)).status, api.getChatMember(of(gleb)).status })
    assert.is_true(api:updates("chat_member")[1].via_join_request)
    assert.equal("Bad Request: HIDE_REQUESTER_MISSING", (api:refusal("approveChatJoinRequest", of(gleb))))
    assert.equal("Bad Request: HIDE_REQUESTER_MISSING", (api:refusal("approveChatJoinRequest", of { id = 99999 })))
    assert.equal("Bad Request: USER_ALREADY_PARTICIPANT", (api:refusal("approveChatJoinRequest", of(vera))))
  end)

  it("is left by a bot, and closed to one that was thrown out", function()
    api.leaveChat { chat_id = group.id }
    assert.equal("left", api:updates("my_chat_member")[1].new_chat_member.status)
    assert.equal("Forbidden: bot is not a member of the supergroup chat",
      (api:refusal("sendMessage", { chat_id = group.id, text = "a" })))
    boris:says("is it gone?", group)
    assert.same({}, api:updates "message")
    owner({ id = math.tointeger(api.getMe().id) }, "kicked")
    assert.equal("Forbidden: bot was kicked from the supergroup chat",
      (api:refusal("sendMessage", { chat_id = group.id, text = "a" })))
  end)

  it("tells a bot in privacy mode only what is meant for it", function()
    local shy = bot_client.new(telegram, "555:ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    telegram:post("bots", { token = shy.token, username = "shy_bot", can_read_all_group_messages = false })
    assert.is_false(shy.getMe().can_read_all_group_messages)
    owner({ id = 555 }, "member")
    shy:updates()
    local question = shy.sendMessage { chat_id = group.id, text = "who?" }
    boris:says("nobody in particular", group)
    boris:says("/start", group)
    boris:says("/start@Shy_bot now", group)
    boris:says("/start@other_bot", group)
    boris:sends({ text = "me", reply_to_message_id = math.tointeger(question.message_id) }, group)
    api.sendMessage { chat_id = group.id, text = "I am here, too" }
    boris:says("/help", group)
    local heard = {}
    for i, message in ipairs(shy:updates "message") do heard[i] = message.text end
    assert.same({ "/start", "/start@Shy_bot now", "me" }, heard)
    assert.equal(6, #api:updates "message")
  end)

  it("is the same after saving and loading", function()
    local path = os.tmpname()
    os.remove(path)
    local first = world.sandbox { data = path }
    local bot = bot_client.new(first)
    local vera = first:person "Vera"
    local chat = first:chat("supergroup", "Moon", { vera })
    bot.promoteChatMember { chat_id = chat.id, user_id = vera.id, can_pin_messages = true }
    local link = bot.createChatInviteLink { chat_id = chat.id, name = "one" }
    first:stop()
    local second = world.sandbox { data = path }
    bot = bot_client.new(second)
    assert.is_true(bot.getChatMember { chat_id = chat.id, user_id = vera.id }.can_pin_messages)
    assert.equal("two", bot.editChatInviteLink { chat_id = chat.id, invite_link = link.invite_link, name = "two" }.name)
    second:stop()
    os.remove(path)
  end)
end)

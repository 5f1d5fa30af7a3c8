-- A person lets a bot take part in their own chats: it hears both sides, writes for the owner, and keeps checklists there.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a business account in the sandbox", function()
  local telegram, api, owner, customer, connection, chat_id
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    api.getMe()
    owner, customer = telegram:person "Olga", telegram:person "Kim"
    connection = telegram:post("business_connections", { user_id = owner.id }).id
    local chat = telegram:post("business_chats", { business_connection_id = connection, user_id = customer.id })
    chat_id = math.tointeger(chat.chat_id)
  end)
  after_each(world.finish)

  local function there(more)
    local parameters = { business_connection_id = connection, chat_id = customer.id }
    for name, value in pairs(more) do parameters[name] = value end
    return parameters
  end
  local function writes(who, text) return telegram:post("messages", { chat_id = chat_id, from_id = who.id, text = text }) end

  it("tells its bot of the connection and of both sides of the chat", function()
    writes(customer, "are you open?")
    writes(owner, "a moment")
    local updates = api:updates()
    assert.same({ owner.id, true }, { updates[1].business_connection.user.id, updates[1].business_connection.is_enabled })
    local first, second = updates[2].business_message, updates[3].business_message
    assert.same({ connection, customer.id, customer.id, "are you open?" },
      { first.business_connection_id, first.chat.id, first.from.id, first.text })
    assert.same({ customer.id, owner.id }, { second.chat.id, second.from.id })
    assert.same({}, telegram:messages(customer.id))
  end)

  it("lets the bot write, edit and delete for the owner", function()
    local sent = api.sendMessage(there { text = "yes" })
    assert.same({ owner.id, connection, true }, { sent.from.id, sent.business_connection_id, sent.sender_business_bot.is_bot })
    assert.equal("yes", telegram:messages(chat_id)[1].text)
    assert.equal("no", api.editMessageText(there { message_id = sent.message_id, text = "no" }).text)
    local theirs = writes(customer, "oh")
    assert.is_true(api.readBusinessMessage(there { message_id = math.tointeger(theirs.message_id) }))
    api.deleteBusinessMessages { business_connection_id = connection,
      message_ids = { sent.message_id, math.tointeger(theirs.message_id) } }
    assert.same({}, telegram:messages(chat_id))
  end)

  it("keeps the bot to its rights", function()
    telegram:post("business_connections", { user_id = owner.id, rights = { can_read_messages = true } })
    assert.is_true(api.getBusinessConnection({ business_connection_id = connection }).rights.can_read_messages)
    assert.equal("Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED", (api:refusal("sendMessage", there { text = "a" })))
    assert.equal("Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED",
      (api:refusal("setBusinessAccountName", { business_connection_id = connection, first_name = "O" })))
    assert.equal("Bad Request: business connection not found",
      (api:refusal("getBusinessConnection", { business_connection_id = "bc0" })))
    telegram:post("business_connections", { user_id = owner.id, rights = { can_edit_name = true } })
    api.setBusinessAccountName { business_connection_id = connection, first_name = "Olga & Co" }
    assert.equal("Olga & Co", api.getChat({ chat_id = owner.id }).first_name)
  end)

  it("tells of messages that people delete there", function()
    local message = writes(customer, "forget it")
    api:updates()
    telegram:post("forget", { chat_id = chat_id, message_id = math.tointeger(message.message_id), delete = true })
    assert.same({ math.tointeger(message.message_id) }, api:updates("deleted_business_messages")[1].message_ids)
  end)

  it("has checklists, which people tick off", function()
    local list = {
      title = "Flight", tasks = { { id = 1, text = "*fuel*", parse_mode = "Markdown" }, { id = 2, text = "food" } },
    }
    local sent = api.sendChecklist(there { checklist = list })
    assert.same({ "Flight", "fuel", "bold" },
      { sent.checklist.title, sent.checklist.tasks[1].text, sent.checklist.tasks[1].text_entities[1].type })
    api:updates()
    telegram:post("checklist_marks", { chat_id = chat_id, message_id = math.tointeger(sent.message_id), from_id = customer.id,
      done = { 2 } })
    local told = api:updates("business_message")[1].checklist_tasks_done
    assert.same({ { 2 }, customer.id }, { told.marked_as_done_task_ids,
      told.checklist_message.checklist.tasks[2].completed_by_user.id })
    list.title = "Landing"
    assert.equal("Landing", api.editMessageChecklist(there { message_id = sent.message_id, checklist = list }).checklist.title)
    assert.equal("Bad Request: invalid number of checklist tasks specified",
      (api:refusal("sendChecklist", there { checklist = { title = "a", tasks = "[]" } })))
  end)
end)

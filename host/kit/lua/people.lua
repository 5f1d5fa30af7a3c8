-- Telegram from the person's side: chats, what people do in them, and what the bot shows there.
local fail = require "kit.assert".fail
local json = require "json"
local wording = require "kit.wording"
local world = require "kit.world"

local chat = {} -- of a person, a group or a channel; the same methods, where they make sense
chat.__index = chat

local telegram = {}

-- ---- what a chat shows ----

local is_file = {}
for _, kind in ipairs(wording.FILES) do
  is_file[kind] = true
end

local function words_of(message) return wording.words_of(message) or "[message]" end

local function list_words(messages)
  local words = {}
  for i, message in ipairs(messages) do
    words[i] = wording.show(words_of(message))
  end
  return #words == 0 and "nothing" or table.concat(words, ", ")
end

-- The bot's, also those that it writes in a business account's name. In a channel nobody else is told from it by a name.
local function is_of_bot(self, message)
  if self.thread and message.message_thread_id ~= self.thread then return false end
  return message.from and message.from.is_bot or message.sender_business_bot
    or self.is_channel and not self.own[message.message_id]
end

-- The bot's messages in this chat, and the sandbox's whole answer about it.
local function read(self, after_version)
  world.settle()
  local shown = world.ask("GET", "messages", { chat_id = self.id, after_version = after_version or 0 })
  local messages = {}
  for _, message in ipairs(shown.messages) do
    if is_of_bot(self, message) and not message.deleted then
      messages[#messages + 1] = message
    end
  end
  return messages, shown
end

--- The bot's messages in this chat as they stand now, oldest first.
function chat:messages() return (read(self)) end

--- The newest of them; nil where there is none.
function chat:last()
  local messages = self:messages()
  return messages[#messages]
end

--- Their texts.
function chat:saw()
  local texts = {}
  for i, message in ipairs(self:messages()) do
    texts[i] = words_of(message)
  end
  return texts
end

-- Messages that are new or were edited since the one that was seen last, in the order of these events.
local function news(self)
  local messages = read(self, self.seen)
  table.sort(messages, function(a, b) return a.version < b.version end)
  return messages
end

-- The usual reason why nothing is seen: the bot waits for time, and the clock stands still.
local function hint()
  local count = world.unfinished()
  return count > 0 and ("the bot waits for time with %d message(s) in hand: clock:advance"):format(count) or nil
end

-- Where the text would be found as a pattern, it was probably meant as one.
local function hint_of(wanted, messages)
  for _, message in ipairs(type(wanted) == "string" and messages or {}) do
    if wording.fits(words_of(message), wanted) then return "a pattern: sees{ pattern = " .. wording.show(wanted) .. " }" end
  end
  return hint()
end

--- The next of the bot's messages or edits that is new in this chat and has the text, or fits { pattern = "..." }: what comes
--- before it counts as seen too. Returns the message.
function chat:sees(wanted)
  if type(wanted) ~= "string" and (type(wanted) ~= "table" or type(wanted.pattern) ~= "string") then
    error("sees: a text or { pattern = ... } expected", 2)
  end
  local messages = news(self)
  for _, message in ipairs(messages) do
    if wording.has(words_of(message), wanted) then
      self.seen = message.version
      return message
    end
  end
  fail(nil, wording.show(wanted), list_words(messages), hint_of(wanted, messages))
end

--- Nothing is new in this chat.
function chat:sees_nothing()
  local messages = news(self)
  if #messages > 0 then
    fail(nil, "nothing new", list_words(messages))
  end
end

--- The rows of texts on the reply keyboard that the chat shows; nil: none.
function chat:keyboard()
  local _, shown = read(self)
  local markup = shown.keyboard
  if not markup or not markup.keyboard then
    return nil
  end
  local rows = {}
  for r, row in ipairs(markup.keyboard) do
    rows[r] = {}
    for c, button in ipairs(row) do
      rows[r][c] = button.text or button
    end
  end
  return rows, markup
end

--- The newest file that the bot has sent here: { name =, bytes =, caption =, message = }; nil: none.
function chat:file()
  local messages = self:messages()
  for i = #messages, 1, -1 do
    local message = messages[i]
    local file
    for _, kind in ipairs(wording.FILES) do
      file = file or (kind == "photo" and message.photo and message.photo[#message.photo]) or message[kind]
    end
    if file then
      return {
        name = file.file_name, bytes = world.bytes_of(file.file_id), caption = message.caption, message = message,
      }
    end
  end
end

-- ---- what people do ----

-- A message of this person, here or in a group.
local function post(self, message, group, file)
  local where = group or self
  message.chat_id = where.id
  message.message_thread_id = message.message_thread_id or where.thread
  if where ~= self then
    message.from_id = self.id
  end
  local written = world.ask("POST", "messages", message, file)
  where.own[written.message_id] = true
  return written
end

--- Writes a text, here or in a group. Returns the message.
function chat:says(words, group) return post(self, { text = words }, group) end

local SENT = { text = true, caption = true, entities = true, kind = true, reply_to_message_id = true, media_group_id = true,
  message_thread_id = true, new_chat_title = true }
for _, kind in ipairs {
  "photo", "animation", "document", "sticker", "voice", "audio", "video", "video_note",
  "venue", "location", "contact", "dice", "poll",
} do
  SENT[kind] = true
end

--- Sends a message of another kind: { sticker = {} }, { location = { latitude = 1, longitude = 2 } }, or a file:
--- { document = { name = "a.csv", bytes = "..." }, caption = "..." }, or { text = "...", reply_to_message_id = 3 }.
function chat:sends(message, group)
  wording.check_fields(message, SENT, "sends")
  local copy, file = {}, nil
  for key, value in pairs(message) do
    if is_file[key] and type(value) == "table" and value.bytes then
      wording.check_fields(value, { name = true, bytes = true }, "sends: " .. key)
      file = { field = key, name = value.name or key, bytes = value.bytes }
    else
      copy[key] = value
    end
  end
  return post(self, copy, group, file)
end

--- Shares the own contact, as a button of the reply keyboard asks for it.
function chat:shares_contact(phone, group)
  return self:sends({ contact = { phone_number = phone or "+70000000000", first_name = self.name, user_id = self.id } }, group)
end

--- Forwards a message, to the bot's private chat or to a group.
function chat:forwards(message, group)
  local where = group or self
  return world.ask("POST", "forwards", { chat_id = where.id, from_id = self.id, message_thread_id = where.thread,
    from_chat_id = message.chat.id, message_id = message.message_id })
end

local album = 0

--- Sends several photos or files at once: { { photo = { bytes = "..." }, caption = "..." }, ... }. Returns the messages.
function chat:sends_album(messages, group)
  album = album + 1
  local sent = {}
  for i, message in ipairs(messages) do
    local copy = { media_group_id = tostring(13000000000000000 + album) }
    for key, value in pairs(message) do
      copy[key] = value
    end
    sent[i] = self:sends(copy, group)
  end
  return sent
end

--- Changes a text that was written here.
function chat:edits(message, words, group) return post(self, { message_id = message.message_id, text = words }, group) end

local function press_inline(self, messages, label, where)
  for i = #messages, 1, -1 do
    local message = messages[i]
    for _, row in ipairs(message.reply_markup and message.reply_markup.inline_keyboard or {}) do
      for _, button in ipairs(row) do
        if button.text == label and button.callback_data then
          local input = { chat_id = where.id, message_id = message.message_id, data = button.callback_data, from_id = self.id }
          self.query = world.ask("POST", "callbacks", input).id
          return true
        end
      end
    end
  end
  return false
end

local function buttons_of(messages, keyboard)
  local labels = {}
  for _, row in ipairs(keyboard or {}) do
    for _, label in ipairs(row) do
      labels[#labels + 1] = wording.show(label)
    end
  end
  for _, message in ipairs(messages) do
    for _, row in ipairs(message.reply_markup and message.reply_markup.inline_keyboard or {}) do
      for _, button in ipairs(row) do
        labels[#labels + 1] = wording.show(button.text)
      end
    end
  end
  return #labels == 0 and "no button" or table.concat(labels, ", ")
end

-- What a button of the reply keyboard sends: its label, or what it asks for.
local function press_reply(self, button, group)
  if button.request_contact then return self:shares_contact(nil, group) end
  if button.request_location then return self:sends({ location = {} }, group) end
  for _, kind in ipairs { "web_app", "request_users", "request_chat", "request_poll" } do
    if button[kind] then error(("press: a button with %s sends no label: write what it sends"):format(kind), 3) end
  end
  return self:says(button.text, group)
end

--- Presses a button by its label: on the reply keyboard, else under the newest message that has such a button. One that asks
--- for the contact or the location shares it.
function chat:press(label, group)
  local where = group or self
  local keyboard, markup = where:keyboard()
  for r, row in ipairs(keyboard or {}) do
    for c, words in ipairs(row) do
      local button = markup.keyboard[r][c]
      if words == label then return press_reply(self, type(button) == "table" and button or { text = label }, group) end
    end
  end
  local messages = where:messages()
  if not press_inline(self, messages, label, where) then
    fail(nil, "a button " .. wording.show(label), buttons_of(messages, keyboard))
  end
end

--- What the bot has answered to the last inline button that was pressed: its text ("" without one); nil: nothing yet.
function chat:popup()
  if not self.query then
    error("popup: no inline button was pressed before", 2)
  end
  world.settle()
  local answer = world.ask("GET", "answers", { id = self.query })
  if answer.answered then
    return answer.text or "", answer
  end
end

--- Asks in inline mode. Returns the list of results, as the bot has given them.
function chat:asks(words)
  local query = world.ask("POST", "inline", { from_id = self.id, query = words })
  self.inline = query.id
  world.settle()
  local answer = world.ask("GET", "answers", { id = query.id })
  if not answer.answered then
    fail(nil, "an answer to the inline query " .. wording.show(words), "none", hint())
  end
  return answer.results
end

--- Chooses one of the results that asks() has returned: its message is sent here, or to a group.
function chat:chooses(result, group)
  if not self.inline then
    error("chooses: nothing was asked in inline mode before", 2)
  end
  world.ask("POST", "choices", { id = self.inline, from_id = self.id, result_id = result.id, chat_id = (group or self).id })
end

--- Votes in a poll, for options by their texts; without any, takes the vote back.
function chat:votes(message, ...)
  local numbers, poll = json.array {}, message.poll
  for i, wanted in ipairs { ... } do
    for number, option in ipairs(poll.options) do
      if option.text == wanted then
        numbers[i] = number - 1
      end
    end
    if not numbers[i] then
      error(("votes: there is no option %s"):format(wording.show(wanted)), 2)
    end
  end
  world.ask("POST", "votes", {
    chat_id = message.chat.id, message_id = message.message_id, from_id = self.id, options = numbers,
  })
end

--- Pays an invoice, which its bot may decline, or opens paid media. Returns whether it was paid; if not, the bot's reason.
function chat:pays(message)
  local query = world.ask("POST", "payments", { from_id = self.id, chat_id = message.chat.id, message_id = message.message_id })
  world.settle()
  if not query.id then
    return true
  end
  local answer = world.ask("GET", "answers", { id = query.id })
  if not answer.answered then
    fail(nil, "an answer to the pre-checkout query", "none", hint())
  end
  return answer.ok, answer.error_message
end

--- Comes into a group, a supergroup or a channel, or by an invite link. Where the link says so, this is only a request, in
--- which the bot gets the bio.
function chat:joins(where, bio)
  local is_link = type(where) == "string"
  local link, chat_id = is_link and where or nil, not is_link and where.id or nil
  world.ask("POST", "joins", { from_id = self.id, invite_link = link, chat_id = chat_id, bio = bio })
end

function chat:leaves(group) world.ask("POST", "leaves", { from_id = self.id, chat_id = group.id }) end

--- The owner of this group makes somebody what the status says: "administrator", "member", "restricted", "kicked", ... rights:
--- those of an administrator, or what a restricted member may do.
function chat:makes(person, status, rights)
  world.ask("POST", "members", { chat_id = self.id, user_id = person.id, status = status, rights = rights })
end

--- Reacts to a message with emoji; without any, takes the reaction back.
function chat:reacts(message, ...)
  world.ask("POST", "reactions", { chat_id = message.chat.id, message_id = message.message_id, from_id = self.id,
    reaction = json.array { ... } })
end

--- What a Web App sends back that was opened by a button of the reply keyboard.
function chat:sends_data(data, label)
  world.ask("POST", "web_app_data", { chat_id = self.id, data = data, button_text = label })
end

function chat:blocks() world.ask("POST", "users", { id = self.id, blocked = true }) end
function chat:unblocks() world.ask("POST", "users", { id = self.id, blocked = false }) end

-- ---- Telegram ----

local next_id, generation = 1000, nil
local taken = {} -- ids of people, and numbers of groups

-- Each `it` begins anew.
local function begin_ids()
  if generation ~= world.generation then
    generation, next_id, taken = world.generation, 1000, {}
  end
end

-- Ids begin at 1001, so that a spec may rely on them; one that the spec has chosen for somebody is passed over. of: makes the
-- id of a number.
local function new_id(of)
  local id
  repeat
    next_id = next_id + 1
    id = of(next_id)
  until not taken[id]
  return id
end

local function itself(number) return number end

-- Takes the id that a spec has chosen, or a new one.
local function take_id(chosen, of)
  begin_ids()
  local id = chosen or new_id(of)
  if taken[id] then
    error(("there is somebody with the id %d already: choose an id before others get theirs, or a larger one"):format(id), 4)
  end
  taken[id] = true
  return id
end

local function new_chat(fields)
  local name = fields.first_name or fields.title
  return setmetatable({
    id = fields.id, name = name, is_channel = fields.type == "channel", thread = fields.thread, own = {}, seen = 0,
  }, chat)
end

local PERSON = { id = true, first_name = true, last_name = true, username = true, language_code = true }

--- A person, by the name or by { first_name =, last_name =, username =, language_code =, id = }.
function telegram:person(who) -- luacheck: no self
  local fields = {}
  for key, value in pairs(type(who) == "table" and who or { first_name = who }) do
    fields[key] = value
  end
  if type(fields.first_name) ~= "string" then
    error("telegram:person: a name, or a table with a first_name expected", 2)
  end
  wording.check_fields(fields, PERSON, "telegram:person")
  fields.id = take_id(fields.id, itself)
  world.ask("POST", "users", fields)
  return new_chat(fields)
end

--- A topic of this forum, by its message_thread_id: what people write there, and what the bot does.
function chat:topic(message_thread_id) return new_chat { id = self.id, title = self.name, thread = message_thread_id } end

--- Opens a topic in a forum, and returns it.
function chat:opens_topic(forum, name)
  local topic = world.ask("POST", "topics", { chat_id = forum.id, from_id = self.id, name = name })
  return forum:topic(topic.message_thread_id)
end

-- ---- business accounts ----

--- Lets the bot into this person's own chats. Returns the id of the connection.
function chat:connects(rights)
  self.connection = world.ask("POST", "business_connections", { user_id = self.id, rights = rights }).id
  return self.connection
end

--- This person's own chat with somebody: both may write there, and see what the bot writes in this person's name.
function chat:chat_with(person)
  if not self.connection then
    error("chat_with: the bot is not in this person's chats: connects() lets it in", 2)
  end
  local made = world.ask("POST", "business_chats", { business_connection_id = self.connection, user_id = person.id })
  return new_chat { id = made.chat_id, title = person.name }
end

--- The bot is let out again.
function chat:disconnects()
  world.ask("POST", "business_connections", { user_id = self.id, id = self.connection, is_enabled = false })
end

-- ---- groups ----

--- The group becomes a supergroup. Returns that: a chat of its own, under a new id.
function chat:migrates()
  local fields = world.ask("POST", "migrations", { chat_id = self.id })
  taken[fields.id] = true
  return new_chat { id = fields.id, title = fields.title }
end

local GROUP = { id = true, title = true, username = true, description = true }

-- what: a title, or a table of its fields.
local function open_chat(kind, what, members, is_forum)
  local base = kind == "group" and 0 or 1000000000000
  local fields = { type = kind, is_forum = is_forum, members = json.array {} }
  for key, value in pairs(type(what) == "table" and what or { title = what }) do
    fields[key] = value
  end
  if type(what) == "table" then wording.check_fields(what, GROUP, "telegram:" .. kind) end
  if type(fields.title) ~= "string" then
    error(("telegram:%s: the title must be a text, not a %s"):format(kind, type(fields.title)), 3)
  end
  fields.id = take_id(fields.id, function(number) return -base - number end)
  for i, member in ipairs(members or {}) do
    fields.members[i] = member.id
  end
  world.ask("POST", "chats", fields)
  return new_chat(fields)
end

--- telegram:group("Луна", { anna, boris }); the bot is in it. In the place of the title: { title =, id =, username =, ... }.
function telegram:group(title, members) return open_chat("group", title, members) end -- luacheck: no self
function telegram:supergroup(title, members) return open_chat("supergroup", title, members) end -- luacheck: no self
--- A supergroup with topics: people write there with { text = "...", message_thread_id = 3 }.
function telegram:forum(title, members) return open_chat("supergroup", title, members, true) end -- luacheck: no self
function telegram:channel(title) return open_chat("channel", title) end -- luacheck: no self

local FAULT = {
  kind = true, method = true, chat_id = true, times = true, after = true, ms = true, retry_after = true, status = true,
}

--- Arranges what goes wrong from now on: { method = "sendMessage", kind = "drop_after", times = 1 }; without a method, every
--- call. Kinds: 400 401 403 409 429 (retry_after) 500 delay (ms) drop_before drop_after truncate garbage empty late (ms) never
--- (ms) hold. times = -1: until telegram:heal().
function telegram:fault(fault) -- luacheck: no self
  wording.check_fields(fault, FAULT, "telegram:fault")
  world.settle()
  world.ask("POST", "faults", fault)
end

function telegram:heal() -- luacheck: no self
  world.ask("DELETE", "faults")
end

--- What a method answers from now on, instead of having its effect: its result, or { error_code = 400, description = "..." }.
--- For methods that the local Telegram does not have. Without an answer, the method is as before.
function telegram:answers(method, answer) -- luacheck: no self
  if type(method) ~= "string" then
    error("telegram:answers: the name of a method expected", 2)
  end
  world.settle()
  world.ask("POST", "method_answers", { method = method:gsub("_(%l)", string.upper), answer = answer })
end

--- Lets the calls go that a "hold" holds: they have their effect, or with "drop" none.
function telegram:let_go(how) -- luacheck: no self
  world.settle()
  world.ask("DELETE", "faults", { held = how or "apply" })
end

--- The calls that the bot has made, oldest first, or those of one method:
--- { method =, parameters = { name = text }, answer =, status = }.
function telegram:requests(method) -- luacheck: no self
  world.settle()
  local requests = {}
  for _, request in ipairs(world.ask("GET", "requests").requests) do
    if not method and request.method ~= "getUpdates" or request.method == method then
      requests[#requests + 1] = request
    end
  end
  return requests
end

--- Any update, as Telegram would send it: telegram:update{ poll_answer = {...} }.
function telegram:update(update) -- luacheck: no self
  if type(update) ~= "table" or not next(update) then
    error("telegram:update: an update expected, such as { poll_answer = { ... } }", 2)
  end
  for name, payload in pairs(update) do
    if type(payload) ~= "table" and name ~= "update_id" then
      error(("telegram:update: %s must be a table, not a %s"):format(wording.show(name), type(payload)), 2)
    end
  end
  world.ask("POST", "updates", { update = update })
end

--- The bytes of a file that anybody has sent.
function telegram:file(file_id) -- luacheck: no self
  world.settle()
  return world.bytes_of(file_id)
end

return telegram

-- Dialogues: a question, and the step that gets the next message of that person in that thread of a chat. A question is a row
-- (the step's name and its data), written in the segment that asks, so it survives reload, restart and restore. This file owns
-- all rows of dialogues and states: message.lua offers them as methods, bot.lua the steps, fsm.lua the same by names of states.
--
-- The row of the question that is being answered goes with the first thing that its step keeps, or at the step's end
-- (question_row.c).
local command = require "core.command"
local core = require "core.script"
local db = require "core.db"
local dialogue_key = require "core.dialogue_key"
local log = require "log"
local migration = require "core.migration"
local question_row = require "core.question_row"
local spelling = require "core.spelling"
local stable_json = require "core.stable_json"
local thread = require "core.thread"
local timetable = require "core.timetable"
local vm_context = require "core.vm_context"

local dialogue = {
  -- Is there a row? false: no, and there has been none since this VM began, so no message costs a query. nil: not known yet.
  is_used = nil,
}

local BACK_MAX = 20 -- questions that one can go back through
local EXPIRE = "lunokhod: the time of a question is over"
local GRACE = 30    -- seconds for answers that were given in time, but while the host was off
local DELETE = "DELETE FROM lunokhod_steps WHERE id = ?"

local TABLE = [[
  CREATE TABLE IF NOT EXISTS lunokhod_steps(
    id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, person INTEGER NOT NULL, step TEXT NOT NULL, data TEXT,
    question TEXT, earlier TEXT, expires_at INTEGER, after INTEGER, album TEXT, thread TEXT NOT NULL DEFAULT '',
    UNIQUE(chat, person, thread))
]]

-- Older hosts knew no threads. Ids go on where they were, since jobs name them.
local REBUILD = {
  "ALTER TABLE lunokhod_steps RENAME TO lunokhod_steps_before", TABLE, [[
  INSERT INTO lunokhod_steps(id, chat, person, step, data, question, earlier, expires_at, after, album)
    SELECT id, chat, person, step, data, question, earlier, expires_at, after, album FROM lunokhod_steps_before]], [[
  INSERT OR IGNORE INTO lunokhod_steps(id, chat, person, step)
    SELECT seq, 0, 0, '' FROM sqlite_sequence WHERE name = 'lunokhod_steps_before']],
  "DELETE FROM lunokhod_steps WHERE chat = 0", "DROP TABLE lunokhod_steps_before",
}

local function make_table()
  local found = db.one "SELECT sql FROM sqlite_master WHERE name = 'lunokhod_steps'"
  for _, sql in ipairs(found and not found.sql:find("thread", 1, true) and REBUILD or { TABLE }) do db.exec(sql) end
end

local steps = {}     -- name -> { handler, where, stays }
local answering = {} -- message -> the row of the question that it answers, while its handler runs
setmetatable(answering, { __mode = "k" })

question_row.set_delete(DELETE)

-- While a VM lives that this one has replaced, it may still write rows, as other hosts may, so a "no" is not remembered.
local function find_whether_used()
  local has_table = db.one "SELECT 1 AS one FROM sqlite_master WHERE name = 'lunokhod_steps'" ~= nil
  local has_rows = has_table and db.one "SELECT 1 AS one FROM lunokhod_steps LIMIT 1" ~= nil
  if has_rows then
    dialogue.is_used = true
  elseif vm_context.is_alone() and not vm_context.is_shared() then
    dialogue.is_used = false
  end
  return has_rows
end

-- ---- steps ----

--- Registers the handler of the answers to questions that name the step. stays: it is a state (fsm.state), which lasts until it
--- is changed, and does not catch commands.
function dialogue.add_step(name, handler, where, stays)
  if steps[name] then
    core.misuse(("the step %q is there already, at %s"):format(name, steps[name].where))
  end
  if next(steps) == nil then make_table() end -- now, while the scripts load: a handler's segment may yet be rolled back
  steps[name] = { handler = handler, where = where, stays = stays }
end

function dialogue.steps() return steps end

-- kind: "step", or "state", which only registers in another way.
local function check_name(name, kind)
  if type(name) ~= "string" then
    core.misuse(("the name of a %s expected, not a %s"):format(kind, type(name)))
  elseif not steps[name] then
    core.misuse(("there is no %s %q: register it with %s.%s(%q, function(message, data) ... end)"):format(kind, name,
      kind == "state" and "fsm" or "bot", kind, name))
  end
end

-- ---- rows ----

-- The row that is in force. at: the time that counts for its deadline; nil: now.
local function find(chat, person, in_thread, at)
  local is_any = dialogue.is_used
  if is_any == nil then is_any = find_whether_used() end
  local row = is_any and db.one("SELECT * FROM lunokhod_steps WHERE chat = ? AND person = ? AND thread = ?", chat, person,
    in_thread)
  local is_over = row and row.expires_at and row.expires_at <= (at or os.time())
  return row and not is_over and row or nil
end

local function drop(row)
  return db.exec(DELETE, row.id) > 0
end

-- `after` and `album` say what is no answer: messages up to the one that the question is for, even if they come again from the
-- dead letters; and the other messages of the same album.
local function remember(key, row)
  dialogue.is_used = true
  local message = key.message.message or key.message
  return db.one([[
    INSERT OR REPLACE INTO lunokhod_steps(chat, person, step, data, question, earlier, expires_at, after, album, thread)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id]],
    key.chat, key.person, row.step, row.data, row.question, row.earlier, row.expires_at, message.message_id,
    message.media_group_id, key.thread).id
end

-- The row that the running handler answers, even if it has asked something else since; otherwise the row in force.
local function find_current(key)
  return answering[key.message] or find(key.chat, key.person, key.thread)
end

--- Ends the dialogue or state. Returns whether there was one.
function dialogue.forget(key)
  local row = find(key.chat, key.person, key.thread)
  return row ~= nil and drop(row)
end

--- The name and the data of the step or state; nil: none.
function dialogue.get(key)
  local row = find(key.chat, key.person, key.thread)
  if row then return row.step, stable_json.decode(row.data) end
end

--- Sets a state, without a question.
function dialogue.set(key, step, value)
  check_name(step, "state")
  remember(key, { step = step, data = stable_json.encode(value, "a state's") })
end

migration.add(function(old_chat, new_chat)
  if dialogue.is_used or dialogue.is_used == nil and find_whether_used() then
    db.exec([[DELETE FROM lunokhod_steps WHERE chat = ?
      AND (person, thread) IN (SELECT person, thread FROM lunokhod_steps WHERE chat = ?)]], new_chat, old_chat)
    db.exec("UPDATE lunokhod_steps SET chat = ?, after = NULL WHERE chat = ?", new_chat, old_chat)
  end
end)

-- ---- asking ----

-- The questions before the one that is put now, the newest last. The one that is being answered is now the last of them.
local function earlier_with(current)
  local list = current and stable_json.decode(current.earlier) or {}
  if current and current.question then
    list[#list + 1] = { step = current.step, data = current.data, question = current.question }
  end
  if #list > BACK_MAX then table.remove(list, 1) end
  return #list > 0 and stable_json.encode(list) or nil
end

local function check_deadline(timeout, expired)
  if timeout ~= nil and (math.type(timeout) == nil or timeout <= 0) then
    core.misuse("timeout must be a number of seconds")
  elseif expired ~= nil and timeout == nil then
    core.misuse("expired is what happens after the timeout: give one")
  elseif expired ~= nil and not timetable.jobs()[expired] then
    core.misuse(("there is no job %q: register it with bot.job(%q, function(expired) ... end)"):format(expired, expired))
  end
end

-- The question as it may be asked again. Options that are not ours are for sendMessage.
local function question_of(text, options)
  if type(text) ~= "string" or text == "" then
    core.misuse("the text of a question expected")
  end
  local question = { text = text, options = {} }
  for name, value in pairs(options or {}) do
    if name == "timeout" or name == "expired" then question[name] = value else question.options[name] = value end
  end
  spelling.check_parameters("sendMessage", question.options, "timeout expired split quiet")
  check_deadline(question.timeout, question.expired)
  return question
end

-- Writes the row and sends the question. Its deadline begins now.
local function put(key, say, row, text)
  local question = stable_json.decode(row.question)
  row.expires_at = question.timeout and os.time() + math.ceil(question.timeout)
  local id = remember(key, row)
  if question.timeout then
    timetable.after(math.ceil(question.timeout), EXPIRE, { id = id })
  end
  return say(text or question.text, question.options)
end

--- Sends the text by say(text, options), and gives the next message of that person in that chat to the step.
function dialogue.ask(key, say, text, step, value, options)
  check_name(step, "step")
  local row = {
    step = step, data = stable_json.encode(value, "a step's"),
    question = stable_json.encode(question_of(text, options), "a question's"),
  }
  local current = find_current(key)
  row.earlier = earlier_with(current)
  return put(key, say, row)
end

--- Asks the same question once more, with another text if one is given.
function dialogue.again(key, say, text)
  local current = find_current(key)
  if not current or not current.question then
    core.misuse("there is no question that could be asked again")
  end
  local row = { step = current.step, data = current.data, question = current.question, earlier = current.earlier }
  return put(key, say, row, text)
end

--- Asks the question before that one, or the first one again. nil where no question was asked.
function dialogue.back(key, say)
  local current = find_current(key)
  if not current or not current.question then return nil, "there is no question to go back to" end
  local list = stable_json.decode(current.earlier) or {}
  local row = table.remove(list) or { step = current.step, data = current.data, question = current.question }
  row.earlier = #list > 0 and stable_json.encode(list) or nil
  return put(key, say, row)
end

-- The deadline of a question. One that was answered in time, or put again, has another row by now, or none.
timetable.add_job(EXPIRE, function(what)
  local row = db.one("SELECT * FROM lunokhod_steps WHERE id = ?", what.id)
  if not row then return end
  if not what.has_waited and os.time() > row.expires_at + 1 then
    timetable.after(GRACE, EXPIRE, { id = what.id, has_waited = true })
    return
  end
  drop(row)
  local expired = stable_json.decode(row.question).expired
  if expired then
    local told = thread.of_key(row.thread)
    told.chat, told.person, told.step, told.data = row.chat, row.person, row.step, stable_json.decode(row.data)
    timetable.after(0, expired, told)
  end
end)

-- ---- answering ----

-- The fields of messages that a person writes. A message without any of them is a service message: a payment, a new member, a
-- pin.
local SAID = {
  "text", "photo", "sticker", "document", "voice", "video", "video_note", "animation", "audio", "live_photo", "paid_media",
  "rich_message", "story", "checklist", "contact", "location", "venue", "poll", "dice", "game", "users_shared", "chat_shared",
  "web_app_data", "passport_data",
}

-- Is it written by a person, and after the question?
local function is_answer(message, row)
  if message.sender_business_bot then return false end -- what the bot has said for the account
  local is_before = row.after and message.message_id <= row.after
  if is_before or row.album and row.album == message.media_group_id then return false end
  for _, field in ipairs(SAID) do
    if message[field] ~= nil then return true end
  end
  return false
end

-- An answer that was written in time counts, even if the host was off then: so the message's date is what the deadline is held
-- to.
local function find_for(message)
  local at = math.min(os.time(), message.date or math.huge)
  local row = find(message.chat.id, dialogue_key.author(message), thread.key(message), at)
  return row and is_answer(message, row) and row or nil
end

--- Hands the message to the step that waits for it, if there is one: true. A command ends the dialogue, and goes its ordinary
--- way. update: the one that the message came with. Nothing is to be handed over where is_used is false.
function dialogue.take(message, album, update)
  local row = find_for(message)
  if not row then return false end
  local step = steps[row.step]
  local stays = step and step.stays
  local name, _, is_ours = command.read(command.text_of(message))
  if name then
    if is_ours and not stays then drop(row) end
    return false
  elseif not step then
    error(("somebody answers the question of step %q, but no script has that step any more; a command ends it, and after a fix "
      .. "SIGUSR1 hands the answer out again"):format(row.step), 0)
  end
  log.debug(("step %s; chat=%d message=%d"):format(row.step, message.chat.id, message.message_id))
  message.album = album
  if not stays then
    answering[message] = row
    question_row.ends(row.id)
  end
  step.handler(message, stable_json.decode(row.data), update)
  return true
end

return dialogue

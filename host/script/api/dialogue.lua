-- Dialogues: a question, and the step that gets the next message of that chat and person. What is remembered is a row (the step's
-- name and its data), written in the segment that asks; so a dialogue survives reload, restart and restore, and is as true as the
-- rest of what the handler did. message.lua has it as methods, bot.lua the steps, fsm.lua the same by names of states.
--
-- The question that is being answered goes with the first thing that its step keeps, or at the step's end (step.c).
local command = require "core.command"
local core = require "core.script"
local data = require "core.data"
local db = require "core.db"
local job = require "core.job"
local key_module = require "core.key"
local log = require "log"
local step_module = require "core.step"
local timetable = require "core.timetable"

local dialogue = {}

local BACK_MAX = 20 -- questions that one can go back through
local EXPIRE = "lunokhod: the time of a question is over"
local GRACE = 30    -- seconds for answers that were given in time, but while the host was off

local TABLE = [[
  CREATE TABLE IF NOT EXISTS lunokhod_steps(
    id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, person INTEGER NOT NULL, step TEXT NOT NULL, data TEXT,
    question TEXT, earlier TEXT, expires_at INTEGER, after INTEGER, album TEXT, UNIQUE(chat, person))
]]

local steps = {}     -- name -> { handler, where, stays }
local answering = {} -- message -> the row of the question that it answers, while its handler runs
setmetatable(answering, { __mode = "k" })

-- false: nobody is in a dialogue, and nobody has been since this VM began; then no message costs a query. nil: not known yet.
local is_used

-- A VM that this one has replaced may still ask.
local function look_whether_used()
  local has_table = db.one "SELECT 1 AS one FROM sqlite_master WHERE name = 'lunokhod_steps'" ~= nil
  local has_rows = has_table and db.one "SELECT 1 AS one FROM lunokhod_steps LIMIT 1" ~= nil
  if has_rows then
    is_used = true
  elseif job.is_alone() then
    is_used = false
  end
  return has_rows
end

-- ---- steps ----

--- Who gets what is asked for under that name. stays: the step is in force until it is changed (fsm.state), and lets commands pass.
function dialogue.add_step(name, handler, where, stays)
  if steps[name] then
    core.misuse(("the step %q is there already, at %s"):format(name, steps[name].where))
  end
  if next(steps) == nil then db.exec(TABLE) end -- now, while the scripts load: a handler's segment may yet be rolled back
  steps[name] = { handler = handler, where = where, stays = stays }
end

function dialogue.steps() return steps end

local function check_step(name)
  if type(name) ~= "string" then
    core.misuse(("the name of a step expected, not a %s"):format(type(name)))
  elseif not steps[name] then
    core.misuse(("there is no step %q: register it with bot.step(%q, function(message, data) ... end)"):format(name, name))
  end
end

-- ---- rows ----

-- at: the time that counts for the deadline.
local function find(chat, person, at)
  local is_any = is_used
  if is_any == nil then is_any = look_whether_used() end
  local row = is_any and db.one("SELECT * FROM lunokhod_steps WHERE chat = ? AND person = ?", chat, person)
  local is_over = row and row.expires_at and row.expires_at <= (at or os.time())
  return row and not is_over and row or nil
end

local function drop(row)
  return db.exec("DELETE FROM lunokhod_steps WHERE id = ?", row.id) > 0
end

-- What came before the message that it is for is no answer, even if it comes once more, from the dead letters; nor are the other
-- photos of the album that the message is of.
local function remember(key, row)
  is_used = true
  local message = key.message.message or key.message
  return db.one([[INSERT OR REPLACE INTO lunokhod_steps(chat, person, step, data, question, earlier, expires_at, after, album)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id]],
    key.chat, key.person, row.step, row.data, row.question, row.earlier, row.expires_at, message.message_id,
    message.media_group_id).id
end

-- What the handler answers, though it may have asked something else meanwhile.
local function find_current(key)
  return answering[key.message] or find(key.chat, key.person)
end

--- Whether there was something to forget.
function dialogue.forget(key)
  local row = find(key.chat, key.person)
  return row ~= nil and drop(row)
end

--- The state of somebody: its name and data; nil: none. And setting one, without a question.
function dialogue.get(key)
  local row = find(key.chat, key.person)
  if row then return row.step, data.decode(row.data) end
end

function dialogue.set(key, step, value)
  check_step(step)
  remember(key, { step = step, data = data.encode(value, "a state's") })
end

--- What is noted of a chat moves to its new id.
function dialogue.migrate(old_chat, new_chat)
  if is_used or is_used == nil and look_whether_used() then
    db.exec("UPDATE OR REPLACE lunokhod_steps SET chat = ?, after = NULL WHERE chat = ?", new_chat, old_chat)
  end
end

-- ---- asking ----

-- The questions before this one, the newest last: the one that is being answered belongs to them now.
local function earlier_with(current)
  local list = current and data.decode(current.earlier) or {}
  if current and current.question then
    list[#list + 1] = { step = current.step, data = current.data, question = current.question }
  end
  if #list > BACK_MAX then table.remove(list, 1) end
  return #list > 0 and data.encode(list) or nil
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

-- What is asked, as it will be asked again; what is left of the options is for sendMessage.
local function question_of(text, options)
  if type(text) ~= "string" or text == "" then
    core.misuse("the text of a question expected")
  end
  local question = { text = text, options = {} }
  for name, value in pairs(options or {}) do
    if name == "timeout" or name == "expired" then question[name] = value else question.options[name] = value end
  end
  check_deadline(question.timeout, question.expired)
  return question
end

-- The deadline begins now, when the question is put.
local function put(key, say, row, text)
  local question = data.decode(row.question)
  row.expires_at = question.timeout and os.time() + math.ceil(question.timeout)
  local id = remember(key, row)
  if question.timeout then
    timetable.after(math.ceil(question.timeout), EXPIRE, { id = id })
  end
  return say(text or question.text, question.options)
end

--- Sends the text by say(text, options) and gives the next message of that person in that chat to the step.
function dialogue.ask(key, say, text, step, value, options)
  check_step(step)
  local row = {
    step = step, data = data.encode(value, "a step's"),
    question = data.encode(question_of(text, options), "a question's"),
  }
  local current = find_current(key)
  row.earlier = earlier_with(current)
  return put(key, say, row)
end

--- The same question once more, by another text if there is one.
function dialogue.again(key, say, text)
  local current = find_current(key)
  if not current or not current.question then
    core.misuse("there is no question that could be asked again")
  end
  local row = { step = current.step, data = current.data, question = current.question, earlier = current.earlier }
  return put(key, say, row, text)
end

--- Back to the question before; the first one is asked again. nil where there is none at all.
function dialogue.back(key, say)
  local current = find_current(key)
  if not current or not current.question then return nil, "there is no question to go back to" end
  local list = data.decode(current.earlier) or {}
  local row = table.remove(list) or { step = current.step, data = current.data, question = current.question }
  row.earlier = #list > 0 and data.encode(list) or nil
  return put(key, say, row)
end

-- A question that has been answered in time, or put again, has another row, or none.
timetable.add_job(EXPIRE, function(what)
  local row = db.one("SELECT * FROM lunokhod_steps WHERE id = ?", what.id)
  if not row then return end
  if not what.has_waited and os.time() > row.expires_at + 1 then
    timetable.after(GRACE, EXPIRE, { id = what.id, has_waited = true })
    return
  end
  drop(row)
  local expired = data.decode(row.question).expired
  if expired then
    timetable.after(0, expired, { chat = row.chat, person = row.person, step = row.step, data = data.decode(row.data) })
  end
end)

-- ---- answering ----

-- The fields of what a person says; a message without any of them tells of what has happened: a payment, a new member, a pin.
local SAID = {
  "text", "photo", "sticker", "document", "voice", "video", "video_note", "animation", "audio", "live_photo", "paid_media",
  "rich_message", "story", "checklist", "contact", "location", "venue", "poll", "dice", "game", "users_shared", "chat_shared",
  "web_app_data", "passport_data",
}

-- Is it something that is said, and said after the question?
local function is_answer(message, row)
  local is_before = row.after and message.message_id <= row.after
  if is_before or row.album and row.album == message.media_group_id then return false end
  for _, field in ipairs(SAID) do
    if message[field] ~= nil then return true end
  end
  return false
end

-- Who has answered in time has done so though the host was off then.
local function find_for(message)
  local at = math.min(os.time(), message.date or math.huge)
  local row = find(message.chat.id, key_module.author(message), at)
  return row and is_answer(message, row) and row or nil
end

--- The message goes to the step that waits for it, if there is one: true. A command ends the dialogue, and is an ordinary one.
function dialogue.take(message, album)
  local row = find_for(message)
  if not row then return false end
  local step = steps[row.step]
  local stays = step and step.stays
  local name, _, is_ours = command.read(message.text)
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
    step_module.ends(row.id)
  end
  step.handler(message, data.decode(row.data))
  return true
end

return dialogue

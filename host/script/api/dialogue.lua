-- Dialogues: a question, and the step that gets the next message of that chat and person. What is remembered is a row (the step's
-- name and its data), written in the segment that asks; so a dialogue survives reload, restart and restore, and is as true as the
-- rest of what the handler did. message.lua has it as methods, bot.lua the steps, fsm.lua the same by names of states.
local db = require "core.db"
local job = require "core.job"
local json = require "json"
local log = require "log"

local dialogue = {}

local BACK_MAX = 20 -- questions that one can go back through

local TABLE = [[
  CREATE TABLE IF NOT EXISTS lunokhod_steps(
    chat INTEGER NOT NULL, person INTEGER NOT NULL, step TEXT NOT NULL, data TEXT,
    question TEXT, earlier TEXT, expires_at INTEGER, PRIMARY KEY(chat, person)) WITHOUT ROWID
]]

local steps = {}     -- name -> { handler, where, stays }
local answering = {} -- message -> the question that it answers, while its handler runs
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
    error(("the step %q is there already, at %s"):format(name, steps[name].where), 3)
  end
  steps[name] = { handler = handler, where = where, stays = stays }
end

function dialogue.steps() return steps end

local function check_step(name, level)
  if type(name) ~= "string" then
    error(("the name of a step expected, not a %s"):format(type(name)), level + 1)
  elseif not steps[name] then
    error(("there is no step %q: register it with bot.step(%q, function(message, data) ... end)"):format(name, name), level + 1)
  end
end

-- ---- rows ----

local function encode(data, level)
  if data == nil then return nil end
  local ok, text = pcall(json.encode, data)
  if not ok then
    error("a step's data must be what JSON can hold (texts, numbers, booleans, tables): " .. tostring(text), level + 1)
  end
  return text
end

local function decode(text)
  return text and json.decode(text)
end

local function find(chat, person)
  local is_any = is_used
  if is_any == nil then is_any = look_whether_used() end
  local row = is_any and db.one("SELECT * FROM lunokhod_steps WHERE chat = ? AND person = ?", chat, person)
  if row and row.expires_at and row.expires_at <= os.time() then
    db.exec("DELETE FROM lunokhod_steps WHERE chat = ? AND person = ?", chat, person)
    return nil
  end
  return row or nil
end

function dialogue.forget(chat, person)
  return find(chat, person) ~= nil and db.exec("DELETE FROM lunokhod_steps WHERE chat = ? AND person = ?", chat, person) > 0
end

local function remember(chat, person, row)
  if not is_used then db.exec(TABLE) end
  is_used = true
  db.exec("INSERT OR REPLACE INTO lunokhod_steps VALUES (?, ?, ?, ?, ?, ?, ?)", chat, person, row.step, row.data, row.question,
    row.earlier, row.expires_at)
end

--- The state of somebody: its name and data; nil: none. And setting one, without a question.
function dialogue.get(chat, person)
  local row = find(chat, person)
  if row then return row.step, decode(row.data) end
end

function dialogue.set(chat, person, step, data)
  check_step(step, 3)
  remember(chat, person, { step = step, data = encode(data, 3) })
end

--- What is noted of a chat moves to its new id.
function dialogue.migrate(old_chat, new_chat)
  if is_used or is_used == nil and look_whether_used() then
    db.exec("UPDATE OR REPLACE lunokhod_steps SET chat = ? WHERE chat = ?", new_chat, old_chat)
  end
end

-- ---- asking ----

-- The questions before this one, the newest last: the one that is being answered belongs to them now.
local function earlier_with(current)
  local list = current and decode(current.earlier) or {}
  if current and current.question then
    list[#list + 1] = { step = current.step, data = current.data, question = current.question }
  end
  if #list > BACK_MAX then table.remove(list, 1) end
  return #list > 0 and json.encode(list) or nil
end

-- What is left of the options is for sendMessage.
local function take_timeout(options, level)
  local rest, timeout = {}, nil
  for name, value in pairs(options or {}) do
    if name == "timeout" then timeout = value else rest[name] = value end
  end
  if timeout ~= nil and (math.type(timeout) == nil or timeout <= 0) then
    error("timeout must be a number of seconds", level + 1)
  end
  return rest, timeout
end

--- Sends the text by say(text, options) and gives the next message of that person in that chat to the step.
function dialogue.ask(key, say, text, step, data, options)
  check_step(step, 3)
  local rest, timeout = take_timeout(options, 3)
  local current = answering[key.message] or find(key.chat, key.person)
  remember(key.chat, key.person, {
    step = step, data = encode(data, 3), question = encode({ text = text, options = rest, timeout = timeout }, 3),
    earlier = earlier_with(current), expires_at = timeout and os.time() + math.ceil(timeout),
  })
  return say(text, rest)
end

--- The same question once more, by another text if there is one.
function dialogue.again(key, say, text)
  local current = answering[key.message] or find(key.chat, key.person)
  if not current or not current.question then
    error("there is no question that could be asked again", 3)
  end
  local question = decode(current.question)
  current.expires_at = question.timeout and os.time() + math.ceil(question.timeout)
  remember(key.chat, key.person, current)
  return say(text or question.text, question.options)
end

--- Back to the question before; nil where this was the first.
function dialogue.back(key, say)
  local current = answering[key.message] or find(key.chat, key.person)
  local list = current and decode(current.earlier) or {}
  local previous = table.remove(list)
  if not previous then return nil, "this was the first question" end
  local question = decode(previous.question)
  remember(key.chat, key.person, {
    step = previous.step, data = previous.data, question = previous.question, earlier = #list > 0 and json.encode(list) or nil,
    expires_at = question.timeout and os.time() + math.ceil(question.timeout),
  })
  return say(question.text, question.options)
end

-- ---- answering ----

local function is_command(message)
  return message.text ~= nil and message.text:find "^/%a" ~= nil
end

--- The message goes to the step that waits for it, if there is one: true. A command ends the dialogue, and is an ordinary one.
function dialogue.take(message, person)
  local row = find(message.chat.id, person)
  if not row then return false end
  local step = steps[row.step]
  local stays = step and step.stays
  if is_command(message) then
    if not stays then dialogue.forget(message.chat.id, person) end
    return false
  end
  if not step then
    error(("somebody answers the question of step %q, but no script has that step any more; a command ends it, and after a fix "
      .. "SIGUSR1 hands the answer out again"):format(row.step), 0)
  end
  if not stays then
    dialogue.forget(message.chat.id, person)
    answering[message] = row
  end
  log.debug(("step %s; chat=%d person=%d"):format(row.step, message.chat.id, person))
  step.handler(message, decode(row.data))
  return true
end

return dialogue

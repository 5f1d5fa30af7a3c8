-- broadcast: one message to many chats, which outlives the handler that began it. Each chat is a row, so a reload, a restart
-- and a restore find the broadcast again. The states of a row:
--
--   0 to be sent -> 1 put aside, by a VM that will send it once a backup knows -> 2 being sent -> deleted, and counted
--
-- A row is marked before its message leaves, and deleted when Telegram has answered. A mark of a host that died does not tell
-- whether the message left: such a row is counted as uncertain and never sent again. So nobody gets a message twice, and a
-- crash costs the rows that were put aside, at most PUT_ASIDE * 2. Where no backup is made, nothing of a broadcast survives a
-- crash.
local defaults = require "core.defaults"
local db = require "core.db"
local telegram = require "core.telegram"
local vm_context = require "core.vm_context"
local script = require "core.script"
local spelling = require "core.spelling"
local backup = require "backup"
local json = require "json"
local log = require "log"
local schedule = require "core.schedule"

local broadcast = {}

local PAUSE = 0.04       -- seconds between two messages: 25 a second leave room for answers below Telegram's 30
local PUT_ASIDE = 60     -- rows at once: at least what is sent while a backup is made
local IN_FLIGHT = 30     -- messages that Telegram has not answered; more would wait for a 429 to pass
local RETRY_AFTER = 30   -- seconds, when Telegram can't be reached
local KEPT = 100         -- finished broadcasts whose counts are kept

local holder = vm_context.holder()
local queue = {}         -- rows that this VM has put aside, in order: { broadcast, chat, position }
local in_flight = {}     -- row -> true, of this VM
local in_flight_count = 0
local gone_handlers, done_handlers = {}, {}
local telling = {}       -- id -> the coroutine that tells of a broadcast's end
local is_awake, is_tidy = false, false
local rest_until = 0     -- os.time() before which nothing is put aside

local TABLES = [[
  CREATE TABLE IF NOT EXISTS lunokhod_broadcasts(
    id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, parameters TEXT NOT NULL,
    created_at INTEGER NOT NULL, done_at INTEGER,
    total INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0, uncertain INTEGER NOT NULL DEFAULT 0, canceled INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS lunokhod_broadcast_chats(
    broadcast INTEGER NOT NULL, chat NOT NULL, state INTEGER NOT NULL DEFAULT 0, holder TEXT,
    PRIMARY KEY(broadcast, chat)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS lunokhod_broadcast_held ON lunokhod_broadcast_chats(broadcast, chat) WHERE state > 0;
]]

-- At a stop, rows that were put aside are free again for the next host. Before earlier data is loaded, all broadcasts end.
schedule.at_stop "UPDATE lunokhod_broadcast_chats SET state = 0, holder = NULL WHERE state = 1"
schedule.at_cancel [[
  UPDATE lunokhod_broadcasts SET canceled = canceled +
    (SELECT count(*) FROM lunokhod_broadcast_chats WHERE broadcast = id) WHERE done_at IS NULL;
  DELETE FROM lunokhod_broadcast_chats
]]

local function has_tables()
  return db.one "SELECT 1 AS one FROM sqlite_master WHERE name = 'lunokhod_broadcast_held'" ~= nil
end

-- ---- one message ----

-- Deletes the row and counts its outcome.
local function settle(row, outcome)
  local removed = db.exec("DELETE FROM lunokhod_broadcast_chats WHERE broadcast = ? AND chat = ?", row.broadcast, row.chat)
  if removed > 0 then
    db.exec(("UPDATE lunokhod_broadcasts SET %s = %s + 1 WHERE id = ?"):format(outcome, outcome), row.broadcast)
  end
end

local GONE = { "chat not found", "user is deactivated", "user not found", "PEER_ID_INVALID", "group chat was deactivated" }

local function outcome_of(sent, err)
  if sent then return "sent" end
  if err.kind == "uncertain" then return "uncertain" end
  if err.kind == "network" then return "again" end
  if err.code == 403 then return "gone" end
  for _, words in ipairs(GONE) do
    if err.description:find(words, 1, true) then return "gone" end
  end
  return "failed"
end

local function forget(row)
  if in_flight[row] then
    in_flight[row], in_flight_count = nil, in_flight_count - 1
  end
end

-- The chat as it was given. Where a column has one type, all chats are texts in it; elsewhere a text was one before.
local function chat_of(row)
  return db.has_types and math.tointeger(tonumber(row.chat)) or row.chat
end

-- What the scripts' own handlers write commits together with the row's end, so they are told of each chat once.
local function conclude(row, outcome, err)
  if outcome == "again" then
    rest_until = os.time() + RETRY_AFTER
    db.exec("UPDATE lunokhod_broadcast_chats SET state = 0 WHERE broadcast = ? AND chat = ?", row.broadcast, row.chat)
    return
  end
  if outcome == "failed" then
    log.warn(("a message of broadcast %d was refused; chat=%s error=%s"):format(row.broadcast, row.chat, err))
  end
  settle(row, outcome)
  for _, handler in ipairs(outcome == "gone" and gone_handlers or {}) do
    handler(chat_of(row), row.broadcast, err)
  end
end

local function send(row)
  local broadcast_row = db.one("SELECT method, parameters FROM lunokhod_broadcasts WHERE id = ?", row.broadcast)
  local is_mine = db.exec([[UPDATE lunokhod_broadcast_chats SET state = 2
    WHERE broadcast = ? AND chat = ? AND state = 1 AND holder = ?]], row.broadcast, row.chat, holder) > 0
  if not broadcast_row or not is_mine then return end -- canceled meanwhile
  local parameters = json.decode(broadcast_row.parameters)
  parameters.chat_id = chat_of(row)
  row.thread = coroutine.running()
  in_flight[row], in_flight_count = true, in_flight_count + 1
  local sent, err = telegram.call(broadcast_row.method, defaults.add(broadcast_row.method, parameters), true)
  row.outcome = outcome_of(sent, err)
  conclude(row, row.outcome, err)
  forget(row)
end

-- ---- what is to be sent ----

-- Rows that others have marked. A host that died: the messages may have left, so they are uncertain. A VM that this one has
-- replaced: it finishes what it is sending, and what it had only put aside is for this VM.
local function settle_strangers()
  local mine = holder:match "^[^:]+:"
  db.exec([[UPDATE lunokhod_broadcast_chats SET state = 0
    WHERE state > 0 AND state = 1 AND holder <> ? AND substr(holder, 1, ?) = ?]], holder, #mine, mine)
  local strangers = db.all([[SELECT broadcast, chat FROM lunokhod_broadcast_chats
    WHERE state > 0 AND holder <> ? AND (? OR substr(holder, 1, ?) <> ?)]], holder, vm_context.is_alone(), #mine, mine)
  for _, row in ipairs(strangers) do settle(row, "uncertain") end
  is_tidy = vm_context.is_alone()
  if #strangers > 0 then
    log.warn(("the host stopped while %d messages of a broadcast were under way; they may have been sent, "
      .. "and are not sent again")
      :format(#strangers))
  end
  return #strangers > 0
end

local function put_aside()
  local rows = db.all([[
    UPDATE lunokhod_broadcast_chats SET state = 1, holder = ? WHERE (broadcast, chat) IN
      (SELECT broadcast, chat FROM lunokhod_broadcast_chats WHERE state = 0 ORDER BY broadcast, chat LIMIT ?)
    RETURNING broadcast, chat]], holder, PUT_ASIDE)
  local committed = vm_context.positions()
  for _, row in ipairs(rows) do
    row.position = committed + 1 -- of the commit that ends this segment
    queue[#queue + 1] = row
  end
  if #rows > 0 then backup.now() end
end

-- ---- the end of a broadcast ----

function broadcast.status(id)
  local row = has_tables() and db.one("SELECT * FROM lunokhod_broadcasts WHERE id = ?", id)
  if not row then return nil end
  local finished = row.sent + row.gone + row.failed + row.uncertain + row.canceled
  return {
    id = row.id, total = row.total, sent = row.sent, gone = row.gone, failed = row.failed, uncertain = row.uncertain,
    canceled = row.canceled, left = row.total - finished, is_done = row.done_at ~= nil,
  }
end

-- Commits together with what the handlers write. A second try, after a handler failed, leaves the handlers out.
local function tell_end(id)
  local is_second = telling[id] ~= nil
  telling[id] = coroutine.running()
  db.exec("UPDATE lunokhod_broadcasts SET done_at = ? WHERE id = ?", os.time(), id)
  db.exec("DELETE FROM lunokhod_broadcasts WHERE done_at IS NOT NULL AND id <= ? - ?", id, KEPT)
  local status = broadcast.status(id)
  log.info(("broadcast %d is done; sent=%d gone=%d failed=%d uncertain=%d canceled=%d"):format(id, status.sent, status.gone,
    status.failed, status.uncertain, status.canceled))
  for _, handler in ipairs(is_second and {} or done_handlers) do handler(id, status) end
end

local function find_finished()
  return db.one [[SELECT id FROM lunokhod_broadcasts WHERE done_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM lunokhod_broadcast_chats WHERE broadcast = lunokhod_broadcasts.id)]]
end

-- Where a script's handler failed, its whole segment was rolled back, with the end of the row: the row ends without the
-- handler.
local function settle_failed()
  local is_any = false
  for row in pairs(in_flight) do
    if not vm_context.is_running(row.thread) then
      forget(row)
      settle(row, row.outcome or "uncertain")
      is_any = true
    end
  end
  return is_any
end

-- ---- the work ----

local function is_next_ready()
  local _, saved = vm_context.positions()
  return queue[1] and in_flight_count < IN_FLIGHT and (not saved or queue[1].position <= saved)
end

-- One step, in a run of its own, which waits for its message. Returns whether there will be more to do, and what to do now.
local function work()
  if not has_tables() then return false end
  local has_tidied = settle_failed()
  if not is_tidy then has_tidied = settle_strangers() or has_tidied end
  if has_tidied then return true end -- a segment of its own, which no script's handler can undo
  if #queue <= PUT_ASIDE and os.time() >= rest_until then put_aside() end
  local finished = find_finished()
  if finished and not (telling[finished.id] and vm_context.is_running(telling[finished.id])) then
    return true, tell_end, finished.id
  end
  if is_next_ready() then return true, send, table.remove(queue, 1) end
  return #queue > 0 or db.one "SELECT 1 AS one FROM lunokhod_broadcasts WHERE done_at IS NULL" ~= nil
end

-- While a VM is left that this one has replaced, its handlers may begin broadcasts, of which nobody tells this VM. Nor does
-- another host: all broadcasts are sent by the one that leads, since Telegram's limit is the bot's and not the host's.
local function tick()
  is_awake = false
  local goes_on, step, argument = work()
  local pause = goes_on and PAUSE or (not vm_context.is_alone() or vm_context.is_shared()) and 1
  if pause then
    is_awake = true
    schedule.after(pause, tick, true) -- before the step, which may wait or fail
  end
  if step then step(argument) end
end

local function wake()
  if is_awake then return end
  is_awake = true
  schedule.after(0, tick, true)
end

-- ---- for scripts ----

local function check_parameters(parameters)
  if type(parameters) ~= "table" then error("broadcast.start: a table expected, with `to` and the message", 3) end
  local to, method = parameters.to, parameters.method or "sendMessage"
  if type(to) ~= "table" and type(to) ~= "string" then
    error("broadcast.start: `to` must be a list of chats, or a SELECT of them", 3)
  end
  local known = script.find_method(method)
  if not known or not (known:find "^send" or known:find "^copy" or known:find "^forward") then
    error(("broadcast.start: %s is no method that sends"):format(method), 3)
  end
  local message = {}
  for name, value in pairs(parameters) do
    if type(value) == "userdata" then
      error(("broadcast.start: %s: a file can't wait in the database; send it once and use its file_id"):format(name), 3)
    end
    if name ~= "to" and name ~= "method" then message[name] = value end
  end
  spelling.check_parameters(known, message, "to method")
  return to, known, message
end

-- The script's SELECT is looked at with the script's rights, since it then runs as part of a statement with the host's.
local function check_select(to, has_values)
  local ok, sql, columns, parameters = pcall(db.query, to)
  if not ok then
    script.misuse("broadcast.start: `to`: " .. sql)
  elseif not sql then
    script.misuse "broadcast.start: `to` must be one SELECT of chats"
  elseif parameters > 0 and not has_values then
    script.misuse "broadcast.start: `to` has parameters: give their values, to = { \"SELECT ... WHERE x = ?\", value }"
  elseif columns and #columns ~= 1 then -- where the database answers later, it tells so itself
    script.misuse(("broadcast.start: `to` must select one column, the chat; it selects %d: %s"):format(#columns,
      table.concat(columns, ", ")))
  end
  return sql
end

-- Who is named twice gets one message. A chat that is NULL is an error, and not left out: the message would go to nobody
-- unnoticed.
local function insert_chats(id, to, values)
  local insert = "INSERT INTO lunokhod_broadcast_chats(broadcast, chat) %s ON CONFLICT DO NOTHING"
  if type(to) == "string" then
    -- The line break ends a comment that ends the SELECT. Its parameters keep their numbers.
    local query = insert:format(("SELECT %d, * FROM ("):format(id) .. to .. "\n) WHERE true")
    return db.exec(query, table.unpack(values, 1, values.n))
  end
  local count = 0
  for _, chat in ipairs(to) do count = count + db.exec(insert:format "VALUES(?, ?)", id, chat) end
  return count
end

local function add_chats(id, to, values)
  local ok, result = pcall(insert_chats, id, to, values)
  if ok then return result end
  db.exec("DELETE FROM lunokhod_broadcasts WHERE id = ?", id)
  db.exec("DELETE FROM lunokhod_broadcast_chats WHERE broadcast = ?", id)
  if tostring(result):find("NOT NULL", 1, true) or tostring(result):find("not-null", 1, true) then
    script.misuse "broadcast.start: `to` names a chat that is NULL; add WHERE ... IS NOT NULL"
  end
  script.misuse("broadcast.start: `to`: " .. tostring(result):gsub("^lunokhod/[%w_]+%.lua:%d+: ", ""))
end

-- A SELECT with values, { "SELECT ... WHERE language = ?", "ru" }, is a list that begins with SQL: no name of a chat has a
-- blank.
local function read_select(to)
  local is_select = type(to) == "string" or type(to[1]) == "string" and to[1]:find "%S%s+%S" ~= nil
  if not is_select then return to end
  local values = type(to) == "table" and table.pack(table.unpack(to, 2)) or { n = 0 }
  return check_select(type(to) == "table" and to[1] or to, values.n > 0), values
end

--- broadcast.start{ to = { ids } | "SELECT chatid FROM users", text = "..." }: as telegram.send_message{...} to each; or by
--- another `method`. A SELECT with parameters: to = { "SELECT chatid FROM users WHERE x = ?", x }.
--- Begins when the segment commits. Returns the broadcast's id.
function broadcast.start(parameters)
  if select(2, coroutine.running()) then
    error("broadcast.start: not at a script's top level, which runs again with every reload", 2)
  end
  local to, method, message = check_parameters(parameters)
  local values
  to, values = read_select(to)
  db.exec(TABLES)
  local id = db.one("INSERT INTO lunokhod_broadcasts(method, parameters, created_at) VALUES(?, ?, ?) RETURNING id", method,
    json.encode(message), os.time()).id
  db.exec("UPDATE lunokhod_broadcasts SET total = ? WHERE id = ?", add_chats(id, to, values), id)
  wake()
  return id
end

--- Ends the broadcast; returns how many chats are left out. Messages that are under way go on.
function broadcast.cancel(id)
  if not has_tables() then return 0 end
  local count = db.exec("DELETE FROM lunokhod_broadcast_chats WHERE broadcast = ? AND state < 2", id)
  db.exec("UPDATE lunokhod_broadcasts SET canceled = canceled + ? WHERE id = ?", count, id)
  return count
end

local function check_handler(handler, name)
  if type(handler) ~= "function" then
    error(("broadcast.%s: the handler must be a function, not a %s"):format(name, type(handler)), 3)
  end
  return handler
end

--- broadcast.gone(function(chat_id, id, err) end): the bot is blocked there, or the chat is no more. The place to delete a row.
function broadcast.gone(handler)
  gone_handlers[#gone_handlers + 1] = check_handler(handler, "gone")
end

--- broadcast.done(function(id, status) end): the broadcast has ended, for every chat.
function broadcast.done(handler)
  done_handlers[#done_handlers + 1] = check_handler(handler, "done")
end

wake() -- for what a restart, a restore or a reload brings

return broadcast

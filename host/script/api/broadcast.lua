-- broadcast: one message to many chats, which outlives the handler that began it. Each chat is a row, so a reload, a restart
-- and a restore find the broadcast again. The states of a row:
--
--   0 to be sent -> 1 put aside, by a VM that will send it once a backup knows -> 2 being sent -> deleted, and counted
--
-- A row is marked before its message leaves, and deleted when Telegram has answered. A mark of a host that died does not tell
-- whether the message left: such a row is counted as uncertain and never sent again. So nobody gets a message twice, and a
-- crash costs the rows that were put aside, at most PUT_ASIDE * 2. Where no backup is made, nothing of a broadcast survives a
-- crash.
--
-- Hosts that share a database share its broadcasts: each puts rows aside that no other one has, and sends so much more slowly
-- that all together keep Telegram's limit. Nothing is lost there in a crash: the host that leads finds the marks of hosts that
-- are on the roster no more. What they had put aside is free again, and only what they were sending is uncertain. The one that
-- leads tells of a broadcast's end.
--
-- Where the database answers later, a step waits for what it marks to be kept before it goes on, and steps are runs of their
-- own: a run that lost the database, or met another one in the same rows, begins again, and may have left nothing behind.
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
local wait = require "core.wait"

local broadcast = {}

local IS_LATE = db.has_types -- the database answers later
local IS_SHARED = vm_context.is_shared()

local PAUSE = 0.04       -- seconds between two messages: 25 a second leave room for answers below Telegram's 30
local PUT_ASIDE = IS_LATE and 10 or 60 -- rows at once: at least what is sent while a backup is made
local IN_FLIGHT = 30     -- messages that Telegram has not answered; more would wait for a 429 to pass
local RETRY_AFTER = 30   -- seconds, when Telegram can't be reached
local KEPT = 100         -- finished broadcasts whose counts are kept
local LOOK = 1           -- seconds between two looks at what other hosts have begun, or left behind
local BEGINS_AGAIN = 3   -- seconds within which a run of ours begins again, if it does

local process, generation = vm_context.holder():match "^(.+):(.+)$"
local queue = {}         -- rows that this VM has put aside, in order: { broadcast, chat, holder, position }
local in_flight = {}     -- row -> true, of this VM
local in_flight_count = 0
local gone_handlers, done_handlers = {}, {}
local telling = {}       -- id -> the work that tells of a broadcast's end
local putting_aside      -- the work that does so
local is_awake, is_tidy = false, false
local rest_until = 0     -- os.time() before which nothing is put aside
local hosts, counted_at  -- of a database that is shared, and the os.time() when they were counted

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
schedule.at_stop("UPDATE lunokhod_broadcast_chats SET state = 0, holder = NULL WHERE state = 1"
  .. (IS_SHARED and (" AND instr(holder, ':%s:') > 0"):format(process) or ""))
schedule.at_cancel [[
  UPDATE lunokhod_broadcasts SET canceled = canceled +
    (SELECT count(*) FROM lunokhod_broadcast_chats WHERE broadcast = id) WHERE done_at IS NULL;
  DELETE FROM lunokhod_broadcast_chats
]]

local function has_tables()
  return db.one "SELECT 1 AS one FROM sqlite_master WHERE name = 'lunokhod_broadcast_held'" ~= nil
end

-- Whose marks are those of this VM: "PROCESS:GENERATION", and before it the host's number where there are others. A host that
-- the others took for dead has a new number, and nothing that it had marked is its own any more.
local function own_holder()
  local host = vm_context.host()
  return (host and host .. ":" or "") .. process .. ":" .. generation
end

local function own_host() return own_holder():match "^.+:" end

-- ---- runs of their own ----

-- A work is a table, of a row or of something else that is to be done once: { began_at, thread }.
local function note_run(work)
  work.began_at, work.thread = os.time(), coroutine.running()
end

-- Where segments are kept at once, it is done here and now, by the run that asks.
local function begin(step, work)
  if not IS_LATE then return step(work) end
  work.began_at, work.thread = os.time(), nil
  schedule.here(0, function() step(work) end)
end

-- A run that begins again is not there for a moment.
local function is_under_way(work)
  if not work then return false end
  if work.thread and vm_context.is_running(work.thread) then return true end
  return IS_LATE and math.abs(os.time() - work.began_at) <= BEGINS_AGAIN
end

-- What this segment has written is there for all.
local function keep()
  if IS_LATE then wait.sleep(0) end
end

-- Returns a function that plans `fn` to run in so many seconds. What was planned before is dropped: a run that begins again has
-- planned the next one already.
local function recurring(fn)
  local newest = 0
  return function(seconds)
    newest = newest + 1
    local mine = newest
    schedule.here(seconds, function()
      if mine == newest then fn() end
    end, true)
  end
end

-- ---- one message ----

-- Deletes the row and counts its outcome, unless it is another one's now, who was given it when its host was taken for dead.
local function settle(row, outcome)
  local removed = db.exec("DELETE FROM lunokhod_broadcast_chats WHERE broadcast = ? AND chat = ? AND holder = ?", row.broadcast,
    row.chat, row.holder)
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

-- It is to be sent again, by anybody. False: it is not in that state.
local function free(row, state)
  return db.exec([[UPDATE lunokhod_broadcast_chats SET state = 0, holder = NULL
    WHERE broadcast = ? AND chat = ? AND state = ? AND holder = ?]], row.broadcast, row.chat, state, row.holder) > 0
end

-- What the scripts' own handlers write commits together with the row's end, so they are told of each chat once.
local function conclude(row)
  note_run(row)
  if row.outcome == "again" then
    rest_until = os.time() + RETRY_AFTER
    free(row, 2)
  else
    settle(row, row.outcome)
    for _, handler in ipairs(row.outcome == "gone" and gone_handlers or {}) do
      handler(chat_of(row), row.broadcast, row.error)
    end
  end
  keep()
  forget(row)
end

local function send(row)
  note_run(row)
  vm_context.relax()
  local broadcast_row = db.one("SELECT method, parameters FROM lunokhod_broadcasts WHERE id = ?", row.broadcast)
  local is_mine = db.exec([[UPDATE lunokhod_broadcast_chats SET state = 2
    WHERE broadcast = ? AND chat = ? AND state = 1 AND holder = ?]], row.broadcast, row.chat, row.holder) > 0
  if not broadcast_row or not is_mine then return forget(row) end -- canceled meanwhile
  local parameters = json.decode(broadcast_row.parameters)
  parameters.chat_id = chat_of(row)
  local sent, err = telegram.call(broadcast_row.method, defaults.add(broadcast_row.method, parameters), true)
  row.outcome, row.error = outcome_of(sent, err), err
  if row.outcome == "failed" then
    log.warn(("a message of broadcast %d was refused; chat=%s error=%s"):format(row.broadcast, row.chat, err))
  end
  if row.outcome == "gone" and gone_handlers[1] then return begin(conclude, row) end -- which others may meet
  vm_context.relax()
  conclude(row)
end

-- ---- what is to be sent ----

local function say_uncertain(rows)
  if #rows == 0 then return end
  log.warn(("the host stopped while %d messages of a broadcast were under way; they may have been sent, and are not sent again")
    :format(#rows))
end

-- Rows that others have marked. A host that died: the messages may have left, so they are uncertain. A VM that this one has
-- replaced: it finishes what it is sending, and what it had only put aside is for this VM.
local function settle_strangers()
  local holder, mine = own_holder(), own_host()
  db.exec([[UPDATE lunokhod_broadcast_chats SET state = 0
    WHERE state > 0 AND state = 1 AND holder <> ? AND substr(holder, 1, ?) = ?]], holder, #mine, mine)
  local of_whom = IS_SHARED and "(? AND substr(holder, 1, ?) = ?)" or "(? OR substr(holder, 1, ?) <> ?)"
  local strangers = db.all([[SELECT broadcast, chat, holder FROM lunokhod_broadcast_chats
    WHERE state > 0 AND holder <> ? AND ]] .. of_whom, holder, vm_context.is_alone(), #mine, mine)
  for _, row in ipairs(strangers) do settle(row, "uncertain") end
  is_tidy = vm_context.is_alone() and #strangers == 0
  say_uncertain(strangers)
  return #strangers > 0
end

-- Of hosts that are on the roster no more: what they had put aside has surely not left.
local function settle_dead_hosts()
  local of_dead = "NOT EXISTS (SELECT 1 FROM lunokhod_hosts WHERE holder LIKE number || ':%')"
  db.exec("UPDATE lunokhod_broadcast_chats SET state = 0, holder = NULL WHERE state > 0 AND state = 1 AND " .. of_dead)
  local rows = db.all("SELECT broadcast, chat, holder FROM lunokhod_broadcast_chats WHERE state > 0 AND state = 2 AND "
    .. of_dead)
  for _, row in ipairs(rows) do settle(row, "uncertain") end
  say_uncertain(rows)
end

-- Rows are sent only when it is sure that they are this VM's. Of an earlier try nobody may have told.
local function put_aside(work)
  if IS_SHARED and not vm_context.host() then return end
  note_run(work)
  vm_context.relax()
  local holder = own_holder()
  if IS_LATE and not queue[1] and in_flight_count == 0 then
    db.exec("UPDATE lunokhod_broadcast_chats SET state = 0, holder = NULL WHERE state > 0 AND state = 1 AND holder = ?", holder)
  end
  local rows = db.all(([[
    UPDATE lunokhod_broadcast_chats SET state = 1, holder = ? WHERE (broadcast, chat) IN
      (SELECT broadcast, chat FROM lunokhod_broadcast_chats WHERE state = 0 ORDER BY broadcast, chat LIMIT ? %s)
    RETURNING broadcast, chat]]):format(IS_LATE and "FOR UPDATE SKIP LOCKED" or ""), holder, PUT_ASIDE)
  local committed = vm_context.positions()
  keep()
  for _, row in ipairs(rows) do
    row.holder, row.position = holder, committed + 1 -- of the commit that ends this segment
    queue[#queue + 1] = row
  end
  if #rows > 0 and not IS_LATE then backup.now() end
  if #rows == 0 and IS_SHARED then rest_until = math.max(rest_until, os.time() + LOOK) end
  putting_aside = nil
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
local function tell_end(work)
  local id = work.id
  note_run(work)
  if db.exec("UPDATE lunokhod_broadcasts SET done_at = ? WHERE id = ? AND done_at IS NULL", os.time(), id) == 0 then return end
  db.exec("DELETE FROM lunokhod_broadcasts WHERE done_at IS NOT NULL AND id <= ? - ?", id, KEPT)
  local status = broadcast.status(id)
  log.info(("broadcast %d is done; sent=%d gone=%d failed=%d uncertain=%d canceled=%d"):format(id, status.sent, status.gone,
    status.failed, status.uncertain, status.canceled))
  for _, handler in ipairs(work.is_second and {} or done_handlers) do handler(id, status) end
end

local function find_finished()
  return db.one [[SELECT id FROM lunokhod_broadcasts WHERE done_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM lunokhod_broadcast_chats WHERE broadcast = lunokhod_broadcasts.id)]]
end

-- The row ends without the handlers, or is to be sent again where it was not even marked.
local function settle_one(row)
  if row.outcome == "again" then
    free(row, 2)
  elseif row.outcome or not (IS_LATE and free(row, 1)) then
    settle(row, row.outcome or "uncertain")
  end
end

-- Where a script's handler failed, its whole segment was rolled back, with the end of the row.
local function settle_failed()
  local failed = {}
  for row in pairs(in_flight) do
    if not is_under_way(row) then failed[#failed + 1] = row end
  end
  for _, row in ipairs(failed) do settle_one(row) end
  if failed[1] then keep() end
  for _, row in ipairs(failed) do forget(row) end
  return failed[1] ~= nil
end

-- ---- the work ----

local function is_next_ready()
  local _, saved = vm_context.positions()
  return queue[1] and in_flight_count < IN_FLIGHT and (not saved or queue[1].position <= saved)
end

local function next_row()
  local row = table.remove(queue, 1)
  in_flight[row], in_flight_count = true, in_flight_count + 1
  return row
end

local function find_telling()
  local finished = schedule.leads() and find_finished()
  local before = finished and telling[finished.id]
  if not finished or is_under_way(before) then return nil end
  telling[finished.id] = { id = finished.id, is_second = before and before.thread ~= nil }
  return telling[finished.id]
end

local function has_more()
  if queue[1] then return true end
  if IS_SHARED then return in_flight_count > 0 or is_under_way(putting_aside) end -- look() wakes it, too
  return db.one "SELECT 1 AS one FROM lunokhod_broadcasts WHERE done_at IS NULL" ~= nil
end

-- One step, which waits for its message. Returns whether there will be more to do, and what to do now.
local function work()
  if not has_tables() then return false end
  local has_tidied = settle_failed()
  if not is_tidy then has_tidied = settle_strangers() or has_tidied end
  if has_tidied then return true end -- a segment of its own, which no script's handler can undo
  if #queue <= PUT_ASIDE and os.time() >= rest_until and not is_under_way(putting_aside) then
    putting_aside = {}
    begin(put_aside, putting_aside)
  end
  local end_to_tell = find_telling()
  if end_to_tell then return true, tell_end, end_to_tell end
  if is_next_ready() then return true, send, next_row() end
  return has_more()
end

-- Telegram's limit is the bot's and not the host's. Hosts are counted once a second: they beat no faster.
local function pause_between()
  if not IS_SHARED then return PAUSE end
  local now = os.time()
  if now ~= counted_at then hosts, counted_at = math.max(db.one "SELECT count(*) AS n FROM lunokhod_hosts".n, 1), now end
  return PAUSE * hosts
end

local plan_tick
local ticking -- the coroutine that looks for the next step, where that takes a while

local function tick()
  vm_context.relax()
  local pause = pause_between() -- before a step is found: from then on until it begins nothing waits
  local goes_on, step, argument = work()
  -- While a VM is left that this one has replaced, its handlers may begin broadcasts, of which nobody tells this VM.
  if not goes_on then pause = not IS_SHARED and not vm_context.is_alone() and 1 end
  if pause then
    is_awake = true
    plan_tick(pause) -- before the step, which may wait or fail
  end
  ticking = nil
  if step then begin(step, argument) end
end

plan_tick = recurring(function()
  is_awake = false
  if IS_SHARED and not vm_context.host() then return end
  if IS_LATE then
    if ticking and vm_context.is_running(ticking) then return end
    ticking = coroutine.running()
  end
  tick()
end)

local function wake()
  if is_awake then return end
  is_awake = true
  plan_tick(0)
end

-- What other hosts begin, or leave behind, nobody tells this one.
local plan_look
plan_look = recurring(function()
  plan_look(LOOK)
  if not vm_context.host() then return end
  vm_context.relax()
  if not has_tables() then return end
  if schedule.leads() then settle_dead_hosts() end
  wake()
end)

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
  if IS_LATE then -- from here on its messages' ends wait, and change nothing that this segment has seen
    db.exec("UPDATE lunokhod_broadcasts SET canceled = canceled WHERE id = ?", id)
  end
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
if IS_SHARED then plan_look(LOOK) end

return broadcast

-- Backups seen from outside: a bot whose data shows whether it is whole, its admin, and the documents in the admin's chat.
local client = require "tests.support.client"
local dkjson = require "dkjson"
local host = require "tests.support.host"
local http = require "socket.http"
local ltn12 = require "ltn12"
local until_ = require "tests.support.until"

local backups = {}

-- The bot: "+" counts in two tables in one segment. "=" tells both counts, which must be equal. "save" counts and asks for a
-- backup. "grow N" adds N kB that can't be compressed.
backups.SCRIPT = [[
local bot, db, backup, json = require "bot", require "db", require "backup", require "json"
db.exec "CREATE TABLE IF NOT EXISTS total(n INTEGER)"
db.exec "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total)"
db.exec "CREATE TABLE IF NOT EXISTS log(n INTEGER)"
db.exec "CREATE TABLE IF NOT EXISTS ballast(id INTEGER PRIMARY KEY, bytes BLOB)"
local function count()
  db.exec "UPDATE total SET n = n + 1"
  db.exec "INSERT INTO log SELECT n FROM total"
  return tostring(db.one("SELECT n FROM total").n)
end
bot.text("+", function(message) message:answer(count()) end)
bot.text("save", function(message) message:answer(count()) backup.now() end)
bot.text("=", function(message)
  local log = db.one "SELECT count(*) AS n, coalesce(max(n), 0) AS last FROM log"
  message:answer(("%d %d %d"):format(db.one("SELECT n FROM total").n, log.n, log.last))
end)
bot.match("^grow (%d+)$", function(message)
  db.exec([=[WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?)
    INSERT INTO ballast(bytes) SELECT randomblob(1000) FROM i]=], tonumber(message.text:match "%d+"))
  message:answer "grown"
end)
bot.text("status", function(message) message:answer(json.encode(backup.status())) end)
]]

-- A host that saves only when a test asks for it. options: a list of arguments. environment: more variables.
function backups.host(telegram, admin, what)
  local environment = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "3600" }
  for name, value in pairs(what and what.environment or {}) do environment[name] = value end
  local lunokhod = host {
    telegram = telegram, script = what and what.script or backups.SCRIPT, options = what and what.options,
    environment = environment, wait = false, has_control = true,
  }
  if not (what and what.wait == false) then lunokhod:logged("msg=running") end
  return lunokhod
end

-- The first host of a chat. --fresh saves it two seconds of looking for a backup.
function backups.first_host(telegram, admin, what)
  what = what or {}
  local options = table.move(what.options or {}, 1, #(what.options or {}), 2, { "--fresh" })
  return backups.host(telegram, admin, { options = options, environment = what.environment, wait = what.wait })
end

-- Says a text and returns the next text of the bot that matches. Messages of the host itself may come between.
function backups.ask(person, text, pattern)
  local asked = person:says(text).message_id
  return until_(function()
    for _, message in ipairs(person.telegram:messages(person.id, math.tointeger(asked))) do
      if message.from.is_bot and (message.text or ""):find(pattern) then return message.text end
    end
  end, function()
    local texts = person:saw()
    return ("an answer to %q; seen at last: %s"):format(text, table.concat(texts, " | ", math.max(1, #texts - 9)))
  end)
end

-- Returns the count. Fails if the two tables differ.
function backups.count(person)
  local answer = backups.ask(person, "=", "^%d+ %d+ %d+$")
  local total, rows, last = answer:match("^(%d+) (%d+) (%d+)$")
  assert(total == rows and rows == last, "the tables do not agree: " .. answer)
  return tonumber(total)
end

function backups.add(person) return tonumber(backups.ask(person, "+", "^%d+$")) end

-- Counts, and waits until a backup has the count.
function backups.save(lunokhod, person)
  local before = #lunokhod:log_lines("msg=saved")
  local count = tonumber(backups.ask(person, "save", "^%d+$"))
  until_(function() return #lunokhod:log_lines("msg=saved") > before end, function()
    return "a backup\n" .. lunokhod.process:stderr()
  end)
  return count
end

-- Waits until no update is in hand and nothing is left to save. Only what comes from then on can be a reason for a backup: a
-- handler may commit once more after its answer, so that one answer may be two backups.
function backups.rests(lunokhod)
  until_(function()
    local status = lunokhod:status()
    return status.updates.unfinished == 0 and status.backup.unsaved == 0
  end, function() return "all to be finished and saved\n" .. lunokhod.process:stderr() end)
end

function backups.grow(person, kilobytes) backups.ask(person, "grow " .. kilobytes, "^grown$") end
function backups.status(person) return dkjson.decode(backups.ask(person, "status", "^{")) end

-- ---- the admin's chat, with the bot's own rights ----

local function must(telegram, method, parameters)
  local status, answer = telegram:bot(method, parameters)
  assert(status == 200, ("%s: %s"):format(method, dkjson.encode(answer)))
  return answer.result
end

local function scope(admin) return { type = "chat", chat_id = admin.id } end

-- The menus of languages that nobody reads, as in host/backup/pointer.c.
local LANGUAGES = { "ae", "cu", "ho", "vo" }

local function read_menu(telegram, admin, language)
  for _, command in ipairs(must(telegram, "getMyCommands", { scope = scope(admin), language_code = language })) do
    local message_id, epoch = command.description:match("^Save now %(message (%d+), epoch (%d+)%)$")
    if command.command == "backup" and epoch then return tonumber(message_id), tonumber(epoch) end
  end
end

-- Returns the message id and the epoch of the highest pointer, or nil.
function backups.pointer(telegram, admin)
  local best_id, best_epoch
  for _, language in ipairs(LANGUAGES) do
    local message_id, epoch = read_menu(telegram, admin, language)
    if epoch and (not best_id or epoch > best_epoch or epoch == best_epoch and message_id > best_id) then
      best_id, best_epoch = message_id, epoch
    end
  end
  return best_id, best_epoch
end

-- Returns the nonce of the crown.
function backups.crown(telegram, admin) return select(2, read_menu(telegram, admin)) end

local function write_menu(telegram, admin, language, message_id, epoch)
  local commands = { { command = "backup", description = ("Save now (message %d, epoch %d)"):format(message_id, epoch) } }
  must(telegram, "setMyCommands", { scope = scope(admin), language_code = language, commands = commands })
end

-- Points as a version without reigns does, in the menu that is the crown now.
function backups.point(telegram, admin, message_id, epoch) write_menu(telegram, admin, nil, message_id, epoch) end

-- Takes the pointers away; the crown stays.
function backups.unpoint(telegram, admin)
  for _, language in ipairs(LANGUAGES) do
    must(telegram, "deleteMyCommands", { scope = scope(admin), language_code = language })
  end
end
function backups.unpin(telegram, admin) must(telegram, "unpinAllChatMessages", { chat_id = admin.id }) end
function backups.delete(telegram, admin, message_id)
  must(telegram, "deleteMessage", { chat_id = admin.id, message_id = message_id })
end

function backups.pinned(telegram, admin)
  local pin = must(telegram, "getChat", { chat_id = admin.id }).pinned_message
  return pin and math.tointeger(pin.message_id)
end

-- Returns the messages with a document in the admin's chat, oldest first.
function backups.documents(telegram, admin)
  local found = {}
  for _, message in ipairs(telegram:messages(admin.id)) do
    if message.document then found[#found + 1] = message end
  end
  return found
end

-- Returns the bytes of a message's document.
function backups.bytes(telegram, admin, message_id)
  for _, message in ipairs(backups.documents(telegram, admin)) do
    if message.message_id == message_id then
      local path = must(telegram, "getFile", { file_id = message.document.file_id }).file_path
      local _, bytes = client.request("GET", ("%s/file/bot%s/%s"):format(telegram.url, telegram.token, path))
      return bytes
    end
  end
  error("message " .. message_id .. " holds no document")
end

local function post_document(url, admin, bytes)
  local boundary = "lunokhod-7f3a"
  local body = table.concat({
    "--" .. boundary, 'Content-Disposition: form-data; name="chat_id"', "", tostring(admin.id),
    "--" .. boundary, 'Content-Disposition: form-data; name="document"; filename="backup.zst"', "", bytes,
    "--" .. boundary .. "--", "",
  }, "\r\n")
  local pieces = {}
  local _, status = http.request {
    method = "POST", url = url, source = ltn12.source.string(body), sink = ltn12.sink.table(pieces),
    headers = { ["content-type"] = "multipart/form-data; boundary=" .. boundary, ["content-length"] = #body },
  }
  assert(status == 200, table.concat(pieces))
  local answer = dkjson.decode(table.concat(pieces))
  return math.tointeger((answer.result or answer).message_id)
end

-- Sends a document as the bot, or as the admin. Returns the message id.
function backups.send(telegram, admin, bytes)
  return post_document(("%s/bot%s/sendDocument"):format(telegram.url, telegram.token), admin, bytes)
end

function backups.send_as_admin(telegram, admin, bytes)
  telegram.said = telegram.said + 1
  return post_document(telegram.url .. "/sandbox/messages", admin, bytes)
end

-- Returns how many messages to the admin match the pattern.
function backups.told(admin, pattern)
  local times = 0
  for _, text in ipairs(admin:saw()) do times = times + (text:find(pattern) and 1 or 0) end
  return times
end

return backups

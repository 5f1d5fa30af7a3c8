-- session: a table for each person, each chat, or each person in a chat, kept as a row. It is read and written as a whole.
local core = require "core.script"
local db = require "core.db"
local migration = require "core.migration"
local spelling = require "core.spelling"
local stable_json = require "core.stable_json"
local whose = require "core.whose"

local session = {}

local SCOPES = { person = true, chat = true, member = true }
local TABLE = [[
  CREATE TABLE IF NOT EXISTS main.lunokhod_sessions(
    chat INTEGER NOT NULL, person INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY(chat, person)) WITHOUT ROWID
]]

-- chat and person of the row; 0 stands for any.
local function key_of(what, scope, name)
  scope = scope or "person"
  if not SCOPES[scope] then
    core.misuse(("%s: there is no scope %q%s"):format(name, tostring(scope), spelling.hint_among(tostring(scope), SCOPES)))
  end
  local chat = scope ~= "person" and whose.chat(what, name) or 0
  local person = scope ~= "chat" and whose.person(what, name).id or 0
  return chat, person
end

local function read(chat, person)
  db.exec(TABLE)
  local row = db.one("SELECT data FROM main.lunokhod_sessions WHERE chat = ? AND person = ?", chat, person)
  return row and stable_json.decode(row.data) or {}
end

local function write(chat, person, data, name)
  db.exec(TABLE)
  if data == nil or type(data) == "table" and next(data) == nil then
    db.exec("DELETE FROM main.lunokhod_sessions WHERE chat = ? AND person = ?", chat, person)
  elseif type(data) ~= "table" then
    core.misuse(name .. ": a table expected")
  else
    db.exec("INSERT OR REPLACE INTO main.lunokhod_sessions(chat, person, data) VALUES (?, ?, ?)", chat, person,
      stable_json.encode(data, "a session's"))
  end
end

--- session.get(message) -> a copy of the table; an empty one where there is none.
function session.get(what, scope) return read(key_of(what, scope, "session.get")) end

--- session.set(message, { step = 2 }); nil or an empty table: there is none any more.
function session.set(what, data, scope)
  local chat, person = key_of(what, scope, "session.set")
  write(chat, person, data, "session.set")
end

--- session.update(message, function(data) data.count = (data.count or 0) + 1 end) -> the table as it is now.
function session.update(what, change, scope)
  if type(change) ~= "function" then core.misuse "session.update: a function expected, which changes the table" end
  local chat, person = key_of(what, scope, "session.update")
  local data = read(chat, person)
  change(data)
  write(chat, person, data, "session.update")
  return data
end

migration.add(function(old_chat, new_chat)
  db.exec(TABLE)
  db.exec([[DELETE FROM main.lunokhod_sessions WHERE chat = ?
    AND person IN (SELECT person FROM main.lunokhod_sessions WHERE chat = ?)]], new_chat, old_chat)
  db.exec("UPDATE main.lunokhod_sessions SET chat = ? WHERE chat = ?", new_chat, old_chat)
end)

return session

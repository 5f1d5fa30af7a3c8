-- Groups that become supergroups: each gets a new id, and Telegram tells of it by two messages, one in the old chat and one in
-- the new. Whoever has noted something under the old id registers here, and is told once, with the first of the two messages
-- whose handler succeeds: the note that it was told is a row, and rolls back with that handler's segment.
local db = require "core.db"

local migration = {}

local TABLE = [[
  CREATE TABLE IF NOT EXISTS main.lunokhod_migrations(old_chat INTEGER PRIMARY KEY, new_chat INTEGER NOT NULL) WITHOUT ROWID
]]

local handlers = {}

--- handler(old_id, new_id) moves what is noted of the chat. Handlers are called in the order in which they were registered.
function migration.add(handler)
  handlers[#handlers + 1] = handler
end

--- For every incoming message that tells of a migration: the handlers are called unless they were before.
function migration.take(message)
  local to, from = message.migrate_to_chat_id, message.migrate_from_chat_id
  local old_chat, new_chat = to and message.chat.id or from, to or message.chat.id
  db.exec(TABLE)
  local insert = "INSERT OR IGNORE INTO main.lunokhod_migrations(old_chat, new_chat) VALUES (?, ?)"
  if db.exec(insert, old_chat, new_chat) == 0 then return end
  for _, handler in ipairs(handlers) do
    handler(old_chat, new_chat)
  end
end

return migration

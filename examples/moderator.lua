-- Moderation of a group: links are deleted, and the third link costs an hour of silence.
-- The bot must be an administrator of the group.
local bot = require "bot"
local db = require "db"
local telegram = require "telegram"

local HOUR = 3600

db.exec [[CREATE TABLE IF NOT EXISTS warnings(chat INTEGER, person INTEGER, count INTEGER, PRIMARY KEY(chat, person))]]

-- A group that becomes a supergroup gets a new id.
bot.migrated(function(old_id, new_id) db.exec("UPDATE warnings SET chat = ? WHERE chat = ?", new_id, old_id) end)

local function has_link(message)
  for _, entity in ipairs(message.entities or message.caption_entities or {}) do
    if entity.type == "url" or entity.type == "text_link" then return true end
  end
end

-- Runs around every update. Without next() the update goes no further.
bot.use(function(update, next)
  local message = update.message
  if not message or message.chat.type == "private" or not has_link(message) then return next() end
  local count = db.one([[INSERT INTO warnings VALUES(?, ?, 1)
    ON CONFLICT(chat, person) DO UPDATE SET count = count + 1 RETURNING count]], message.chat.id, message.from.id).count
  message:delete()
  if count < 3 then
    message:answer(("%s, ссылки здесь не публикуют. Предупреждение %d из 3."):format(message.from.first_name, count))
    return
  end
  db.exec("DELETE FROM warnings WHERE chat = ? AND person = ?", message.chat.id, message.from.id)
  local ok, err = telegram.restrict_chat_member {
    chat_id = message.chat.id, user_id = message.from.id, until_date = os.time() + HOUR,
    permissions = { can_send_messages = false },
  }
  if ok then
    message:answer(("%s помолчит час."):format(message.from.first_name))
  else
    print("nobody can be silenced here:", err) -- a basic group, or the bot is not an administrator
  end
end)

bot.command("rules", function(message) message:answer "Без ссылок. После третьей — час тишины." end)

-- Topics: a help desk. Each person who writes to the bot gets a topic in a forum of the staff. What is said there goes back.
-- The bot must be an administrator of the forum who may manage topics; /desk there makes it the desk.
local bot = require "bot"
local db = require "db"
local telegram = require "telegram"

db.exec [[
  CREATE TABLE IF NOT EXISTS desk(one INTEGER PRIMARY KEY CHECK (one = 1), chat INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS talks(person INTEGER PRIMARY KEY, topic INTEGER NOT NULL);
]]

local function desk()
  local row = db.one "SELECT chat FROM desk"
  return row and row.chat
end

bot.command("desk", function(message)
  if not message.chat.is_forum then return message:answer "Сначала включите темы в настройках группы." end
  if desk() ~= message.chat.id then db.exec "DELETE FROM talks" end
  db.exec("INSERT OR REPLACE INTO desk VALUES(1, ?)", message.chat.id)
  message:answer "Вопросы будут приходить сюда."
end, { filter = { "group", "admin" } })

bot.command("start", function(message) message:answer "Напишите, в чём дело. Вам ответит человек." end)

-- Returns the topic of a person, or nil.
local function topic_of(person)
  local row = db.one("SELECT topic FROM talks WHERE person = ?", person.id)
  if row then return row.topic end
  local topic, err = telegram.create_forum_topic { chat_id = desk(), name = person.first_name }
  if not topic then return print("no topic:", err) end
  db.exec("INSERT INTO talks VALUES(?, ?)", person.id, topic.message_thread_id)
  return topic.message_thread_id
end

bot.on("message", function(message)
  local topic = desk() and topic_of(message.from)
  if not topic or not message:copy(desk(), { message_thread_id = topic }) then
    message:answer "Сейчас никого нет, попробуйте позже."
  end
end, { filter = "private" })

-- What Telegram itself says in a topic: such messages can't be copied.
local function is_notice(message)
  return message.forum_topic_edited or message.forum_topic_closed or message.forum_topic_reopened or message.pinned_message
end

bot.on("message:message_thread_id", function(message)
  local talk = db.one("SELECT person FROM talks WHERE topic = ? AND ? = (SELECT chat FROM desk)",
    message.message_thread_id, message.chat.id)
  if talk and not message:copy(talk.person) then message:reply "Не дошло: бот у человека, наверное, остановлен." end
end, { filter = { "topic", bot.none { "bot", is_notice } } })

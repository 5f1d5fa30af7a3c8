-- The bot of the simulator. People write numbers, each higher than all before; it writes down the ones it has handled. What it
-- finds wrong itself it says in an error, by the word "broken".
local bot, db = require "bot", require "db"

db.exec [[CREATE TABLE IF NOT EXISTS finished(id INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, chat INTEGER NOT NULL)]]
db.exec [[CREATE INDEX IF NOT EXISTS finished_by_chat ON finished(chat, number)]]
db.exec [[CREATE TABLE IF NOT EXISTS begun(number INTEGER PRIMARY KEY)]]

db.exec [[CREATE TABLE IF NOT EXISTS beats(id INTEGER PRIMARY KEY, count INTEGER NOT NULL)]]
db.exec [[INSERT OR IGNORE INTO beats VALUES(1, 0)]]

-- Not every commit belongs to an update; and there are times without any.
bot.every(20, function() db.exec "UPDATE beats SET count = count + 1 WHERE count < 20" end)

local DEADLINE_S = 30 -- of a handler; one that it ends runs no __close
local in_hand = {}

local function handle(message, number)
  local chat = message.chat.id
  local last = db.one("SELECT max(number) AS n FROM finished WHERE chat = ?", chat).n
  if last == number then error("broken: " .. number .. " is handled twice") end
  if last and last > number then error("broken: " .. number .. " comes after " .. last) end
  if number % 3 == 0 then message:answer("a wait before anything is written") end
  if number % 7 == 0 then
    db.exec("INSERT OR REPLACE INTO begun VALUES(?)", number)
    message:answer("a wait in the midst of it")
  end
  db.exec("INSERT INTO finished(number, chat) VALUES(?, ?)", number, chat)
  message:answer(tostring(number))
end

bot.otherwise(function(message)
  local number, chat = math.tointeger(tonumber(message.text)), message.chat.id
  if not number then return end
  local other = in_hand[chat]
  if other and os.time() - other.since < DEADLINE_S then
    error("broken: " .. number .. " begins while " .. other.number .. " is in hand")
  end
  in_hand[chat] = { number = number, since = os.time() }
  local _ <close> = setmetatable({}, { __close = function() in_hand[chat] = nil end })
  handle(message, number)
end)

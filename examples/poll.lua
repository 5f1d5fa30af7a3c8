-- Polls: /poll starts one, the votes are counted as they come, and /close shows the result.
local bot = require "bot"
local db = require "db"
local telegram = require "telegram"

db.exec [[
  CREATE TABLE IF NOT EXISTS polls(id TEXT PRIMARY KEY, chat INTEGER, message INTEGER);
  CREATE TABLE IF NOT EXISTS votes(poll TEXT, person INTEGER, PRIMARY KEY(poll, person));
]]

bot.command("poll", function(message)
  local sent = telegram.send_poll {
    chat_id = message.chat.id, question = "Куда едем?", options = { { text = "Море Ясности" }, { text = "Море Дождей" } },
    is_anonymous = false,
  }
  if sent then db.exec("INSERT INTO polls VALUES(?, ?, ?)", sent.poll.id, sent.chat.id, sent.message_id) end
end)

-- Only a poll that is not anonymous sends this update. An empty list means that the vote was taken back.
bot.on("poll_answer", function(answer)
  db.exec("DELETE FROM votes WHERE poll = ? AND person = ?", answer.poll_id, answer.user.id)
  if #answer.option_ids > 0 then db.exec("INSERT INTO votes VALUES(?, ?)", answer.poll_id, answer.user.id) end
end)

bot.command("close", function(message)
  local poll = db.one("SELECT * FROM polls WHERE chat = ? ORDER BY message DESC LIMIT 1", message.chat.id)
  if not poll then
    message:answer "Опроса ещё не было: /poll"
    return
  end
  local people = db.one("SELECT count(*) AS n FROM votes WHERE poll = ?", poll.id).n
  local ended, err = telegram.stop_poll { chat_id = poll.chat, message_id = poll.message }
  if not ended then
    message:answer("Не получилось: " .. err.description)
    return
  end
  local lines = { ("Проголосовали: %d"):format(people) }
  for _, option in ipairs(ended.options) do lines[#lines + 1] = ("%s — %d"):format(option.text, option.voter_count) end
  message:answer(table.concat(lines, "\n"))
end)

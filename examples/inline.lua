-- Inline mode: "@bot word" in any chat offers phrases to send.
-- Switch it on at @BotFather by /setinline, and by /setinlinefeedback for the count.
local bot = require "bot"
local db = require "db"
local telegram = require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS chosen(phrase TEXT PRIMARY KEY, times INTEGER NOT NULL)"

local PHRASES = { "Поехали!", "Луна ближе, чем кажется", "Связь с луноходом установлена" }

local function lower(text)
  return db.one("SELECT lower(?) AS text", text).text
end

bot.on("inline_query", function(query)
  local results = {}
  for i, phrase in ipairs(PHRASES) do
    if lower(phrase):find(lower(query.query), 1, true) then
      results[#results + 1] = {
        type = "article", id = tostring(i), title = phrase, input_message_content = { message_text = phrase },
      }
    end
  end
  telegram.answer_inline_query { inline_query_id = query.id, results = results, cache_time = 0 }
end)

bot.on("chosen_inline_result", function(result)
  db.exec("INSERT INTO chosen VALUES(?, 1) ON CONFLICT(phrase) DO UPDATE SET times = times + 1",
    PHRASES[math.tointeger(tonumber(result.result_id))])
end)

bot.command("start", function(message)
  local lines = { "Наберите в любом чате моё имя и слово. Выбирали чаще всего:" }
  for row in db.rows "SELECT phrase, times FROM chosen ORDER BY times DESC, phrase LIMIT 3" do
    lines[#lines + 1] = ("%d × %s"):format(row.times, row.phrase)
  end
  message:answer(table.concat(lines, "\n"))
end)

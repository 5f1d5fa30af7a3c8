-- A bot for parallel_spec.lua.
local bot, db, http, telegram = require "bot", require "db", require "http", require "telegram"

db.exec "CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, what TEXT UNIQUE)"
local function note(what) db.exec("INSERT INTO notes(what) VALUES(?)", what) end

local function tell(chat, text) return telegram.send_message { chat_id = chat, text = text } end

bot.command("notes", function(message)
  local notes = {}
  for row in db.rows "SELECT what FROM notes ORDER BY id" do notes[#notes + 1] = row.what end
  message:answer("notes: " .. table.concat(notes, " "))
end)

-- ---- waits ----

bot.command("sleep", function(message, seconds)
  note "before"
  bot.sleep(tonumber(seconds))
  message:answer("slept " .. seconds)
end)

bot.command("long", function(message, deadline)
  bot.deadline(tonumber(deadline))
  for _ = 1, 10 do
    bot.sleep(20)
    bot.deadline(25)
  end
  message:answer "at last"
end)

bot.command("patient", function(message, seconds)
  bot.deadline(120)
  bot.sleep(tonumber(seconds))
  message:answer "at last"
end)

bot.command("unhurried", function(message)
  bot.sleep(100)
  message:answer "at last"
end, { deadline = 120 })
bot.command("misread", function(message)
  message:answer((select(2, pcall(bot.text, "x", print, { deadline = 7200 }))))
end)

bot.failed(function(update, err) tell(update.message.chat.id, "failed: " .. err.message) end)

-- ---- several at once ----

local function fetch(name)
  return function()
    local answer = http.get("http://example.com/" .. name)
    return answer and answer.body
  end
end

bot.command("fetch", function(message)
  local function find() return telegram.try.get_chat { chat_id = 4711 } end
  local results, errors = bot.parallel { fetch "a", fetch "b", find, fetch "c" }
  message:answer(("%s %s %s %s of %d; %s"):format(results[1], results[2], results[3], results[4], results.n, errors[3].code))
end)

bot.command("slow", function(message)
  local chat = message.chat.id
  bot.parallel {
    function() tell(chat, "one") tell(chat, "one more") end,
    function() bot.sleep(1) tell(chat, "two") end,
    function() bot.sleep(5) note "five" end,
  }
  message:answer "all"
end)

bot.command("fail", function(message)
  note "of the handler"
  local results, errors = bot.parallel {
    function() note "kept" bot.sleep(1) note "lost" error("so wrong") end,
    function() bot.sleep(2) note "good" return "fine" end,
    function() error { code = 42 } end,
    function() note "good" note "good" end,
    function() local text = nil; return text.field end,
  }
  message:answer(("%s|%s|%s|%s|%s"):format(results[1], results[2], errors[2], errors[3].value.code, errors[3].kind))
  message:answer(tostring(errors[1]))
  message:answer(tostring(errors[4]))
  message:answer(tostring(errors[5]))
end)

bot.command("rows", function(message)
  for i = 1, 5 do note("row " .. i) end
  local seen = {}
  local results = bot.parallel {
    function()
      for row in db.rows "SELECT what FROM notes ORDER BY id" do
        bot.sleep(1)
        seen[#seen + 1] = row.what
      end
      return #seen
    end,
    function() bot.sleep(1.5) db.exec "DELETE FROM notes" return db.one("SELECT count(*) AS count FROM notes").count end,
  }
  message:answer(("%s %s"):format(results[1], results[2]))
end)

bot.command("nested", function(message)
  local function level(depth)
    return function()
      if depth == 0 then bot.sleep(1) return "leaf" end
      local results, errors = bot.parallel { level(depth - 1), level(depth - 1) }
      return (results[1] or tostring(errors[1])) .. (results[2] or "")
    end
  end
  message:answer(level(4)())
  message:answer(level(5)())
end)

bot.command("runaway", function(message)
  local chat = message.chat.id
  bot.parallel {
    function() bot.sleep(10) note "never" end,
    function() note "kept" bot.sleep(1) note "lost" while true do pcall(math.abs, 1) end end,
    function() bot.parallel { function() bot.sleep(20) note "never" end, function() tell(chat, "x") end } end,
  }
  note "never"
end)

bot.command("late", function()
  local closed <close> = setmetatable({}, { __close = function() note "never" end })
  bot.parallel {
    function() note "kept" bot.sleep(20) note "never" end,
    function()
      local _ <close> = closed
      bot.parallel { function() bot.sleep(25) end, function() bot.deadline(5) bot.sleep(4) end }
      note "never"
    end,
  }
end)

bot.command("deadline", function(message)
  local results = bot.parallel {
    function() bot.deadline(100) bot.sleep(50) return "a" end,
    function() bot.sleep(20) bot.sleep(20) return "b" end,
  }
  message:answer(results[1] .. results[2])
end)

bot.command("yield", function() bot.parallel { function() coroutine.yield() end } end)
bot.command("many", function(message)
  local list = {}
  for i = 1, 100 do list[i] = function() bot.sleep(i / 100) return i end end
  local results, sum = bot.parallel(list), 0
  for i = 1, results.n do sum = sum + (results[i] == i and 1 or 0) end
  message:answer(sum .. " in order")
end)

bot.command("bad", function(message)
  for _, wrong in ipairs {
    function() bot.parallel {} end, function() bot.parallel { print, 5 } end, function() bot.parallel(print) end,
    function() coroutine.wrap(function() bot.parallel { print } end)() end, function() bot.sleep(-1) end,
    function() bot.sleep(31) end, function() bot.deadline(0) end,
    function() table.sort({ 1, 2 }, function() bot.sleep(1) end) end,
  } do
    message:answer((select(2, pcall(wrong))))
  end
end)

-- ---- dialogues and buttons ----

bot.command("ask", function(message) message:ask("Как дела?", "mood") end)
bot.step("mood", function(message)
  bot.parallel { function() error("so wrong") end, function() bot.sleep(1) end }
  message:answer("ответ: " .. message.text)
end)
bot.otherwise(function(message) message:answer "иное" end)

bot.command("button", function(message)
  message:answer("?", { reply_markup = require "keyboard".inline { { { "Да", "yes" } } } })
end)
bot.callback("yes", function(query)
  bot.parallel { function() query:answer "сразу" end, function() bot.sleep(1) end }
end)

local kept
bot.command("full", function()
  local functions = {}
  local function deep(depth)
    if depth > 0 then deep(depth - 1) else bot.sleep(5) end
    return depth
  end
  for depth = 1, 40 do
    functions[depth] = function() deep(depth) end
  end
  functions[41] = function()
    for _, size in ipairs { 1e6, 1e4, 100, 0 } do
      pcall(function()
        while true do kept = { kept, size > 0 and ("x"):rep(size) } end
      end)
    end
    while true do pcall(math.abs, 1) end
  end
  bot.parallel(functions)
end)

bot.command("empty", function(message)
  kept = nil
  message:answer "empty"
end)

bot.command("wide", function()
  local function split()
    local functions = {}
    for i = 1, 100 do functions[i] = split end
    bot.parallel(functions)
  end
  split()
end)

bot.command("edge", function(message)
  local function deep() -- waits as deep as Lua allows at all
    if not pcall(deep) then bot.sleep(5) end
  end
  bot.parallel { deep, function() bot.sleep(1) while true do pcall(math.abs, 1) end end }
  message:answer "never"
end)

-- Calls every function of every module with values that nobody chose. A message "fuzz SEED" makes some hundred calls, and
-- what they
-- return is what later handlers call with: queries that are over, coroutines of handlers that wait, files, results.
local bot = require "bot"
local db = require "db"
local json = require "json"
local telegram = require "telegram"

local MODULES = {
  "backup", "bot", "broadcast", "chart", "core.button_data", "core.command", "core.command_menu",
  "core.default_answer", "core.dialogue", "core.dialogue_key", "core.form", "core.http", "core.init_data",
  "core.inspect", "core.later", "core.link", "core.live_text", "core.markup", "core.message_shortcuts",
  "core.migration", "core.parallel", "core.pattern_check", "core.plural", "core.question_row", "core.recurrence",
  "core.routes", "core.schedule", "core.script", "core.signature", "core.spelling", "core.stable_json",
  "core.telegram", "core.text", "core.time", "core.timetable", "core.undo", "core.vm_context", "core.wait",
  "core.whose", "db", "fsm", "hash", "http", "json", "keyboard", "limit", "locale", "log", "menu", "message",
  "session", "telegram", "text", "time",
}
local LIBRARIES = { coroutine = coroutine, debug = debug, math = math, os = os, string = string, table = table, utf8 = utf8 }
local METHODS = { "sendMessage", "send_photo", "getMe", "edit_message_text", "answerCallbackQuery", "sendMediaGroup" }
-- These would end the run, or the handlers by which it goes on.
local EXCEPT = { [os.exit] = true, [bot.use] = true, [require("core.routes").use] = true }
local CALLS = 100

db.exec "CREATE TABLE IF NOT EXISTS fuzz(id INTEGER PRIMARY KEY, value)"

local functions = { setmetatable, getmetatable, rawget, rawset, rawequal, rawlen, next, pairs, ipairs, select, tonumber,
tostring,
  type, load, pcall, xpcall, error, assert, print, require }

local function collect(module)
  local names = {}
  for name, value in pairs(module) do
    if type(value) == "function" and not EXCEPT[value] then names[#names + 1] = tostring(name) end
  end
  table.sort(names)
  for _, name in ipairs(names) do functions[#functions + 1] = module[name] end
end

for _, name in ipairs(MODULES) do
  local module = require(name)
  if type(module) == "table" then collect(module) end
end
for _, name in ipairs { "coroutine", "debug", "math", "os", "string", "table", "utf8" } do collect(LIBRARIES[name]) end
for _, name in ipairs(METHODS) do functions[#functions + 1] = telegram[name] end

local pool, pool_end = {}, 0
local random = math.random

local function keep(value)
  if value ~= nil then
    pool_end = pool_end % 200 + 1
    pool[pool_end] = value
  end
end

local TEXTS = {
  "", "a", "\0", "%", "%b()", "[", "(.-)*", "message", "callback_query", "1s", "09:30", "SELECT 1",
  "SELECT value FROM fuzz WHERE id = ?",
  "INSERT INTO fuzz(value) VALUES (?)", "SELECT * FROM json_each('[1,2,3]')", "DROP TABLE fuzz", ":x",
  "DELETE FROM fuzz RETURNING id",
  "http://example.com/", "/etc/passwd", "{\"a\":[1,2,{}]}", "[[[[", "\u{1F600}\u{1F600}", "\xff\xfe", "__gc", "__close",
  "sendMessage", "k",
  "http://[::1]:99999/\r\nX: y", ("x"):rep(5000), ("%s"):rep(50), "2024-03-31", "Europe/Berlin",
  "*/5 8-10 L * mon-fri", "12h", "mon,thu", "%Y-%m-%d %H:%M",
}
local NUMBERS = { 0, 1, -1, 2, 3, 7, 255, 1e15, -1e15, math.maxinteger, math.mininteger, 0.5, 1 / 0, -1 / 0, 0 / 0, 1 << 31,
1 << 53 }

local value

local function raise() error("on purpose", 0) end
local function strange_metatable()
  local names = { "__index", "__newindex", "__call", "__len", "__tostring", "__pairs", "__close", "__eq", "__lt", "__concat",
  "__name" }
  local metatable = {}
  for _ = 1, random(3) do metatable[names[random(#names)]] = value(3) end
  return metatable
end

local makers = {
  function() return nil end,
  function() return random(2) == 1 end,
  function() return NUMBERS[random(#NUMBERS)] end,
  function() return random(-10, 10) end,
  function() return TEXTS[random(#TEXTS)] end,
  function() return TEXTS[random(#TEXTS)] .. TEXTS[random(#TEXTS)] end,
  function() return functions[random(#functions)] end,
  function() return raise end,
  function() return json.null end,
  function() return coroutine.running() end,
  function() return coroutine.create(functions[random(#functions)]) end,
  function() return coroutine.wrap(function(...) return coroutine.yield(...) end) end,
  function() return telegram.bytes("data", "name") end,
  function() return (select(2, db.rows("SELECT * FROM json_each('[1,2,3]')"))) end,
  function() return pool[random(200)] end,
  function() return pool[random(200)] end,
  function(depth)
    local list = {}
    for i = 1, random(0, 4) do list[i] = value(depth + 1) end
    return list
  end,
  function(depth)
    local named = {}
    local names = { "text", "chat_id", "photo", "to", "values", "labels", "name", "headers", "timeout", "x", "chat", "from",
    "id", "year", "month", "day", "days", "zone", "at_start", "every", "cron", "daily" }
    for _ = 1, random(4) do named[names[random(#names)]] = value(depth + 1) end
    return named
  end,
  function() return setmetatable({}, strange_metatable()) end,
}

function value(depth)
  return makers[random(depth > 3 and 16 or #makers)](depth)
end

local function call()
  local made = {}
  local count = random(0, 4)
  for i = 1, count do made[i] = value(1) end
  return functions[random(#functions)](table.unpack(made, 1, count))
end

local function keep_all(ok, ...)
  if not ok then return end
  for i = 1, math.min(select("#", ...), 4) do keep((select(i, ...))) end
end

bot.match("^fuzz (%d+)$", function(message, seed)
  math.randomseed(tonumber(seed))
  keep(message)
  for _ = 1, CALLS do
    if random(10) == 1 then
      keep_all(pcall(coroutine.wrap(call)))
    else
      keep_all(pcall(call))
    end
  end
  if random(5) == 1 then while true do pcall(call) end end -- killed
  if random(5) == 1 then error(value(1)) end
end)

bot.text("ping", function(message) message:answer "pong" end)

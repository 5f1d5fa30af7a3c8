-- Handlers that fail, and a middleware that apologises. "n" tells how many rows were kept.
local bot = require "bot"
local db = require "db"

db.exec "CREATE TABLE IF NOT EXISTS rows(what TEXT)"
local mode, told = nil, {}

local function insert(what) db.exec("INSERT INTO rows VALUES(?)", what) end

bot.use(function(update, next)
  local text = update.message and update.message.text or ""
  if text:find "noted" then insert "noted by the middleware" end
  if text:find "twice" then db.exec "CREATE TABLE IF NOT EXISTS seen(x)" end
  mode = text:match "^(%w+)"
  local ok, err
  if text:find "told" then ok, err = xpcall(next, debug.traceback) else ok, err = pcall(next) end
  if ok then return end
  if text:find "told" then told[#told + 1] = err end
  if text:find "apologise" then update.message:answer "Sorry" end
  if text:find "own" then insert "written after the failure" end
  if not text:find "swallow" then error(err, 0) end
end)

bot.use(function(_, next) next() end) -- one more level

bot.match("^fail", function(message)
  insert "by the handler"
  for _ in db.rows "SELECT what FROM rows" do
    if not message.text:find "waits" then error "boom" end
  end
  message:answer "one" -- what was written before is kept
  insert "after the wait"
  error "boom"
end)

bot.match("^caught", function() pcall(function() insert "kept by the handler's own pcall" error "boom" end) end)
bot.text("good noted", function() insert "by the handler" end)
bot.text("ask", function(message) message:ask("How much?", "amount") end)
bot.step("amount", function(message)
  insert "an amount"
  if message.text:find "amiss" then error "amiss" end
  message:answer "Thanks"
end)
bot.match("^loop", function() insert "by the loop" while true do end end)
bot.callback(".", function() error "at a button" end)
bot.text("button", function(message)
  message:answer("Press", { reply_markup = require "keyboard".inline { { { "Button", "x" } } } })
end)

bot.failed(function(update, err)
  local message = update.message or update.callback_query.message
  message:answer(("Failed: %s; %d rows"):format(err, db.one "SELECT count(*) AS n FROM rows".n))
  assert(err.traceback:find "stack traceback" and err.message == tostring(err))
end)
bot.failed(function(update) if update.message and update.message.text:find "badly" then error "in bot.failed" end end)
bot.failed(function(update) if update.message and update.message.text:find "badly" then update.message:answer "Third" end end)

bot.text("n", function(message)
  local rows = {}
  for row in db.rows "SELECT what FROM rows" do rows[#rows + 1] = row.what end
  message:answer(#rows .. ": " .. table.concat(rows, ", "))
end)
bot.text("told", function(message) message:answer(tostring(told[1]) .. tostring(mode)) end)

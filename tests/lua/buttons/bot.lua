-- Buttons with values, sessions and limits, for buttons_spec.lua.
local bot = require "bot"
local keyboard = require "keyboard"
local json = require "json"
local limit = require "limit"
local session = require "session"

local asking = limit.new { count = 2, seconds = 60 }

bot.use(limit.middleware { count = 6, seconds = 10, exceeded = function(update, seconds)
  update.message:answer("Not so fast: " .. seconds)
end })

local long = { text = ("я"):rep(60), list = { 1, 2, { deep = true } } }

bot.command("small", function(message)
  message:answer("small", { reply_markup = keyboard.inline { { { "Go", "go", { id = 7 } } } } })
end)
bot.command("long", function(message)
  message:answer("long", { reply_markup = keyboard.inline { { { "Go", "go", long }, { "Other", "other", long } } } })
end)
bot.command("bare", function(message)
  message:answer("bare", { reply_markup = keyboard.inline { { { "Go", "go", "x" } } } })
end)
bot.button("go", function(query, value) query.message:answer("got " .. json.encode(value)) end)
bot.button("other", function() end, function(query) query:answer("too old", { alert = true }) end)

bot.command("count", function(message)
  local data = session.update(message, function(data) data.count = (data.count or 0) + 1 end)
  session.update(message, function(shared) shared.count = (shared.count or 0) + 1 end, "chat")
  message:answer(("%d %d %s"):format(data.count, session.get(message, "chat").count,
    tostring(session.get(message, "member").count)))
end)
bot.command("fail", function(message)
  session.set(message, { count = 100 })
  error "on purpose"
end)
bot.command("clear", function(message) session.set(message, nil) end)
bot.command("ask", function(message)
  local is_allowed, seconds = asking:allows(message)
  message:answer(is_allowed and "yes" or "wait " .. seconds)
end)

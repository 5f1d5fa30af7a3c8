-- Commands, texts, filters and routers.
local bot = require "bot"
local fsm = require "fsm"
local telegram = require "telegram"

bot.command({ "start", "старт" }, function(message, arguments) message:answer("start:" .. arguments) end, "begin")
bot.command("report", function(message, arguments) message:answer("report:" .. arguments) end)
bot.text({ "Да", "Нет" }, function(message) message:answer("exactly " .. (message.text or message.caption)) end)
bot.text("Привет", function(message) message:answer "any case" end, { any_case = true })
bot.match("^бан (.+)$", function(message, whom) message:answer("ban " .. whom) end, { any_case = true })
bot.match("^Купи ([%S]+) и %[([^]]+)%] (%b())$", function(message, what, more, count)
  message:answer(("%s|%s|%s|%d"):format(what, more, count:sub(2, -2), #count + 4))
end, { any_case = true })
bot.match("^((straße) ?()(.*))$", function(message, all, _, place, rest)
  message:answer(("%s|%s"):format(rest == all:sub(place) and rest or place, all))
end, { any_case = true })
bot.match("^Эхо (%S)%1$", function(message, letter) message:answer(letter) end, { any_case = true })
bot.match("^n:(%d+)$", function(message, n) message:answer("n " .. n) end)
bot.match("^n:", function(message) message:answer "n without a number" end)

bot.command("broken", function() error "broken" end)
bot.failed(function(update) update.message:answer("failed: " .. tostring(update.message.photo)) end)

-- Order and middlewares.
local seen = {}
local function note(name)
  return function(_, go_on)
    seen[#seen + 1] = name
    go_on()
    seen[#seen + 1] = "/" .. name
  end
end

bot.use(note "file", "file")
local outer = bot.router "private"
local inner = outer.router { function(message) return message.text ~= "/way secret" end }
outer.use(note "outer")
inner.use(note "inner")
inner.command("way", function(message)
  seen[#seen + 1] = "handler"
  bot.after(0, function() telegram.send_message { chat_id = message.chat.id, text = table.concat(seen, " ") } end)
end, { use = { note "one", note "two" } })
bot.command("way", function(message) message:answer "not for the router" end)
inner.command("question", function(message) message:ask("?", "answer") end)
inner.step("answer", function(message)
  seen = {}
  message:answer "answered"
end)
bot.use(function(update, go_on) -- a middleware that stops some
  if update.message and update.message.text == "stop" then return end
  go_on()
end)
local closed = bot.router()
closed.use(function() end)
closed.command("closed", function(message) message:answer "never" end)

-- Filters.
local admins = bot.router { "group", "admin" }
admins.command("admin", function(message) message:answer "admin" end)
bot.command("admin", function(message) message:answer "no admin" end)
bot.filter("anna", function(message) return message.from.first_name == "Анна" end)
bot.command("who", function(message) message:answer "Анна" end, { filter = "anna" })
bot.command("who", function(message) message:answer "another" end, { filter = bot.none { "anna" } })
bot.command("lang", function(message) message:answer "по-русски" end, { filter = "language:ru" })
bot.command("lang", function(message) message:answer "in English" end)
bot.on("message", function(message) message:answer "forwarded" end, { filter = "forwarded" })
bot.on("message", function(message) message:answer "a file" end, { filter = { "media", bot.any { "document", "voice" } } })
bot.callback("^b", function(query) query:answer "in private" end, { filter = "private" })
bot.callback("^b", function(query) query:answer "in a group" end)
bot.command("button", function(message)
  message:answer("button", { reply_markup = { inline_keyboard = { { { text = "B", callback_data = "b" } } } } })
end)
bot.command("post", function(message) message:answer("posted in " .. message.chat.type) end, { on = "channel_post" })

fsm.state("waiting", function(message) message:answer "state" end)
bot.otherwise(function(message) return message.text:match "^x (%d+)$" end, function(message, n)
  message:answer("x is " .. n)
end)
bot.otherwise(function(message) message:answer "otherwise" end)

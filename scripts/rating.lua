-- The rating of the clicker: who has clicked most.
local bot = require "bot"
local locale = require "locale"
local telegram = require "telegram"
local users = require "users"

local shown = 15

locale.add("ru", { rating = { total = "Всего: %{count}" } })
locale.add("en", { rating = { total = "People: %{count}" } })

bot.text({ "Рейтинг", "Rating" }, function(message)
  local say = locale.of(message)
  if not users.is_registered(users.id_of(message)) then
    message:answer(say "clicker.stranger")
    return
  end
  local lines = { say("rating.total", { count = users.count() }) }
  for user in users.best(shown) do
    lines[#lines + 1] = ("%d: %s - %d🏆"):format(#lines, user.name, user.click)
  end
  for _, part in ipairs(telegram.split(table.concat(lines, "\n"))) do
    message:answer(part)
  end
end)

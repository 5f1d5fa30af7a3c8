-- The rating of the clicker: who has clicked most.
local bot = require "bot"
local telegram = require "telegram"
local users = require "users"

local shown = 15

bot.text("Рейтинг", function(message)
  if not users.is_registered(users.id_of(message)) then
    message:answer("Вы не зарегистрированы")
    return
  end
  local lines = { ("Всего: %d"):format(users.count()) }
  for user in users.best(shown) do
    lines[#lines + 1] = ("%d: %s - %d🏆"):format(#lines, user.name, user.click)
  end
  for _, part in ipairs(telegram.split(table.concat(lines, "\n"))) do
    message:answer(part)
  end
end)

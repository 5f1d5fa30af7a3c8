-- A Mini App: a page that people open from the keyboard, and that sends back what they have chosen. Telegram vouches for who
-- has sent it, not for what it is: so the bot checks it.
--
-- The page is craters.html beside this file. It ends with Telegram.WebApp.sendData(JSON.stringify({ crater: "Тихо" })).
-- An app below a message or of the menu sends nothing: it gets data that Telegram has signed; see telegram.check_init_data.
local bot = require "bot"
local json = require "json"
local keyboard = require "keyboard"

local PAGE = "https://example.org/craters.html"
local CRATERS = { ["Тихо"] = true, ["Коперник"] = true }

bot.command("start", function(message)
  message:answer("Выберите кратер на карте.", {
    reply_markup = keyboard.reply { { text = "Открыть карту", web_app = { url = PAGE } } },
  })
end, "Карта Луны")

bot.on("message:web_app_data", function(message)
  local choice = json.decode(message.web_app_data.data)
  if type(choice) ~= "table" or not CRATERS[choice.crater] then return message:answer "Такого кратера на карте нет." end
  message:answer(("Летим в кратер %s!"):format(choice.crater), { reply_markup = keyboard.remove() })
end)

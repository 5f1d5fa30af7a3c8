-- A Mini App: a page that people open from the bot and that sends back what they have chosen. Anybody can send anything, so the
-- bot believes what Telegram has signed, and checks the rest.
--
-- The page ends with: Telegram.WebApp.sendData(JSON.stringify({ init: Telegram.WebApp.initData, crater: "Тихо" }))
local bot = require "bot"
local json = require "json"
local keyboard = require "keyboard"
local telegram = require "telegram"

local PAGE = "https://example.org/craters.html"
local CRATERS = { ["Тихо"] = true, ["Коперник"] = true }

bot.command("start", function(message)
  message:answer("Выберите кратер на карте.", {
    reply_markup = keyboard.reply { { text = "Открыть карту", web_app = { url = PAGE } } },
  })
end, "Карта Луны")

bot.on("message:web_app_data", function(message)
  local choice = json.decode(message.web_app_data.data)
  if type(choice) ~= "table" or type(choice.init) ~= "string" or not CRATERS[choice.crater] then
    return message:answer "Такого кратера на карте нет."
  end
  local data, reason = telegram.check_init_data(choice.init, { age = 3600 })
  if not data or not data.user or data.user.id ~= message.from.id then
    print("init data that is not to be trusted:", reason or "of somebody else")
    return message:answer "Откройте карту ещё раз."
  end
  message:answer(("Летим в кратер %s!"):format(choice.crater), { reply_markup = keyboard.remove() })
end)

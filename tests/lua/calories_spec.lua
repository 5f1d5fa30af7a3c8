-- What the calorie counter answers, with the clicker loaded beside it.

-- Somebody with a norm of 2,000 in Greenwich.
local function eater(name)
  local person = telegram:person(name or "Анна")
  person:says("/calories")
  person:press("2000")
  person:says("+0")
  person:sees("Осталось 2000 из 2000 ккал")
  return person
end

describe("what is read as a meal", function()
  local known = {
    ["350"] = "350|", ["350 борщ"] = "350|борщ", ["  350  "] = "350|", ["+200"] = "200|", ["007"] = "7|",
    ["350,5"] = "350,5|", ["350.5"] = "350,5|", ["350,55"] = "350,6|", ["0,05"] = "0,1|", ["9,95"] = "10|",
    ["1 200"] = "1200|", ["1\u{A0}200"] = "1200|", ["1\u{2009}200\u{202F}хлеб"] = "1200|хлеб", ["12 345"] = "12345|",
    ["1 200,5 ккал плов"] = "1200,5|плов", ["15 20"] = "15|20", ["1 2000"] = "1|2000", ["1500 200 г"] = "1500|200 г",
    ["350 ккал"] = "350|", ["350ккал борщ"] = "350|борщ", ["350 Kcal soup"] = "350|soup", ["350 ККАЛ."] = "350|",
    ["350 калорий, борщ"] = "350|борщ", ["350 ккалории"] = "350|ккалории",
    ["350, борщ"] = "350|борщ", ["350."] = "350|", ["350; 2 яйца"] = "350|2 яйца", ["350 борщ\nс хлебом"] = "350|борщ с хлебом",
    ["٣٥٠"] = "350|", ["۳۵۰٫۵"] = "350,5|", ["١٬٢٠٠ شوربة"] = "1200|شوربة",
    ["350 \"'); DROP TABLE meals;--"] = "350|\"'); DROP TABLE meals;--", ["5 яблок"] = "5|яблок",
    ["20000"] = "20000|",
    ["0"] = "Ноль — это не еда", ["0,04"] = "Ноль — это не еда", ["-0"] = "Ноль — это не еда",
    ["20001"] = "Столько за раз", ["100000"] = "Столько за раз", ["100 000"] = "Столько за раз",
    ["-999999999999999999"] = "Столько за раз", ["9223372036854775807"] = "Столько за раз",
    ["1 000" .. (" 000"):rep(500)] = "Столько за раз",
    ["99999999999999999999"] = "Столько за раз", [("9"):rep(4000)] = "Столько за раз",
    ["-200"] = "Столько сегодня не записано", ["−200"] = "Столько сегодня не записано",
    ["– 200"] = "Столько сегодня не записано",
    ["12:30"] = "Не понял", ["2+2"] = "Не понял", ["50%"] = "Не понял", ["01.01.2024"] = "Не понял", ["1,200,300"] = "Не понял",
    ["борщ 350"] = "Не понял", ["-"] = "Не понял", ["борщ"] = "Не понял", ["€50"] = "Не понял", ["\u{2014}"] = "Не понял",
  }
  for text, expected in pairs(known) do
    it(#text > 40 and text:sub(1, 40) .. "..." or text, function()
      local anna = eater()
      anna:says(text)
      local amount, note = expected:match("^([%d,]+)|(.*)$")
      if not amount then
        anna:sees(expected)
        return anna:sees_nothing()
      end
      anna:sees("из 2000")
      anna:says("/today")
      local lines = anna:sees("01.01").text
      assert.equal(("12:00  %s ккал %s"):format(amount, note):gsub(" $", ""), (lines:match("\n(.*)$")))
    end)
  end
end)

describe("what is read as a time zone", function()
  local known = {
    ["+3"] = "15:00", ["3"] = "15:00", ["UTC+3"] = "15:00", ["gmt +3"] = "15:00", ["+5:30"] = "17:30", ["-3:30"] = "08:30",
    ["\u{2212}3"] = "09:00", ["+03:00"] = "15:00", ["Москва"] = "15:00", ["+14"] = "02:00", ["-12"] = "00:00", ["0"] = "12:00",
    ["Берлин"] = "13:00", ["Europe/Lisbon"] = "12:00", [" America/St_Johns "] = "08:30", ["Нью-Йорк"] = "07:00",
    ["+15"] = false, ["-13"] = false, ["+5:20"] = false, ["Луна"] = false, [""] = false, ["+"] = false, ["3 часа"] = false,
    ["Europe/Atlantis"] = false, ["../../etc/passwd"] = false, ["UTC"] = false,
  }
  for text, time in pairs(known) do
    it(text, function()
      local anna = eater()
      anna:says("350")
      if text == "" then
        anna:says("/tz")
        anna:sees("часовой пояс")
        anna:sends { sticker = {} }
      else
        anna:says("/tz")
        anna:says(text)
      end
      if not time then
        return anna:sees("Напишите разницу с Гринвичем")
      end
      anna:sees("из 2000 ккал")
      anna:says("/export")
      assert.matches("," .. time .. ",350.0", anna:file().bytes)
    end)
  end
end)

describe("the first contact", function()
  local anna

  before_each(function() anna = telegram:person("Анна") end)

  it("is a number: it is counted when norm and time zone are known, over a restart and a reload", function()
    anna:says("350 борщ")
    anna:sees("ваша норма")
    anna:says("сколько-то")
    anna:sees("Норма — это число от 500 до 10000")
    bot:restart()
    anna:press("2000")
    anna:sees("Норма: 2000 ккал в день.")
    anna:sees("часовой пояс")
    anna:says("где-то")
    anna:sees("+5:30")
    bot:reload()
    anna:press("Москва +3")
    anna:sees("Часовой пояс: Москва, сейчас UTC+3.")
    anna:sees("Готово. Теперь пишите, сколько съедено: 350 или 350 борщ.")
    anna:sees("Осталось 1650 из 2000 ккал")
    anna:sees_nothing()
  end)

  it("is told what to write also where the time zone comes first", function()
    anna:says("/tz +3")
    anna:sees("ваша норма")
    anna:press("2000")
    anna:sees("Теперь пишите")
    anna:sees("Осталось 2000 из 2000 ккал")
  end)

  it("is told what to write once, not at each change", function()
    anna:says("/calories")
    anna:says("2000")
    anna:says("Берлин")
    anna:sees("Теперь пишите")
    anna:sees("Осталось 2000 из 2000 ккал")
    anna:says("/tz +3")
    anna:says("/norm 1800")
    anna:says("350")
    for _, words in ipairs { "Осталось 2000 из 2000 ккал", "Осталось 1800 из 1800 ккал", "Осталось 1450 из 1800 ккал" } do
      assert.equal(words, anna:sees("").text)
    end
  end)

  it("is the command /calories, with answers as texts", function()
    anna:says("/calories")
    for _, words in ipairs { "499", "10001", "600 борщ", "-2000", "норма" } do
      anna:says(words)
      anna:sees("Норма — это число от 500 до 10000")
    end
    anna:says("1 800 ккал")
    anna:sees("часовой пояс")
    anna:says("UTC+5:30")
    anna:sees("Осталось 1800 из 1800 ккал")
    anna:says("/calories")
    anna:sees { pattern = "350 борщ.*/week.*Осталось 1800 из 1800 ккал" }
  end)

  it("may break off: what was eaten is kept, and the next number asks on", function()
    anna:says("350")
    anna:says("/start")
    anna:sees("Приветствую")
    anna:says("100")
    anna:sees("ваша норма")
    anna:says("2000")
    anna:says("/undo")
    anna:sees("часовой пояс")
    anna:press("Самара +4")
    anna:sees("Осталось 1550 из 2000 ккал")
  end)

  it("goes on after a power cut, from the backup in the admin's chat", function()
    local admin = telegram:person("Админ")
    bot:admin(admin)
    anna:says("350 борщ")
    anna:sees("ваша норма")
    clock:advance("35s")
    bot:restart()
    anna:says("2000")
    anna:sees("часовой пояс")
    clock:advance("35s")
    bot:restart()
    anna:press("Москва +3")
    anna:sees("Осталось 1650 из 2000 ккал")
  end)

  it("begins with nothing to take back", function()
    anna:says("-200")
    anna:says("2000")
    anna:says("+3")
    anna:sees("Осталось 2000 из 2000 ккал")
    anna:says("350")
    anna:sees("Осталось 1650 из 2000 ккал")
  end)
end)

describe("the calorie counter", function()
  local anna

  before_each(function() anna = eater() end)

  it("says what is left, and by how much it is too much", function()
    anna:says("350 борщ")
    anna:sees { pattern = "^Осталось 1650 из 2000 ккал$" }
    anna:says("1 649,5")
    anna:sees { pattern = "^Осталось 0,5 из 2000 ккал$" }
    anna:says("0,5")
    anna:sees { pattern = "^Осталось 0 из 2000 ккал$" }
    anna:says("150")
    anna:sees { pattern = "^Больше нормы на 150 ккал: 2150 из 2000$" }
  end)

  it("adds tenths without a rest", function()
    for _ = 1, 10 do anna:says("0,1") end
    anna:says("0,2")
    anna:sees { pattern = "^Осталось 1998,8 из 2000 ккал$" }
  end)

  it("takes back", function()
    anna:says("500 торт")
    anna:sees("Осталось 1500")
    anna:says("-200")
    anna:sees("Осталось 1700")
    anna:says("-301")
    anna:sees("Столько сегодня не записано. Осталось 1700 из 2000 ккал")
    anna:says("/undo")
    anna:sees("Убрано: -200 ккал\nОсталось 1500")
    anna:says("/undo")
    anna:sees("Убрано: 500 ккал торт\nОсталось 2000")
    anna:says("/undo")
    anna:sees("ничего не записано")
  end)

  it("has never less than nothing eaten", function()
    anna:says("500 торт")
    anna:says("-200")
    anna:says("/today")
    anna:press("✕ 500 ккал торт")
    anna:says("/calories")
    anna:sees("Осталось 2000 из 2000 ккал")
  end)

  it("changes norm and time zone by buttons, and by commands with an argument", function()
    anna:says("/norm")
    anna:press("2500")
    anna:sees("Осталось 2500 из 2500 ккал")
    anna:says("/tz")
    anna:press("Самара +4")
    anna:sees("Осталось 2500 из 2500 ккал")
    anna:says("/norm 1800")
    anna:sees("Осталось 1800 из 1800 ккал")
    anna:says("/norm тысяча")
    anna:sees("ваша норма")
    anna:says("/tz +5:30")
    anna:says("10")
    anna:sees("Осталось 1790")
    anna:says("/today")
    anna:sees("17:30  10 ккал")
  end)

  it("begins a day at the eater's own midnight", function()
    anna:says("/tz +10") -- noon in Greenwich is 22:00 there
    anna:says("1000")
    anna:sees("Осталось 1000")
    clock:advance("1h59m")
    anna:says("100")
    anna:sees("Осталось 900")
    clock:advance("1m")
    anna:says("100")
    anna:sees("Осталось 1900")
  end)

  it("begins a day at midnight in summer, too, and knows days of 23 and 25 hours", function()
    clock:set("2024-03-30 22:59")
    anna:says("/tz Берлин")
    anna:says("100") -- Saturday, 23:59
    anna:sees("Осталось 1900")
    clock:advance("1m")
    anna:says("200") -- Sunday, of 23 hours
    anna:sees("Осталось 1800")
    clock:advance("22h59m")
    anna:says("300") -- 23:59 in summer
    anna:sees("Осталось 1500")
    clock:advance("1m")
    anna:says("400")
    anna:sees("Осталось 1600")
    clock:set("2024-10-26 22:00") -- midnight
    anna:says("500")
    anna:sees("Осталось 1500")
    clock:advance("24h59m")
    anna:says("600")
    anna:sees("Осталось 900")
    anna:says("/today")
    anna:sees("00:00  500 ккал\n23:59  600 ккал")
    clock:advance("1m")
    anna:says("/week")
    anna:says("/export")
    assert.matches("2024%-03%-31,00:00,200.0.*2024%-03%-31,23:59,300.0.*2024%-04%-01,00:00,400.0", anna:file().bytes)
  end)

  it("takes the buttons of earlier versions, and no others", function()
    local function press(data)
      telegram:update { callback_query = {
        id = "5", from = { id = anna.id, first_name = "Анна" }, chat_instance = "1", data = data,
        message = { message_id = 1, date = 1, chat = { id = anna.id, type = "private" } } } }
    end
    press("calories:zone:330")
    anna:says("10")
    anna:says("/today")
    anna:sees("17:30  10 ккал")
    press("calories:zone:99999")
    press("calories:zone:../../etc/passwd")
    anna:says("20")
    anna:says("/today")
    anna:sees("17:30  20 ккал")
    bot:log("a call to Telegram failed") -- there is no such message to be edited
  end)

  it("counts for the day on which it was said, though the bot was away", function()
    clock:advance("11h59m")
    bot:stop()
    anna:says("700 пирог")
    clock:advance("2h")
    bot:start()
    anna:sees("Осталось 2000 из 2000")
    anna:says("/export")
    assert.matches('2024%-01%-01,23:59,700.0,"пирог"', anna:file().bytes)
  end)

  it("lists the day, and a button deletes one meal, once", function()
    anna:says("350 борщ")
    anna:says("100 хлеб")
    anna:says("/today")
    local list = anna:sees("01.01: 450 из 2000 ккал\n12:00  350 ккал борщ\n12:00  100 ккал хлеб")
    local button = list.reply_markup.inline_keyboard[1][1]
    anna:press(button.text)
    assert.equal("Осталось 1900 из 2000 ккал", anna:popup())
    assert.equal("01.01: 100 из 2000 ккал\n12:00  100 ккал хлеб", anna:last().text)
    assert.equal(list.message_id, anna:last().message_id)
    telegram:update { callback_query = { id = "77", from = { id = anna.id, is_bot = false, first_name = "Анна" },
      data = button.callback_data, chat_instance = "1", message = list } }
    anna:says("/calories")
    anna:sees("Осталось 1900 из 2000 ккал")
    local answers = telegram:requests("answerCallbackQuery")
    assert.equal("Этой записи уже нет.", answers[#answers].parameters.text)
    anna:press("✕ 100 ккал хлеб")
    anna:sees("01.01: 0 из 2000 ккал\nНичего не записано.")
  end)

  it("keeps two lists in step, each when it is pressed", function()
    anna:says("350 борщ")
    anna:says("100 хлеб")
    anna:says("/today")
    anna:says("/today")
    telegram:fault { method = "editMessageText", kind = "delay", ms = 500, times = -1 }
    local lists = {}
    for _, message in ipairs(anna:messages()) do
      if message.reply_markup and message.text:find("^01.01") then lists[#lists + 1] = message end
    end
    for i, list in ipairs(lists) do -- the first one's first button, the second one's second
      telegram:update { callback_query = { id = tostring(i), from = { id = anna.id, is_bot = false, first_name = "Анна" },
        data = list.reply_markup.inline_keyboard[i][1].callback_data, chat_instance = "1", message = list } }
    end
    clock:advance("5s")
    local texts = {}
    for _, message in ipairs(anna:messages()) do texts[message.message_id] = message.text end
    assert.equal("01.01: 100 из 2000 ккал\n12:00  100 ккал хлеб", texts[lists[1].message_id])
    assert.equal("01.01: 0 из 2000 ккал\nНичего не записано.", texts[lists[2].message_id])
  end)

  it("edits the list of the day that it shows, on the next day too", function()
    anna:says("350 борщ")
    anna:says("/today")
    anna:says("100 хлеб")
    clock:advance("1d")
    anna:says("500 торт")
    anna:press("✕ 350 ккал борщ")
    assert.equal("Осталось 1500 из 2000 ккал", anna:popup())
    assert.equal("01.01: 100 из 2000 ккал\n12:00  100 ккал хлеб", anna:sees("01.01: 100").text)
  end)

  it("shows the newest thirty of very many, within Telegram's limits", function()
    for i = 1, 45 do anna:says(("1 %s %d"):format(("щ"):rep(200), i)) end
    anna:says("2 последнее")
    anna:says("/today")
    local list = anna:sees("01.01: 47 из 2000 ккал\n… и ещё записей: 16\n")
    assert.matches("2 ккал последнее$", list.text)
    assert.equal(30, #list.reply_markup.inline_keyboard)
    anna:press("✕ 2 ккал последнее")
    anna:sees("01.01: 45 из 2000 ккал\n… и ещё записей: 15\n")
  end)

  it("deletes nobody else's meal", function()
    anna:says("350 борщ")
    anna:says("/today")
    local data = anna:last().reply_markup.inline_keyboard[1][1].callback_data
    local boris = eater("Борис")
    boris:says("/today")
    telegram:update { callback_query = { id = "1", from = { id = boris.id, is_bot = false, first_name = "Борис" }, data = data,
      chat_instance = "1", message = boris:last() } }
    anna:says("/today")
    assert.equal("01.01: 350 из 2000 ккал\n12:00  350 ккал борщ", anna:last().text)
  end)

  it("draws a week, with the average in its caption", function()
    anna:says("/week")
    anna:sees("За неделю ничего не записано")
    anna:says("10")
    clock:jump("7d")
    anna:says("/week")
    anna:sees("За неделю ничего не записано") -- eight days ago is not in it
    anna:says("1000")
    clock:jump("1d")
    anna:says("2500,5")
    clock:jump("5d")
    anna:says("/week")
    anna:sees { pattern = "В среднем 1750,3 ккал в день %(дней с записями: 2%)" }
    local file = anna:file()
    assert.equal("\x89PNG\r\n\x1a\n", file.bytes:sub(1, 8))
    assert.is_true(#file.bytes > 5000)
  end)

  it("exports what spreadsheets read, and no formula", function()
    anna:says("350,5 борщ \"как у мамы\", с хлебом")
    for _, note in ipairs { "=1+2", "+1", "-1", "@SUM(A1)" } do anna:says("10 " .. note) end
    anna:says("-5")
    anna:says("/export")
    local file = anna:file()
    assert.equal("calories.csv", file.name)
    assert.equal("\u{FEFF}дата,время,ккал,заметка\r\n"
      .. "2024-01-01,12:00,350.5,\"борщ \"\"как у мамы\"\", с хлебом\"\r\n"
      .. "2024-01-01,12:00,10.0,\"'=1+2\"\r\n2024-01-01,12:00,10.0,\"'+1\"\r\n2024-01-01,12:00,10.0,\"'-1\"\r\n"
      .. "2024-01-01,12:00,10.0,\"'@SUM(A1)\"\r\n2024-01-01,12:00,-5.0,\"\"\r\n", file.bytes)
  end)

  it("lives beside the clicker", function()
    local boris = telegram:person("Борис")
    for _, text in ipairs { "привет", "Клик", "Рейтинг", "12:30", "/help" } do
      boris:says(text)
      boris:sees { pattern = "^Вы не зарегистрированы$" }
      boris:sees_nothing()
    end
    boris:says("/start")
    boris:says("Клик")
    boris:sees("Кликов: 1 🏆")
    boris:says("привет")
    boris:sees_nothing()
    boris:says("350")
    boris:press("2000")
    boris:press("Москва +3")
    boris:sees("Осталось 1650")
    boris:says("Клик")
    boris:sees("Кликов: 2 🏆")
    boris:says("привет")
    boris:sees("Не понял")
    anna:says("Клик") -- counts calories, and nothing else
    anna:sees("Вы не зарегистрированы")
  end)

  it("keeps out of groups", function()
    local group = telegram:group("Семья", { anna })
    for _, text in ipairs { "350", "борщ", "-200", "0" } do anna:says(text, group) end
    group:sees_nothing()
    for _, text in ipairs { "/today", "/calories", "/forget", "/norm 3000" } do
      anna:says(text, group)
      group:sees("только в личной переписке")
    end
    anna:says("/today")
    anna:sees("01.01: 0 из 2000 ккал")
  end)

  it("keeps 16-digit ids apart", function()
    local one = telegram:person { first_name = "Большая", id = 4503599627370495 }
    local other = telegram:person { first_name = "Почти", id = 4503599627370494 }
    for _, person in ipairs { one, other } do
      person:says("350")
      person:press("2000")
      person:press("Москва +3")
    end
    one:says("100")
    one:sees("Осталось 1550")
    other:says("200")
    other:sees("Осталось 1450")
  end)
end)

describe("what is forgotten", function()
  scripts("../../scripts", "calories/rows.lua")

  -- Somebody else asks, as a command would end an open question.
  local function rows_of(person)
    person:messages() -- what the person has said is dealt with
    local clerk = telegram:person("Счетовод")
    clerk:says("/rows " .. person.id)
    return clerk:sees { pattern = "^rows:" }.text
  end

  it("is gone after a confirming button, and for nobody else", function()
    local anna, boris = eater(), eater("Борис")
    anna:says("350 борщ")
    boris:says("200 чай")
    anna:says("/forget")
    anna:press("Нет")
    anna:sees("Ничего не удалено.")
    assert.equal("rows: eaters meals", rows_of(anna))
    anna:says("/forget")
    anna:says("/norm")
    anna:sees("ваша норма")
    assert.equal("rows: eaters meals lunokhod_steps", rows_of(anna)) -- a question is open
    anna:press("Да, удалить всё")
    anna:sees("Всё удалено.")
    assert.equal("rows:", rows_of(anna))
    assert.equal("rows: eaters meals", rows_of(boris))
    anna:says("/today")
    anna:sees("ваша норма")
  end)

  it("is all of somebody who has hardly begun", function()
    local anna = telegram:person("Анна")
    anna:says("350")
    anna:says("2000")
    anna:says("/forget")
    anna:press("Да, удалить всё")
    assert.equal("rows:", rows_of(anna))
  end)

  it("leaves old buttons that do no harm", function()
    local anna = eater()
    anna:says("350 борщ")
    anna:says("/today")
    anna:says("/forget")
    anna:press("Да, удалить всё")
    anna:press("✕ 350 ккал борщ")
    assert.equal("rows:", rows_of(anna))
  end)
end)

describe("the menu of commands", function()
  it("is what the scripts say, and written where it differs", function()
    local anna = telegram:person("Анна")
    anna:says("/start")
    anna:sees("Приветствую")
    clock:advance("1s")
    local calls = telegram:requests("setMyCommands")
    assert.equal(3, #calls) -- for everybody, in English, in Russian
    for _, name in ipairs { "calories", "norm", "tz", "undo", "today", "week", "export", "forget", "start", "help" } do
      for _, call in ipairs(calls) do assert.matches('"command":"' .. name .. '"', call.parameters.commands) end
    end
    for i, language in ipairs { "", "en", "ru" } do
      assert.equal(language, calls[i].parameters.language_code or "")
      assert.is_nil(calls[i].parameters.scope) -- the admin's own holds the pointer to the backup
      assert.matches(language == "en" and "Calorie counter" or "Счётчик калорий", calls[i].parameters.commands)
    end
    bot:reload()
    bot:restart()
    clock:advance("1s")
    anna:says("Клик")
    anna:sees("Кликов: 1")
    assert.equal(3, #telegram:requests("setMyCommands"))
  end)
end)

describe("the calorie counter in English", function()
  local john
  before_each(function()
    clock:set("2024-01-15 12:00")
    john = telegram:person { first_name = "John", language_code = "en-GB" }
  end)

  it("asks, counts and lists", function()
    john:says("350,5 soup")
    john:sees("How many kilocalories a day")
    john:says("none")
    john:sees("This is a number from 500 to 10000")
    john:press("2000")
    john:sees("2000 kcal a day.")
    john:sees("What is your time zone?")
    john:says("Moon")
    john:sees("the difference from Greenwich")
    john:press("Berlin +1")
    john:sees("Time zone: Berlin, now UTC+1.")
    john:sees("Now write what you eat")
    john:sees("1649.5 of 2000 kcal left")
    john:says("2000 pizza")
    john:sees("350.5 kcal too much: 2350.5 of 2000")
    john:says("/today")
    john:sees("15.01: 2350.5 of 2000 kcal\n13:00  350.5 kcal soup\n13:00  2000 kcal pizza")
    john:press("✕ 350.5 kcal soup")
    assert.equal("0 of 2000 kcal left", john:popup())
    john:says("/undo")
    john:sees("Removed: 2000 kcal pizza\n2000 of 2000 kcal left")
    for words, answer in pairs { ["0"] = "Zero is no meal", ["20001"] = "I take 20000 kcal at most", ["-5"] = "not eat so much",
      ["what?"] = "I don't understand", ["/week"] = "nothing this week", ["/tz New York"] = "of 2000 kcal left" } do
      john:says(words)
      john:sees(answer)
    end
  end)

  it("exports and forgets", function()
    john:says("/calories")
    john:says("2000")
    john:says("London")
    john:sees("2000 of 2000 kcal left")
    john:says("350 soup")
    john:says("/week")
    assert.equal("350 kcal a day on average (days with meals: 1)", john:file().caption)
    john:says("/export")
    assert.equal("\u{FEFF}date,time,kcal,note\r\n2024-01-15,12:00,350.0,\"soup\"\r\n", john:file().bytes)
    john:says("/forget")
    john:press("Yes, delete everything")
    john:sees("Everything is deleted.")
  end)
end)

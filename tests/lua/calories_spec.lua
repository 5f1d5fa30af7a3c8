-- The calorie counter, beside the clicker.

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
    ["350"] = "350|", ["350 борщ"] = "350|борщ", ["350,5"] = "350,5|", ["350.5"] = "350,5|",
    ["350,55"] = "350,6|", ["0,04"] = "Ноль",
    ["1 200"] = "1200|", ["1\u{A0}200"] = "1200|", ["1\u{2009}200\u{202F}хлеб"] = "1200|хлеб", ["12 345"] = "12345|",
    ["350 ккал"] = "350|", ["350ккал борщ"] = "350|борщ", ["350 Kcal soup"] = "350|soup", ["٣٥٠"] = "350|", ["۳۵۰٫۵"] = "350,5|",
    ["-200"] = "-200|", ["−200"] = "-200|",
    ["+200"] = "200|", ["0"] = "Ноль", ["100000"] = "Столько за раз",
    ["20001"] = "Столько за раз",
    ["20000"] = "20000|",
    ["99999999999999999999"] = "Столько за раз",
    ["350 \"'); DROP TABLE meals;--"] = "350|\"'); DROP TABLE meals;--",
    ["12:30"] = "не еда", ["2+2"] = "не еда", ["50%"] = "не еда", ["борщ 350"] = "не еда", ["-"] = "не еда", ["борщ"] = "не еда",
    ["200 300 г хлеба"] = "Столько за раз", ["5 яблок"] = "5|яблок",
  }
  for text, expected in pairs(known) do
    it(text, function()
      local anna = eater()
      anna:says(text)
      local answer = anna:last().text
      if expected == "не еда" then
        assert.matches("Не понял", answer)
      elseif expected:find("|") then
        local amount, note = expected:match("^(.-)|(.*)$")
        if amount:find("^%-") then return assert.matches("Столько сегодня не записано", answer) end
        anna:says("/today")
        anna:sees(amount .. " ккал" .. (note ~= "" and " " .. note or ""))
      else
        assert.matches(expected, answer)
      end
    end)
  end
end)

describe("the calorie counter", function()
  local anna

  before_each(function() anna = nil end)

  it("asks for norm and time zone at first, and counts what was said before", function()
    anna = telegram:person("Анна")
    anna:says("350 борщ")
    anna:sees("ваша норма")
    anna:says("сколько-то")
    anna:sees("Напишите число от 500 до 10000")
    bot:restart()
    anna:press("2000")
    anna:sees("часовой пояс")
    anna:says("где-то")
    anna:sees("+5:30")
    bot:reload()
    anna:press("Москва +3")
    anna:sees("Осталось 1650 из 2000 ккал")
  end)

  it("takes norm and zone as texts", function()
    anna = telegram:person("Анна")
    anna:says("/calories")
    anna:says("1800")
    anna:sees("часовой пояс")
    anna:says("UTC+5:30")
    anna:sees("Осталось 1800 из 1800 ккал")
    anna:says("/norm")
    anna:press("2500")
    anna:sees("Осталось 2500 из 2500 ккал")
    anna:says("/tz")
    anna:press("Самара +4")
    anna:sees("Осталось 2500 из 2500 ккал")
  end)

  it("says what is left, and by how much it is too much", function()
    anna = eater()
    anna:says("350 борщ")
    anna:sees("^Осталось 1650 из 2000 ккал$")
    anna:says("1 649,5")
    anna:sees("^Осталось 0,5 из 2000 ккал$")
    anna:says("0,5")
    anna:sees("^Осталось 0 из 2000 ккал$")
    anna:says("150")
    anna:sees("^Больше нормы на 150 ккал: 2150 из 2000$")
  end)

  it("takes back", function()
    anna = eater()
    anna:says("500 торт")
    anna:sees("Осталось 1500")
    anna:says("-200")
    anna:sees("Осталось 1700")
    anna:says("-301")
    anna:sees("Столько сегодня не записано")
    anna:says("/undo")
    anna:sees("Убрано: -200 ккал\nОсталось 1500")
    anna:says("/undo")
    anna:sees("Убрано: 500 ккал торт\nОсталось 2000")
    anna:says("/undo")
    anna:sees("ничего не записано")
  end)

  it("begins a day at the eater's own midnight", function()
    anna = telegram:person("Анна")
    anna:says("1000")
    anna:press("2000")
    anna:says("+10") -- noon in Greenwich is 22:00 there
    anna:sees("Осталось 1000")
    clock:advance("1h59m")
    anna:says("100")
    anna:sees("Осталось 900")
    clock:advance("2m")
    anna:says("100")
    anna:sees("Осталось 1900")
  end)

  it("lists the day, and a button deletes one meal, once", function()
    anna = eater()
    anna:says("350 борщ")
    anna:says("100 хлеб")
    anna:says("/today")
    anna:sees("01.01: 450 ккал\n12:00  350 ккал борщ\n12:00  100 ккал хлеб")
    local list = anna:last()
    anna:press("❌ 350 ккал борщ")
    assert.equal("Осталось 1900 из 2000 ккал", anna:popup())
    assert.equal("01.01: 100 ккал\n12:00  100 ккал хлеб", anna:last().text)
    assert.equal(list.message_id, anna:last().message_id)
    anna:press("❌ 100 ккал хлеб")
    assert.matches("Ничего не записано", anna:last().text)
  end)

  it("deletes nobody else's meal", function()
    anna = eater()
    anna:says("350 борщ")
    anna:says("/today")
    local data = anna:last().reply_markup.inline_keyboard[1][1].callback_data
    local boris = eater("Борис")
    boris:says("/today")
    telegram:update { callback_query = { id = "1", from = { id = boris.id, is_bot = false, first_name = "Борис" }, data = data,
      chat_instance = "1", message = boris:last() } }
    anna:says("/today")
    anna:sees("350 ккал борщ")
  end)

  it("draws a week, with the average in its caption", function()
    anna = eater()
    anna:says("/week")
    anna:sees("За неделю ничего не записано")
    anna:says("1000")
    clock:advance("1d")
    anna:says("2500,5")
    clock:advance("1d")
    anna:says("/week")
    anna:sees("В среднем 1750,3 ккал в день %(дней с записями: 2%)")
    local file = anna:file()
    assert.equal("\x89PNG\r\n\x1a\n", file.bytes:sub(1, 8))
    assert.is_true(#file.bytes > 2000)
  end)

  it("exports what spreadsheets read, and no formula", function()
    anna = eater()
    anna:says("350,5 борщ \"как у мамы\", с хлебом")
    anna:says("10 =1+2")
    anna:says("/export")
    anna:sees("")
    local file = anna:file()
    assert.equal("calories.csv", file.name)
    assert.equal("\u{FEFF}date,time,kcal,note\r\n"
      .. "2024-01-01,12:00,350.5,\"борщ \"\"как у мамы\"\", с хлебом\"\r\n2024-01-01,12:00,10.0,\"'=1+2\"\r\n", file.bytes)
  end)

  it("forgets all, after a confirming button", function()
    anna = eater()
    anna:says("350 борщ")
    anna:says("/forget")
    anna:press("Нет")
    anna:says("/today")
    anna:sees("борщ")
    anna:says("/forget")
    anna:press("Да, удалить всё")
    anna:sees("Всё удалено.")
    anna:says("/today")
    anna:sees("ваша норма")
    anna:press("1500")
    anna:press("Москва +3")
    anna:sees("Осталось 1500 из 1500 ккал")
  end)

  it("lives beside the clicker", function()
    anna = telegram:person("Анна")
    anna:says("привет")
    anna:sees("Вы не зарегистрированы")
    anna:says("/start")
    anna:sees("Приветствую Анна")
    anna:says("Клик")
    anna:sees("Кликов: 1 🏆")
    anna:says("350")
    anna:press("2000")
    anna:press("Москва +3")
    anna:sees("Осталось 1650")
    anna:says("Клик")
    anna:sees("Кликов: 2 🏆")
    anna:says("привет")
    anna:sees("Не понял")
  end)

  it("keeps out of groups", function()
    anna = eater()
    local group = telegram:group("Семья", { anna })
    anna:says("350", group)
    anna:says("/today", group)
    group:sees("только в личной переписке")
    anna:says("/today")
    anna:sees("01.01: 0 ккал")
  end)

  it("is led to by the menu of commands", function()
    anna = telegram:person("Анна")
    anna:says("/start")
    anna:sees("Приветствую")
    local calls = telegram:requests("setMyCommands")
    assert.equal(1, #calls)
    bot:reload()
    anna:says("Клик")
    anna:sees("Кликов: 1")
    assert.equal(1, #telegram:requests("setMyCommands"))
  end)

  it("keeps 16-digit ids and hostile notes apart", function()
    anna = telegram:person { first_name = "Большая", id = 4503599627370495 }
    anna:says("350 '); DROP TABLE meals;--")
    anna:press("2000")
    anna:press("Москва +3")
    anna:sees("Осталось 1650")
    anna:says("/today")
    anna:sees("DROP TABLE meals", 1, true)
  end)
end)

scripts "schedule.lua"

describe("the schedule", function()
  local anna

  before_each(function() anna = telegram:person "Анна" end)

  it("reminds once, in time", function()
    anna:says "напомни через 10 минут выключить суп"
    anna:sees "Хорошо, через 10 мин."
    clock:advance "9m"
    anna:sees_nothing()
    clock:advance "2m"
    anna:sees "⏰ выключить суп"
    clock:advance "1h"
    anna:sees_nothing()
  end)

  it("takes the word in any form, and no time that is too far", function()
    for number, word in pairs { [1] = "минуту", [2] = "минуты", [3] = "мин." } do
      anna:says(("напомни через %d %s чай"):format(number, word))
      anna:sees(("Хорошо, через %d мин."):format(number))
    end
    for _, number in ipairs { "999999999", "99999999999999999999" } do
      anna:says(("напомни через %s минут чай"):format(number))
      anna:sees "Так далеко я не загадываю."
    end
  end)

  it("reminds after a restart", function()
    anna:says "напомни через 1 мин полить цветы"
    anna:sees "Хорошо"
    bot:restart()
    clock:advance "2m"
    anna:sees "полить цветы"
  end)

  it("greets every morning", function()
    anna:says "/morning"
    anna:sees "каждое утро"
    clock:advance "1d"
    anna:sees "Доброе утро"
    anna:sees_nothing()
    clock:advance "1d"
    anna:sees "Доброе утро"
  end)

  it("is quiet when it is asked to be", function()
    anna:says "/morning"
    anna:says "/quiet"
    anna:sees "Больше не буду."
    clock:advance "2d"
    anna:sees_nothing()
  end)
end)

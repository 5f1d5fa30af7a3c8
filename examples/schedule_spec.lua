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

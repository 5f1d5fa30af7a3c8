scripts "reminder.lua"

describe("reminders", function()
  local anna

  before_each(function()
    clock:set "2024-03-29 12:00" -- Friday; clocks in Berlin are put forward on Sunday
    anna = telegram:person "Анна"
    anna:says "/zone Europe/Berlin"
    anna:sees "У вас сейчас 13:00"
  end)

  it("come at a date of one's own clock", function()
    anna:says "напомни 01.04.2024 09:30 шутка"
    anna:sees "Напомню."
    clock:advance "67h29m" -- summer time: it is 07:30 in Greenwich
    anna:sees_nothing()
    clock:advance "1m"
    anna:sees "⏰ шутка"
  end)

  it("come on weekdays, in summer too", function()
    anna:says "по будням 09:30 планёрка"
    anna:sees "Буду напоминать."
    clock:advance "67h29m"
    anna:sees_nothing()
    clock:advance "1m"
    anna:sees "⏰ планёрка"
  end)

  it("are refused where there is no such time or zone", function()
    anna:says "напомни 31.02.2024 09:30 ничего"
    anna:sees "Такого времени нет."
    anna:says "по будням 25:00 ничего"
    anna:sees "Такого времени нет."
    anna:says "напомни 31.12.2999 09:30 ничего"
    anna:sees "Так далеко я не загадываю."
    anna:says "напомни 01.01.2024 09:30 поздно"
    anna:sees "Это время прошло."
    anna:says "/zone Луна"
    anna:sees "Такого пояса я не знаю"
  end)
end)

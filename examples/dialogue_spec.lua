scripts "dialogue.lua"

describe("the booking", function()
  local anna
  before_each(function() anna = telegram:person("Анна") end)

  it("is made by its answers, though the host restarts in between", function()
    anna:says("/book")
    anna:sees("На чьё имя столик?")
    anna:sends { sticker = {} }
    anna:sees("Напишите имя словами.")
    anna:says("Анна")
    anna:sees("Сколько вас будет?")
    bot:restart()
    anna:says("много")
    anna:sees("от 1 до 12")
    anna:says("4")
    anna:sees("Столик на имя Анна, гостей: 4. Ждём!")
  end)

  it("goes back a question", function()
    anna:says("/book")
    anna:says("Ана")
    anna:says("назад")
    anna:says("Анна")
    anna:says("2")
    anna:sees("Столик на имя Анна, гостей: 2")
  end)

  it("is ended by a command", function()
    anna:says("/book")
    anna:says("/cancel")
    anna:sees("в другой раз")
    anna:says("Анна")
    anna:sees_nothing()
  end)
end)

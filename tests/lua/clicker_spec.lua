-- The clicker and its rating, tested as a bot author would do it: `lunokhod test scripts tests/lua`.
describe("the clicker", function()
  local anna

  before_each(function() anna = telegram:person("Анна") end)

  it("registers, counts and shows the rating", function()
    local boris = telegram:person("Борис")
    anna:says("/start")
    anna:sees("Приветствую Анна")
    boris:says("/start")
    boris:press("Клик")
    boris:press("Клик")
    boris:sees("Кликов: 2 🏆")
    anna:press("Клик")
    anna:sees("Кликов: 1 🏆")
    anna:press("Рейтинг")
    anna:sees("Всего: 2\n1: Борис - 2🏆\n2: Анна - 1🏆")
  end)

  it("offers its keyboard: two buttons, each on its own row", function()
    anna:says("/start")
    assert.same({ { "Клик" }, { "Рейтинг" } }, (anna:keyboard()))
  end)

  it("leads newcomers to the calorie counter: in the input field, and by /help", function()
    anna:says("/start")
    local _, markup = anna:keyboard()
    assert.equal("Клик. Или калории: 350 борщ", markup.input_field_placeholder)
    anna:says("/help")
    anna:sees { pattern = "^«Клик» считает клики.*/calories$" }
    local group = telegram:group("Лунная группа", { anna })
    anna:says("/start", group)
    group:sees("Приветствую Анна")
    assert.is_nil(select(2, group:keyboard()).input_field_placeholder) -- calories are private
  end)

  it("speaks English to whom Telegram does", function()
    local john = telegram:person { first_name = "John", language_code = "en" }
    john:says("Click")
    john:sees("You are not registered")
    john:says("/start")
    john:sees("Hello John")
    assert.same({ { "Click" }, { "Rating" } }, (john:keyboard()))
    john:press("Click")
    john:sees("1 click 🏆")
    john:press("Click")
    john:sees("2 clicks 🏆")
    john:press("Rating")
    john:sees("People: 1\n1: John - 2🏆")
    john:says("/help")
    john:sees("/calories")
  end)

  it("tells strangers that they are not registered, whatever they say", function()
    for _, text in ipairs { "Клик", "Рейтинг", "здравствуйте", "/help" } do
      anna:says(text)
      anna:sees("Вы не зарегистрированы")
      anna:sees_nothing()
    end
  end)

  it("has no answer to other texts of the registered", function()
    anna:says("/start")
    anna:sees("Приветствую")
    anna:says("клик?")
    anna:sends { sticker = {} }
    anna:sees_nothing()
  end)

  it("counts a click once though Telegram's answer is lost", function()
    anna:says("/start")
    telegram:fault { method = "sendMessage", kind = "drop_after", times = 1 }
    anna:says("Клик")
    anna:says("Клик")
    assert.same({ "Приветствую Анна", "Кликов: 1 🏆", "Кликов: 2 🏆" }, anna:saw())
    assert.equal(1, #bot:log "method=sendMessage chat=1001 .*source=scripts/clicker%.lua:%d+")
  end)

  it("counts two clicks that are made at once as two", function()
    anna:says("/start")
    telegram:fault { method = "sendMessage", kind = "delay", ms = 20, times = -1 }
    anna:says("Клик")
    anna:says("Клик")
    clock:advance("100ms")
    assert.same({ "Приветствую Анна", "Кликов: 1 🏆", "Кликов: 2 🏆" }, anna:saw())
  end)

  it("waits as long as Telegram asks for, and answers then", function()
    anna:says("/start")
    telegram:fault { method = "sendMessage", kind = "429", retry_after = 10 }
    anna:says("Клик")
    clock:advance("9s")
    anna:sees("Приветствую")
    anna:sees_nothing()
    clock:advance("2s")
    anna:sees("Кликов: 1 🏆")
  end)

  it("is not to blame for pauses that Telegram asks for, however long or many", function()
    anna:says("/start")
    anna:sees("Приветствую")
    for _, pauses in ipairs { { 30, 1 }, { 12, 3 }, { 100, 2 } } do
      telegram:fault { method = "sendMessage", kind = "429", retry_after = pauses[1], times = pauses[2] }
      anna:says("Клик")
      clock:advance(pauses[1] * pauses[2] + 3)
      anna:sees("Кликов")
    end
  end)

  it("keeps the count over a reload and a restart, in the midst of a click too", function()
    anna:says("/start")
    anna:press("Клик")
    bot:reload()
    anna:press("Клик")
    bot:restart()
    anna:press("Клик")
    anna:sees("Кликов: 3 🏆")
    telegram:fault { method = "sendMessage", kind = "delay", ms = 1000 }
    anna:press("Клик") -- counted, but the answer is still on its way
    bot:restart()
    clock:advance("1m")
    anna:press("Клик")
    anna:sees("Кликов: 5 🏆")
  end)

  it("plays in a group too: it is the person who plays", function()
    local boris = telegram:person("Борис")
    local group = telegram:group("Лунная группа", { anna, boris })
    anna:says("/start", group)
    group:sees("Приветствую Анна")
    anna:press("Клик", group)
    group:sees("Кликов: 1 🏆")
    boris:says("поговорим", group)
    group:sees_nothing()
    boris:press("Клик", group)
    group:sees("Вы не зарегистрированы")
    anna:says("Клик")
    anna:sees("Кликов: 2 🏆")
  end)
end)

describe("the rating", function()
  it("puts those first who have clicked most, ties by who came first, and shows 15", function()
    local persons = {}
    for i = 1, 17 do
      persons[i] = telegram:person { first_name = "П" .. i, id = 9000 - i } -- neither ids nor names tell who came first
      persons[i]:says("/start")
      persons[i]:sees("Приветствую")
    end
    for _, i in ipairs { 9, 9, 4, 16 } do persons[i]:press("Клик") end
    persons[1]:press("Рейтинг")
    local lines = { "Всего: 17" }
    for place, i in ipairs { 9, 4, 16, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 14 } do
      lines[#lines + 1] = ("%d: П%d - %d🏆"):format(place, i, i == 9 and 2 or place <= 3 and 1 or 0)
    end
    persons[1]:sees(table.concat(lines, "\n"))
  end)
end)

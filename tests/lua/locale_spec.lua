-- Languages: whose text a person gets, plural forms, and the menus of commands.
scripts "locale/bot.lua"

describe("a person", function()
  it("is spoken to in the language of the app, or else in the first one", function()
    local anna = telegram:person { first_name = "Анна", language_code = "ru" }
    local john = telegram:person { first_name = "John", language_code = "en-GB" }
    local jean = telegram:person { first_name = "Jean", language_code = "fr" }
    anna:says "/start"
    assert.equal("bold", anna:sees("Привет, Анна!").entities[1].type)
    john:says "/start"
    john:sees "Hello, John!"
    jean:says "/start"
    jean:sees "Привет, Jean!"
  end)

  it("may choose another, which is kept", function()
    local john = telegram:person { first_name = "John", language_code = "en" }
    john:says "/start"
    john:sees "Hello, John!"
    john:says "lang ru"
    john:says "/start"
    john:sees "Привет, John!"
    bot:restart()
    john:says "/start"
    john:sees "Привет, John!"
    john:says "lang own"
    john:says "/start"
    john:sees "Hello, John!"
  end)

  it("gets the first language's text where the own language has none", function()
    local john = telegram:person { first_name = "John", language_code = "en" }
    john:says "lang en"
    john:sees "только по-русски"
  end)

  it("gets the right plural form", function()
    local anna = telegram:person { first_name = "Анна", language_code = "ru" }
    local john = telegram:person { first_name = "John", language_code = "en" }
    for count, words in pairs { ["1"] = "1 клик", ["2"] = "2 клика", ["5"] = "5 кликов", ["11"] = "11 кликов",
      ["0"] = "ни клика", ["21"] = "21 клик", ["112"] = "112 кликов", ["1.5"] = "1.5 клика" } do
      anna:says("clicks " .. count)
      anna:sees(words)
    end
    john:says "clicks 1"
    john:sees "1 click"
    john:says "clicks 2"
    john:sees "2 clicks"
  end)

  it("gets each parameter as tostring writes it", function()
    local anna = telegram:person { first_name = "Анна", language_code = "ru" }
    for _, value in ipairs {
      "0", "7", "-42", "math.mininteger", "math.maxinteger", "1.5", "-0.0", "2^53", "1/0", "'да'", "true",
    } do
      anna:says(("lua return require('locale').text('ru', 'hello', { name = %s })"):format(value))
      anna:sees("Привет, " .. tostring(load("return " .. value)()) .. "!")
    end
  end)
end)

-- Of CLDR 44's own examples (common/supplemental/plurals.xml).
local EXAMPLES = {
  ru = { one = { 1, 21, 101 }, few = { 2, 4, 22 }, many = { 0, 5, 11, 14, 100 }, other = { 1.5 } },
  pl = { one = { 1 }, few = { 2, 22 }, many = { 0, 5, 21, 112 }, other = { 1.5 } },
  cs = { one = { 1 }, few = { 2, 4 }, many = { 1.5 }, other = { 0, 5, 22 } },
  ar = { zero = { 0 }, one = { 1 }, two = { 2 }, few = { 3, 110 }, many = { 11, 111 }, other = { 100, 102, 0.5 } },
  fr = { one = { 0, 1, 1.5 }, many = { 1000000 }, other = { 2, 100 } },
  en = { one = { 1 }, other = { 0, 2, 1.5 } },
  lv = { zero = { 0, 10, 11, 19, 100 }, one = { 1, 21 }, other = { 2, 22 } },
  lt = { one = { 1, 21 }, few = { 2, 9, 22 }, many = { 1.5 }, other = { 0, 10, 11, 20 } },
  ro = { one = { 1 }, few = { 0, 2, 16, 101, 1.5 }, other = { 20, 100 } },
  sl = { one = { 1, 101 }, two = { 2, 102 }, few = { 3, 4, 1.5 }, other = { 0, 5, 100 } },
  ga = { one = { 1 }, two = { 2 }, few = { 3, 6 }, many = { 7, 10 }, other = { 0, 11 } },
  cy = { zero = { 0 }, one = { 1 }, two = { 2 }, few = { 3 }, many = { 6 }, other = { 4, 5, 7 } },
  he = { one = { 1 }, two = { 2 }, other = { 0, 3, 20 } },
  mt = { one = { 1 }, two = { 2 }, few = { 0, 3, 10, 103 }, many = { 11, 19, 111 }, other = { 20, 1.5 } },
  ja = { other = { 0, 1, 2 } }, ["pt-BR"] = { one = { 0, 1 }, other = { 2 } }, ["pt-PT"] = { one = { 1 }, other = { 0, 2 } },
  sr = { one = { 1, 21 }, few = { 2, 24 }, other = { 0, 5, 11 } }, tr = { one = { 1 }, other = { 0, 2 } },
  hi = { one = { 0, 1, 0.5 }, other = { 2, 10 } }, da = { one = { 1, 0.5, 1.5 }, other = { 0, 2 } },
}

describe("plural forms", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)
  for language, forms in pairs(EXAMPLES) do
    it("of " .. language .. " are those of CLDR", function()
      for form, numbers in pairs(forms) do
        for _, number in ipairs(numbers) do
          anna:says(('lua return require("locale").plural(%q, %s)'):format(language, number))
          assert.equal(form, anna:saw()[#anna:saw()], language .. " " .. number)
        end
      end
    end)
  end
end)

describe("the menu of commands", function()
  it("is written for everybody and in each language", function()
    telegram:person "Анна"
    clock:advance "1s"
    local requests = telegram:requests "setMyCommands"
    assert.equal(3, #requests)
    assert.is_nil(requests[1].parameters.language_code)
    assert.matches("Начать.*Вперёд", requests[1].parameters.commands)
    assert.equal("en", requests[2].parameters.language_code)
    assert.matches("Begin.*Вперёд", requests[2].parameters.commands)
    bot:reload()
    clock:advance "1s"
    assert.equal(3, #telegram:requests "setMyCommands")
  end)
end)

describe("the admin's menu", function()
  local function shown_menu()
    for _, request in ipairs(telegram:requests "setMyCommands") do
      if request.parameters.language_code == "en" and request.parameters.scope then return request.parameters end
    end
  end

  it("holds the bot's commands beside the host's, from the first message on and after a reload", function()
    local anna = telegram:person { first_name = "Анна", language_code = "en" }
    bot:admin(anna)
    anna:says "/go"
    anna:sees "en"
    clock:advance "1s"
    local menu = shown_menu()
    assert.matches('"chat_id":' .. anna.id, menu.scope)
    assert.matches("Begin.*Вперёд.*backup", menu.commands)
    local count = #telegram:requests "setMyCommands"
    anna:says "/go"
    bot:reload()
    clock:advance "1s"
    assert.equal(count, #telegram:requests "setMyCommands")
  end)
end)

describe("a mistake", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  for code, words in pairs {
    ['require("locale").text("ru", "helo")'] = "did you mean hello?",
    ['require("locale").text("ru", "hello")'] = "wants the parameter name",
    ['require("locale").text("ru", "clicks")'] = "give { count = ... }",
    ['require("locale").choose({ from = { id = 1 } }, "xx")'] = "there is no language",
  } do
    it("is told: " .. words, function()
      anna:says("lua return " .. code)
      anna:sees_nothing()
      assert.equal(1, #bot:log(words))
    end)
  end
end)

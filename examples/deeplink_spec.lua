scripts "deeplink.lua"

describe("the deep link", function()
  it("tells who has invited whom, once", function()
    local anna, boris = telegram:person "Анна", telegram:person "Борис"
    anna:says "/invite"
    local payload = anna:sees("Ваша ссылка").text:match "https://t%.me/[%w_]+%?start=([%w_-]+)"
    boris:says("/start " .. payload)
    boris:sees "Вас пригласил друг"
    boris:says("/start " .. payload)
    boris:sees { pattern = "^Добро пожаловать!$" }
    anna:says("/start " .. payload)
    anna:sees { pattern = "^Добро пожаловать!$" }
    anna:says "/invite"
    anna:sees "По ней пришли: 1"
  end)

  it("does no harm when a person has made it up", function()
    local anna = telegram:person "Анна"
    anna:says "/start by-somebody"
    anna:sees { pattern = "^Добро пожаловать!$" }
  end)
end)

scripts "settings.lua"

describe("the settings", function()
  local anna
  before_each(function() anna = telegram:person { first_name = "Anna", language_code = "en" } end)

  it("are drawn anew at each press, and kept", function()
    anna:says "/settings"
    anna:sees "1 time a week"
    anna:press "5"
    anna:sees "5 times a week"
    anna:press "ru"
    anna:sees "5 раз в неделю"
    bot:restart()
    anna:says "/settings"
    anna:sees "Новости: 5 раз в неделю"
  end)
end)

scripts "app.lua"

describe("the Mini App", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  it("sends back what was chosen", function()
    anna:says "/start"
    local _, markup = anna:keyboard()
    assert.equal("https://example.org/craters.html", markup.keyboard[1][1].web_app.url)
    anna:sends_data('{"crater":"Тихо"}', "Открыть карту")
    anna:sees "Летим в кратер Тихо!"
    assert.is_nil((anna:keyboard()))
  end)

  it("is not believed what is not on the map, or is no JSON", function()
    for _, data in ipairs { '{"crater":"Море Облаков"}', "{", "[]", '{"crater":{}}', '"Тихо"' } do
      anna:sends_data(data, "Открыть карту")
      anna:sees "Такого кратера на карте нет."
    end
  end)
end)

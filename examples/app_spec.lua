scripts "app.lua"

-- What Telegram signs for Anna at the time at which specs begin, with the token that specs have.
local SIGNED = "auth_date=1704110400&query_id=AA&user=%7B%22id%22%3A1001%2C%22first_name%22%3A%22%D0%90%D0%BD%D0%BD%D0%B0%22%7D"
  .. "&hash=392dd8eb9bc565b1fe9078d174f46784e1ed5831e734bde027a08a84ebb24c20"

describe("the Mini App", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  local function chooses(person, crater, init)
    person:sends_data(('{"init":"%s","crater":"%s"}'):format(init or SIGNED, crater), "Открыть карту")
  end

  it("sends back what was chosen", function()
    anna:says "/start"
    local _, markup = anna:keyboard()
    assert.equal("https://example.org/craters.html", markup.keyboard[1][1].web_app.url)
    chooses(anna, "Тихо")
    anna:sees "Летим в кратер Тихо!"
    assert.is_nil((anna:keyboard()))
  end)

  it("is not believed what is not on the map, or is no JSON", function()
    chooses(anna, "Море Облаков")
    anna:sees "Такого кратера на карте нет."
    anna:sends_data("{", "Открыть карту")
    anna:sees "Такого кратера на карте нет."
  end)

  it("is not believed data that are forged, of somebody else, or old", function()
    local boris = telegram:person "Борис"
    chooses(anna, "Тихо", (SIGNED:gsub("1001", "1002")))
    anna:sees "Откройте карту ещё раз."
    chooses(boris, "Тихо")
    boris:sees "Откройте карту ещё раз."
    clock:advance "2h"
    chooses(anna, "Тихо")
    anna:sees "Откройте карту ещё раз."
    assert.equal(3, #bot:log "not to be trusted")
  end)
end)

scripts "weather.lua"

local MOSCOW = { location = { latitude = 55.75, longitude = 37.62 } }

describe("the weather", function()
  local anna

  before_each(function() anna = telegram:person "Анна" end)

  it("is asked for the place", function()
    http:answers("https://api.open-meteo.com/", { current = { temperature_2m = -12.4 } })
    anna:sends(MOSCOW)
    anna:sees "Там сейчас -12 °C"
    assert.matches("latitude=55.7500&longitude=37.6200$", http:requests()[1].url)
  end)

  for name, answer in pairs {
    ["is not there"] = { unreachable = true },
    ["refuses"] = { status = 503, body = "busy" },
    ["says something else"] = { status = 200, body = "<html>" },
    ["says JSON of another form"] = { status = 200, body = "[1]" },
  } do
    it("is said to be unknown when the service " .. name, function()
      http:answers("https://api.open-meteo.com/", answer)
      anna:sends(MOSCOW)
      anna:sees "Погода сейчас не отвечает"
    end)
  end
end)

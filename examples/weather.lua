-- Another service: the weather comes by HTTP, while other chats are served. A failure is told in plain words.
local bot = require "bot"
local http = require "http"
local json = require "json"

local ADDRESS = "https://api.open-meteo.com/v1/forecast?current=temperature_2m&latitude=%.4f&longitude=%.4f"

local function temperature(place)
  local answer, err = http.get(ADDRESS:format(place.latitude, place.longitude), { timeout = 5, limit = 100000 })
  if not answer then return nil, err.text end
  if answer.status ~= 200 then return nil, "status " .. answer.status end
  local ok, forecast = pcall(json.decode, answer.body)
  local degrees = ok and type(forecast) == "table" and type(forecast.current) == "table" and forecast.current.temperature_2m
  return tonumber(degrees), "an answer of another form"
end

bot.command("start", function(message) message:answer "Пришлите место, и я скажу, тепло ли там." end)

bot.on("message:location", function(message)
  local degrees, why = temperature(message.location)
  if degrees then
    message:answer(("Там сейчас %+.0f °C"):format(degrees))
  else
    print("the weather can't be told:", why)
    message:answer "Погода сейчас не отвечает, попробуйте позже."
  end
end)

-- Several services at once: the slowest one decides how long it takes, and one that fails is left out.
local bot = require "bot"
local http = require "http"
local json = require "json"

local SOURCES = { "https://one.example/rate?", "https://two.example/rate?", "https://three.example/rate?" }

local function ask(address)
  local answer, err = http.get(address, { timeout = 5, quiet = true }) -- one that is down is no news for the log
  if not answer then return nil, err end
  local rate = json.decode(answer.body)
  return rate and rate.value
end

bot.match("^курс (%u%u%u)$", function(message, currency)
  local questions = {}
  for i, source in ipairs(SOURCES) do
    questions[i] = function() return ask(source .. currency) end
  end
  local rates, sum, count = bot.parallel(questions), 0, 0
  for i = 1, rates.n do
    if rates[i] then sum, count = sum + rates[i], count + 1 end
  end
  message:answer(count == 0 and "Никто не ответил." or ("%.2f (источников: %d)"):format(sum / count, count))
end)

-- A countdown: bot.sleep() waits in the midst of a handler.
bot.command("start", function(message)
  local sent = message:answer "3"
  for _, text in ipairs { "2", "1", "Поехали!" } do
    bot.sleep(1)
    sent:edit(text)
  end
end)

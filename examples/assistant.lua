-- A language model: its answer is shown while it is being written. The service is any that speaks as OpenAI's does; its key is
-- a line of the file assistant.key beside this script.
local bot = require "bot"
local http = require "http"
local json = require "json"

local ADDRESS = "https://llm.example.com/v1/chat/completions"
local KEY = (bot.read "assistant.key" or ""):match "%S*"

-- Calls write() with each part of the answer; returns nil, or what went wrong.
local function ask_model(question, write)
  local stream, err = http.stream(ADDRESS, {
    headers = { Authorization = "Bearer " .. KEY },
    body = { model = "small", stream = true, messages = { { role = "user", content = question } } },
  })
  if not stream then return err.text end
  if stream.status ~= 200 then return "status " .. stream.status end
  for data in stream:events() do
    if data == "[DONE]" then break end
    local event = json.decode(data)
    local choice = type(event) == "table" and event.choices and event.choices[1]
    if choice and choice.delta and type(choice.delta.content) == "string" then write(choice.delta.content) end
  end
  return stream.error and stream.error.text
end

bot.command("start", function(message) message:answer "Спросите о чём угодно." end)

bot.on("message:text", function(message)
  local why
  local sent = message:stream(function(write) why = ask_model(message.text, write) end)
  if why then print("the model has failed:", why) end
  if not sent then
    message:answer "Модель сейчас не отвечает, попробуйте позже."
  elseif why then
    sent:reply "Ответ оборвался."
  end
end)

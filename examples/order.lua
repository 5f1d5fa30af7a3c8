-- Order: usually what comes after a handler that waits waits for it. In a group one person's slow question should hold up no
-- other person.
local bot = require "bot"
local http = require "http"

bot.order "user" -- all handlers; { order = "user" } as the last argument of a route: that one
bot.defaults { typing = true } -- a handler that waits for longer than a second shows "typing"

bot.command("ask", function(message, question)
  local answer, err = http.post("https://oracle.example.org/", { question = question })
  message:reply(answer and answer.body or "Оракул молчит: " .. tostring(err))
end)

bot.command("ping", function(message) message:answer "pong" end)

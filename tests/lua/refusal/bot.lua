-- What can go wrong, a command each. refusal_spec.lua counts these lines.
local bot, http, keyboard, telegram = require "bot", require "http", require "keyboard", require "telegram"

bot.command("dot", function(message) message:answer("Hello.", { parse_mode = "MarkdownV2" }) end)
bot.command("cut", function(message) message:answer(("Привет"):sub(1, 5)) end)
bot.command("label", function(message)
  message:answer("Choose", { reply_markup = keyboard.inline { { { "Label", ("x"):rep(65) } } } })
end)
bot.command("txt", function(message) telegram.send_message { chat_id = message.chat.id, txt = "text" } end)
bot.command("tail", function(message)
  return message:answer "" end)
bot.command("file", function() telegram.download "no such id" end)
bot.command("edit", function(message) message:edit "not mine" end)

bot.command("field", function(message)
  local _, err = message:answer ""
  if err.code == 400 then message:answer "seen" end
end)
bot.command("text", function(message)
  local _, err = message:answer ""
  message:answer(tostring(err))
end)
bot.command("pairs", function(message)
  local _, err = message:answer ""
  local names = {}
  for name in pairs(err) do names[#names + 1] = name end
  table.sort(names)
  message:answer(table.concat(names, " "))
end)
bot.command("json", function(message)
  local _, err = message:answer ""
  message:answer(require "json".encode(err))
end)
bot.command("assert", function(message) assert(message:answer "") end)
bot.command("quiet", function(message)
  message:answer("", { quiet = true })
  message:edit("not mine", { quiet = true })
  message:delete { quiet = true }
  telegram.send_message({ chat_id = message.chat.id, text = "" }, { quiet = true })
  telegram.try.send_message { chat_id = message.chat.id, text = "" }
  telegram.download("no such id", { quiet = true })
  message:answer "done"
end)
bot.command("change", function() telegram.try.send_message = print end)
bot.command("misspelt", function() telegram.try.send_message({}, { quite = true }) end)
bot.command("garbage", function(message)
  message:answer ""
  local text
  for i = 1, 200000 do text = { i, text and text[1] } end
  message:answer(text and "alive")
end)

bot.command("request", function(message)
  local answer = http.get "https://down.example/?key=secret"
  if not answer then message:answer "sorry" end
end)
bot.command("post", function(message)
  local _, err = http.post("https://down.example/", { a = 1 })
  message:answer(err.kind)
  http.get("https://down.example/", { quiet = true })
end)

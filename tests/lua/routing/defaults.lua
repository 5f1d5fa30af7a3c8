local bot = require "bot"
local telegram = require "telegram"

bot.defaults { parse_mode = "HTML", protect_content = true, link_preview_options = { is_disabled = true }, typing = true }

bot.command("plain", function(message) message:answer "<b>x</b>" end)
bot.command("none", function(message) message:answer("1 < 2", { parse_mode = false, protect_content = false }) end)
bot.command("split", function(message) message:answer("1 < 2", { split = true }) end)
bot.command("entities", function(message)
  telegram.send_message { chat_id = message.chat.id, text = "<x", entities = { { type = "bold", offset = 0, length = 1 } } }
end)
bot.command("slow", function(message)
  telegram.get_chat { chat_id = message.chat.id }
  message:answer "done"
end)

bot.command("album", function(message)
  telegram.send_media_group { chat_id = message.chat.id, media = {
    { type = "photo", media = telegram.bytes("a", "a.jpg"), caption = "<b>one</b>" },
    { type = "photo", media = telegram.bytes("b", "b.jpg"), caption = "<two", parse_mode = false },
  } }
end)
bot.on("inline_query", function(query)
  telegram.answer_inline_query { inline_query_id = query.id, results = {
    { type = "article", id = "1", title = "A", input_message_content = { message_text = "<b>x</b>" } },
  } }
end)

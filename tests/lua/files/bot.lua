-- Sends files by paths of every kind.
local bot, telegram = require "bot", require "telegram"
local inner = require "sending"

bot.command("send", function(message, path)
  local file = path == "inner" and inner() or telegram.file(path)
  local sent, err = telegram.send_document { chat_id = message.chat.id, document = file }
  if not sent then message:answer(err.text) end
end)

-- Files: the bot downloads a text document, counts its words, and sends a report. It answers an album once.
local bot = require "bot"
local telegram = require "telegram"

local LARGEST = 1 << 20

bot.command("start", function(message) message:answer "Пришлите текстовый файл, и я посчитаю в нём слова." end)

bot.on("message:document", function(message)
  local document = message.document
  if document.file_size and document.file_size > LARGEST then
    message:reply "Файл больше мегабайта, столько я не прочту."
    return
  end
  local text, err = telegram.download(document.file_id)
  if not text then
    message:reply("Не получилось скачать файл: " .. err.description)
    return
  end
  local words, _ = select(2, text:gsub("%S+", ""))
  local report = ("file,bytes,words\n%s,%d,%d\n"):format(document.file_name or "", #text, words)
  telegram.send_document {
    chat_id = message.chat.id, document = telegram.bytes(report, "report.csv"), caption = ("Слов: %d"):format(words),
  }
end)

bot.on("album", function(messages) messages[1]:answer(("В альбоме снимков: %d"):format(#messages)) end)

-- Join requests: whoever asks to come into the group is asked a question in private, and let in by the right answer.
-- The bot must be an administrator who may invite people.
local bot = require "bot"
local keyboard = require "keyboard"
local telegram = require "telegram"

local WHEELS = 8

bot.command("link", function(message)
  local link, err = telegram.create_chat_invite_link { chat_id = message.chat.id, creates_join_request = true }
  message:answer(link and link.invite_link or "Не получилось: " .. err.description)
end, { filter = { "group", "admin" } })

bot.on("chat_join_request", function(request)
  local row = {}
  for i, wheels in ipairs { 4, WHEELS, 12 } do row[i] = { wheels, "door", { chat = request.chat.id, wheels = wheels } } end
  telegram.send_message {
    chat_id = request.user_chat_id, -- open to the bot until the request is decided, though the person has not written to it
    text = ("Вы хотите в «%s». Сколько колёс у «Лунохода-1»?"):format(request.chat.title),
    reply_markup = keyboard.inline { row },
  }
end)

-- A button can be forged. Telegram lets in only a person who has asked to come into that group.
bot.button("door", function(query, answer)
  local decide = answer.wheels == WHEELS and telegram.approve_chat_join_request or telegram.decline_chat_join_request
  local done = decide({ chat_id = answer.chat, user_id = query.from.id }, { quiet = true })
  query:edit(not done and "Этой заявки уже нет." or answer.wheels == WHEELS and "Верно, заходите!" or "Увы, нет.")
end)

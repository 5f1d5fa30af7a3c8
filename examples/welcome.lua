-- Member changes: newcomers of a group are greeted by name, and the bot says what it needs when it is added itself.
-- Telegram tells of others' changes only where the bot is an administrator.
local bot = require "bot"
local telegram = require "telegram"
local text = require "text"

local function is_in(member)
  if member.status == "restricted" then return member.is_member end
  return member.status ~= "left" and member.status ~= "kicked"
end

bot.on("chat_member", function(change)
  local who = change.new_chat_member.user
  if is_in(change.old_chat_member) or not is_in(change.new_chat_member) or who.is_bot then return end
  telegram.send_message {
    chat_id = change.chat.id,
    text = text.format("Добро пожаловать, %s! Правила — /rules", text.mention(who.first_name, who)),
  }
end)

bot.on("my_chat_member", function(change)
  if change.chat.type == "private" or not is_in(change.new_chat_member) then return end
  local is_admin = change.new_chat_member.status == "administrator"
  telegram.send_message {
    chat_id = change.chat.id,
    text = is_admin and "Спасибо, теперь я увижу новичков." or "Сделайте меня администратором: иначе я не вижу новичков.",
  }
end)

bot.command("rules", function(message) message:answer "Не сорить на Луне." end, "Правила")

-- A bot that does a little of everything that a person can see in Telegram, for tests/lua/telegram_spec.lua.
local bot, telegram = require "bot", require "telegram"

bot.command("voice", function(m)
  telegram.send_voice { chat_id = m.chat.id, voice = telegram.bytes("ooh", "v.ogg"), duration = 3 }
end)
bot.command("sticker", function(m) telegram.send_sticker { chat_id = m.chat.id, sticker = telegram.bytes("s", "s.webp") } end)
bot.command("place", function(m)
  telegram.send_venue { chat_id = m.chat.id, latitude = 1, longitude = 2, title = "Crater", address = "Moon" }
end)

bot.command("buy", function(m)
  telegram.send_invoice { chat_id = m.chat.id, title = "Tea", description = "Hot",
    payload = m.text:match "%S+$", currency = "XTR",
    prices = { { label = "Tea", amount = 5 } } }
end)
bot.on("pre_checkout_query", function(q)
  local is_there = q.invoice_payload ~= "nothing"
  local reason = not is_there and "sold out" or nil
  telegram.answer_pre_checkout_query { pre_checkout_query_id = q.id, ok = is_there, error_message = reason }
end)
bot.on("message:successful_payment", function(m)
  m:answer("Thanks for " .. m.successful_payment.total_amount .. " ⭐")
  telegram.refund_star_payment { user_id = m.from.id,
    telegram_payment_charge_id = m.successful_payment.telegram_payment_charge_id }
end)
bot.on("message:refunded_payment", function(m) m:answer "And back" end)

bot.command("invite", function(m)
  local link = telegram.create_chat_invite_link { chat_id = m.chat.id, creates_join_request = true }
  m:answer(link.invite_link)
end)
bot.on("chat_join_request", function(r)
  telegram.approve_chat_join_request { chat_id = r.chat.id, user_id = r.from.id }
end)
bot.on("message:new_chat_members", function(m) m:answer("Welcome, " .. m.new_chat_members[1].first_name) end)
bot.on("message:left_chat_member", function(m) m:answer("Farewell, " .. m.left_chat_member.first_name) end)
bot.on("my_chat_member", function(c)
  if c.new_chat_member.can_pin_messages == false then
    telegram.send_message { chat_id = c.chat.id, text = "I may not pin any more" }
  end
end)

bot.command("topic", function(m)
  local topic = telegram.create_forum_topic { chat_id = m.chat.id, name = "Craters" }
  telegram.send_message { chat_id = m.chat.id, message_thread_id = topic.message_thread_id, text = "in the topic" }
end)

bot.on("message_reaction", function(r)
  local new = r.new_reaction[1]
  telegram.send_message { chat_id = r.chat.id, text = new and new.emoji or "no more" }
end)
bot.on("message:web_app_data", function(m) m:answer("from the app: " .. m.web_app_data.data) end)

bot.command("about", function(m)
  telegram.set_my_description { description = "far" }
  telegram.set_chat_menu_button { chat_id = m.chat.id, menu_button = { type = "commands" } }
  m:answer(telegram.get_my_description({}).description .. " " .. telegram.get_chat_menu_button({ chat_id = m.chat.id }).type)
end)

bot.command("quiz", function(m)
  telegram.send_poll { chat_id = m.chat.id, question = "2 + 2?", options = { { text = "4" }, { text = "5" } }, type = "quiz",
    correct_option_ids = { 0 }, is_anonymous = false }
end)
bot.on("poll_answer", function(a)
  telegram.send_message { chat_id = a.user.id, text = a.option_ids[1] == 0 and "Right" or "Wrong" }
end)

-- Calls that end in different ways, one after the other.
bot.command("calls", function(m)
  local chat_id = m.chat.id
  local is_sent = pcall(telegram.send_message, { chat_id = chat_id, text = "never", reply_markup = { print } })
  local refused = select(2, telegram.send_message { chat_id = chat_id, text = "" })
  telegram.send_message { chat_id = chat_id, text = ("long "):rep(500), disable_notification = true }
  telegram.send_sticker { chat_id = chat_id, sticker = telegram.bytes("s", "s.webp") }
  telegram.send_message { chat_id = chat_id, text = ("%s %d"):format(is_sent, refused.code) }
end)

-- A shop for Telegram Stars: an invoice, a last look before the payment, the delivery, and the Stars back on request.
local bot = require "bot"
local db = require "db"
local keyboard = require "keyboard"
local telegram = require "telegram"

local GOODS = {
  map = { title = "Карта Луны", description = "С обратной стороной", stars = 50, left = 1000 },
  stone = { title = "Лунный камень", description = "Последний", stars = 500, left = 1 },
}

db.exec [[
  CREATE TABLE IF NOT EXISTS stock(goods TEXT PRIMARY KEY, count INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS purchases(
    id INTEGER PRIMARY KEY, charge TEXT UNIQUE NOT NULL, person INTEGER NOT NULL, goods TEXT NOT NULL);
]]
for name, goods in pairs(GOODS) do db.exec("INSERT OR IGNORE INTO stock VALUES(?, ?)", name, goods.left) end

bot.command("shop", function(message)
  local rows = {}
  for row in db.rows "SELECT goods FROM stock WHERE count > 0 ORDER BY goods" do
    local goods = GOODS[row.goods]
    rows[#rows + 1] = { { ("%s — %d ⭐"):format(goods.title, goods.stars), "buy", row.goods } }
  end
  message:answer("Что возьмёте?", { reply_markup = keyboard.inline(rows) })
end, "Магазин")

bot.button("buy", function(query, name)
  local goods = GOODS[name]
  telegram.send_invoice {
    chat_id = query.from.id, title = goods.title, description = goods.description, payload = name,
    currency = "XTR", prices = { { label = goods.title, amount = goods.stars } },
  }
end)

-- Telegram waits ten seconds for this answer, and takes no Stars without it.
bot.on("pre_checkout_query", function(query)
  local is_there = db.one("SELECT 1 FROM stock WHERE goods = ? AND count > 0", query.invoice_payload) ~= nil
  telegram.answer_pre_checkout_query {
    pre_checkout_query_id = query.id, ok = is_there, error_message = not is_there and "Уже раскупили" or nil,
  }
end)

local function refund(message, charge)
  return telegram.refund_star_payment { user_id = message.from.id, telegram_payment_charge_id = charge }
end

-- Two people may have been let through to pay for the last one. Who pays second gets the Stars back.
bot.on("message:successful_payment", function(message)
  local payment = message.successful_payment
  if db.exec("UPDATE stock SET count = count - 1 WHERE goods = ? AND count > 0", payment.invoice_payload) == 0 then
    refund(message, payment.telegram_payment_charge_id)
    return message:answer "Последний купили секундой раньше. Звёзды вернулись."
  end
  db.exec("INSERT INTO purchases(charge, person, goods) VALUES(?, ?, ?)",
    payment.telegram_payment_charge_id, message.from.id, payment.invoice_payload)
  message:answer(("Спасибо! Ваше: %s. Передумаете — /refund."):format(GOODS[payment.invoice_payload].title))
end)

bot.command("refund", function(message)
  local purchase = db.one("SELECT * FROM purchases WHERE person = ? ORDER BY id DESC LIMIT 1", message.from.id)
  if not purchase then return message:answer "Вы ничего не покупали." end
  local done, err = refund(message, purchase.charge)
  if not done then return message:answer("Не получилось: " .. err.description) end
  db.exec("DELETE FROM purchases WHERE charge = ?", purchase.charge)
  db.exec("UPDATE stock SET count = count + 1 WHERE goods = ?", purchase.goods)
  message:answer "Звёзды вернулись."
end, "Вернуть последнюю покупку")

bot.command("paysupport", function(message) message:answer "Напишите продавцу: @shop_owner." end, "Помощь с оплатой")

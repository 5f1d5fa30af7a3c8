scripts "shop.lua"

describe("the shop", function()
  local anna, boris
  before_each(function() anna, boris = telegram:person "Анна", telegram:person "Борис" end)

  -- Returns the invoice that the person gets.
  local function orders(person, label)
    person:says "/shop"
    person:press(label)
    person:sees "Что возьмёте?"
    return person:last()
  end

  it("sells for Stars, and gives them back once", function()
    local invoice = orders(anna, "Карта Луны — 50 ⭐")
    assert.equal(50, invoice.invoice.total_amount)
    assert.is_true(anna:pays(invoice))
    anna:sees "Спасибо! Ваше: Карта Луны"
    anna:says "/refund"
    anna:sees "Звёзды вернулись"
    assert.equal(1, #telegram:requests "refundStarPayment")
    anna:says "/refund"
    anna:sees "Вы ничего не покупали"
  end)

  it("does not sell what is gone, by an old invoice either", function()
    local invoice = orders(boris, "Лунный камень — 500 ⭐")
    assert.is_true(anna:pays(orders(anna, "Лунный камень — 500 ⭐")))
    anna:sees "Спасибо!"
    local is_paid, reason = boris:pays(invoice)
    assert.is_false(is_paid)
    assert.equal("Уже раскупили", reason)
    boris:says "/shop"
    assert.equal(1, #boris:sees("Что возьмёте?").reply_markup.inline_keyboard) -- the map
  end)

  it("gives the Stars back to whoever pays second for the last one", function()
    assert.is_true(anna:pays(orders(anna, "Лунный камень — 500 ⭐")))
    anna:sees "Спасибо!"
    telegram:answers("refundStarPayment", true) -- of a payment that this Telegram does not know
    telegram:update { message = {
      message_id = 900, date = clock:now(), chat = { id = boris.id, type = "private", first_name = "Борис" },
      from = { id = boris.id, is_bot = false, first_name = "Борис" },
      successful_payment = { currency = "XTR", total_amount = 500, invoice_payload = "stone",
        telegram_payment_charge_id = "late", provider_payment_charge_id = "" },
    } }
    boris:sees "Последний купили секундой раньше"
    assert.equal("late", telegram:requests("refundStarPayment")[1].parameters.telegram_payment_charge_id)
  end)
end)

-- What a bot sells for Stars is asked for, paid, delivered, counted and given back.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a payment in the sandbox", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local function invoice(more)
    local parameters = { chat_id = anna.id, title = "Tea", description = "Hot", payload = "tea-1", currency = "XTR",
      prices = { { label = "Tea", amount = 5 } } }
    for name, value in pairs(more or {}) do parameters[name] = value end
    return parameters
  end
  local function pay(message)
    return telegram:post("payments", { from_id = anna.id, chat_id = anna.id, message_id = math.tointeger(message.message_id) })
  end

  it("is asked for by a button, agreed to, made, and given back once", function()
    local message = api.sendInvoice(invoice())
    assert.same({ "Tea", "XTR", 5, true }, { message.invoice.title, message.invoice.currency, message.invoice.total_amount,
      message.reply_markup.inline_keyboard[1][1].pay })
    local query = pay(message)
    local asked = api:updates("pre_checkout_query")[1]
    assert.same({ query.id, "tea-1", 5, anna.id }, { asked.id, asked.invoice_payload, asked.total_amount, asked.from.id })
    api.answerPreCheckoutQuery { pre_checkout_query_id = asked.id, ok = true }
    local paid = api:updates("message")[1].successful_payment
    assert.same({ "tea-1", 5, "XTR" }, { paid.invoice_payload, paid.total_amount, paid.currency })
    assert.same({ amount = 5 }, api.getMyStarBalance())
    local back = { user_id = anna.id, telegram_payment_charge_id = paid.telegram_payment_charge_id }
    api.refundStarPayment(back)
    assert.equal("tea-1", api:updates("message")[1].refunded_payment.invoice_payload)
    assert.equal("Bad Request: CHARGE_ALREADY_REFUNDED", (api:refusal("refundStarPayment", back)))
    assert.same({ amount = 0 }, api.getMyStarBalance())
    local transactions = api.getStarTransactions().transactions
    assert.same({ 2, "tea-1", anna.id, back.telegram_payment_charge_id },
      { #transactions, transactions[1].source.invoice_payload,
      transactions[2].receiver.user.id, transactions[2].id })
    assert.equal(1, #api.getStarTransactions({ offset = 1 }).transactions)
  end)

  it("that the bot declines, or is too slow to agree to, moves nothing", function()
    local message = api.sendInvoice(invoice())
    local query = pay(message)
    assert.equal([[Bad Request: parameter "error_message" is required]],
      (api:refusal("answerPreCheckoutQuery", { pre_checkout_query_id = query.id, ok = false })))
    api.answerPreCheckoutQuery { pre_checkout_query_id = query.id, ok = false, error_message = "sold out" }
    assert.equal("sold out", telegram:get("answers?id=" .. query.id).error_message)
    query = pay(message)
    telegram:post("clock", { advance_s = 11 })
    assert.matches("query is too old", (api:refusal("answerPreCheckoutQuery", { pre_checkout_query_id = query.id, ok = true })))
    assert.same({ amount = 0 }, api.getMyStarBalance())
    assert.same({}, api:updates "message")
  end)

  it("can be made by a link, for a subscription, too", function()
    local link = api.createInvoiceLink(invoice { subscription_period = 2592000 })
    local query = telegram:post("payments", { from_id = anna.id, invoice_link = link })
    api.answerPreCheckoutQuery { pre_checkout_query_id = query.id, ok = true }
    local paid = api:updates("message")[1].successful_payment
    assert.is_true(paid.is_first_recurring)
    assert.is_true(paid.subscription_expiration_date > os.time() + 2591000)
    assert.is_true(api.editUserStarSubscription { user_id = anna.id, is_canceled = true,
      telegram_payment_charge_id = paid.telegram_payment_charge_id })
  end)

  it("in other money goes through a provider, who may ship", function()
    local euros = { currency = "EUR", provider_token = "test", is_flexible = true, prices = { { label = "a", amount = 100 },
      { label = "b", amount = 20 } } }
    local message = api.sendInvoice(invoice(euros))
    local address = { country_code = "DE", state = "", city = "Berlin", street_line1 = "", street_line2 = "", post_code = "1" }
    local query = telegram:post("shippings", { from_id = anna.id, chat_id = anna.id,
      message_id = math.tointeger(message.message_id), shipping_address = address })
    assert.equal("Berlin", api:updates("shipping_query")[1].shipping_address.city)
    api.answerShippingQuery { shipping_query_id = query.id, ok = true,
      shipping_options = { { id = "post", title = "Post", prices = { { label = "Post", amount = 1 } } } } }
    assert.equal("post", telegram:get("answers?id=" .. query.id).shipping_options[1].id)
    query = telegram:post("payments", { from_id = anna.id, chat_id = anna.id, message_id = math.tointeger(message.message_id),
      shipping_option_id = "post" })
    assert.equal("post", api:updates("pre_checkout_query")[1].shipping_option_id)
    api.answerPreCheckoutQuery { pre_checkout_query_id = query.id, ok = true }
    assert.equal(120, api:updates("message")[1].successful_payment.total_amount)
    assert.same({ amount = 0 }, api.getMyStarBalance())
  end)

  it("is refused where the invoice is wrong", function()
    local function refusal(more) return (api:refusal("sendInvoice", invoice(more))) end
    assert.equal("Bad Request: expected an Array of labeled prices", refusal { prices = "{}" })
    assert.equal("Bad Request: CURRENCY_TOTAL_AMOUNT_INVALID", refusal { prices = "[]" })
    assert.equal("Bad Request: PAYMENT_PROVIDER_INVALID", refusal { currency = "EUR" })
    assert.equal("Bad Request: CURRENCY_INVALID", refusal { currency = "euro" })
    assert.equal("Bad Request: INVOICE_PAYLOAD_INVALID", refusal { payload = ("x"):rep(129) })
    assert.equal("Bad Request: REPLY_MARKUP_BUY_EMPTY",
      refusal { reply_markup = { inline_keyboard = { { { text = "a", callback_data = "b" } } } } })
    assert.equal([[Bad Request: parameter "title" is required]], refusal { title = "" })
  end)

  it("opens paid media, and the bot hears of it", function()
    local message = api.sendPaidMedia { chat_id = anna.id, star_count = 7, payload = "far side",
      media = { { type = "photo", media = "attach://one" } }, one = bot_client.file("a.jpg", "x"), caption = "look" }
    assert.same({ 7, "photo", "look" },
      { message.paid_media.star_count, message.paid_media.paid_media[1].type, message.caption })
    pay(message)
    local bought = api:updates("purchased_paid_media")[1]
    assert.same({ anna.id, "far side" }, { bought.from.id, bought.paid_media_payload })
    assert.same({ amount = 7 }, api.getMyStarBalance())
  end)
end)

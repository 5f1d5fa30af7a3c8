-- Updates that a bot does not fetch but is sent: in order, with the secret, again until they are taken.
local bot_client = require "tests.support.bot_client"
local port = require "tests.support.port"
local webhook = require "tests.support.webhook"
local world = require "tests.support.world"

describe("a webhook of the sandbox", function()
  local telegram, api, anna, hook
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
    hook = webhook.new()
  end)
  after_each(function()
    hook:close()
    world.finish()
  end)

  it("is called with each update and the secret, and can answer with a method", function()
    local _, said = api.setWebhook { url = hook.url, secret_token = "s3cret-_", allowed_updates = { "message" } }
    assert.equal("Webhook was set", said)
    anna:says "hello"
    local request = hook:take("200 OK", ('{"method":"sendMessage","chat_id":%d,"text":"hi"}'):format(anna.id))
    assert.same({ "/hook", "s3cret-_", "application/json", "hello" }, { request.path,
      request.headers["x-telegram-bot-api-secret-token"], request.headers["content-type"], request.update.message.text })
    assert.same({ "hi" }, anna:saw(1))
    local info = api.getWebhookInfo()
    assert.same({ hook.url, 0, 40, { "message" } },
      { info.url, info.pending_update_count, info.max_connections, info.allowed_updates })
  end)

  it("may give that method as a form, too, but none that asks or that sets the webhook", function()
    api.setWebhook { url = hook.url }
    local form = "application/x-www-form-urlencoded"
    local function answer(body, type)
      anna:says "?"
      assert.equal("?", hook:take("200 OK", body, "", type).update.message.text)
    end
    answer(("method=sendMessage&chat_id=%d&text=in+a+form"):format(anna.id), form)
    local part = '--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    local parts = { part:format("method", "sendMessage"), part:format("chat_id", anna.id), part:format("text", "in parts") }
    answer(table.concat(parts) .. "--x--\r\n", "multipart/form-data; boundary=x")
    answer(("method=sendMessage&chat_id=%d&text=no"):format(anna.id), "text/plain")
    answer("method=deleteWebhook", form)
    answer('{"method":"getMe"}')
    answer(("method=sendMessage&chat_id=%d&text=last"):format(anna.id), form)
    assert.same({ "in a form", "in parts", "last" }, anna:saw(3))
    assert.equal(hook.url, api.getWebhookInfo().url)
    assert.same({}, telegram:calls "getMe")
  end)

  it("gets an update again until it takes it, and the next of the chat waits for that", function()
    api.setWebhook { url = hook.url }
    anna:says "one"
    anna:says "two"
    assert.equal("one", hook:take("500 Internal Server Error").update.message.text)
    assert.equal("one", hook:take("429 Too Many Requests", "", "Retry-After: 1\r\n").update.message.text)
    local info
    world.until_(function()
      info = api.getWebhookInfo()
      return info.last_error_message == "Wrong response from the webhook: 429 Too Many Requests"
    end, "the refusal")
    assert.equal(2, info.pending_update_count)
    local boris = telegram:person "Boris"
    boris:says "and me?"
    repeat until hook:take("500 Internal Server Error").update.message.text == "and me?" -- though "one" is not taken yet
    local at = {}
    for i = 1, 3 do at[hook:take().update.message.text] = i end
    assert.is_true(at["and me?"] ~= nil and at.one < at.two)
    world.until_(function() return api.getWebhookInfo().pending_update_count == 0 end, "all to be taken")
  end)

  it("shuts getUpdates out, until it is deleted", function()
    anna:says "before"
    api.setWebhook { url = hook.url, drop_pending_updates = true }
    assert.is_true(hook:takes_nothing())
    assert.matches("can't use getUpdates method while webhook is active", (api:refusal("getUpdates", {})))
    anna:says "after"
    assert.equal("after", hook:take("503 Service Unavailable").update.message.text)
    local _, said = api.deleteWebhook()
    assert.equal("Webhook was deleted", said)
    assert.equal("after", api:updates("message")[1].text)
    _, said = api.deleteWebhook()
    assert.equal("Webhook is already deleted", said)
  end)

  it("that can't be reached says why, and one elsewhere is never called", function()
    api.setWebhook { url = "http://127.0.0.1:" .. port.reserve() }
    anna:says "anybody?"
    world.until_(function() return api.getWebhookInfo().last_error_message == "Can't connect to the webhook" end, "the failure")
    local _, said = api.setWebhook { url = "example.com/hook" }
    assert.equal("Webhook was set", said)
    assert.equal("https://example.com/hook", api.getWebhookInfo().url)
    world.until_(function() return tostring(api.getWebhookInfo().last_error_message):find "this machine only" end,
      "the refusal")
  end)

  it("keeps Telegram's rules", function()
    for words, parameters in pairs {
      ["invalid webhook URL specified"] = { url = "ftp://example.com" },
      ["bad webhook: An HTTPS URL must be provided for webhook"] = { url = "http://example.com" },
      ["bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"] = { url = "https://example.com:444/" },
      ["bad webhook: IP address 10.0.0.1 is reserved"] = { url = "https://10.0.0.1/" },
      ["secret token contains unallowed characters"] = { url = "https://example.com", secret_token = "a b" },
      ["secret token is too long"] = { url = "https://example.com", secret_token = ("x"):rep(257) },
    } do
      assert.equal("Bad Request: " .. words, (api:refusal("setWebhook", parameters)))
    end
    api.setWebhook { url = "https://example.com" }
    local _, said = api.setWebhook { url = "https://example.com" }
    assert.equal("Webhook is already set", said)
  end)

  it("is taken off once it has said for 23 hours that it is gone", function()
    api.setWebhook { url = hook.url }
    anna:says "anybody?"
    hook:take "410 Gone"
    world.until_(function() return api.getWebhookInfo().last_error_message end, "the first failure")
    assert.equal("Wrong response from the webhook: 410 Gone", api.getWebhookInfo().last_error_message)
    telegram:post("clock", { advance_s = 23 * 3600 + 1 })
    world.until_(function()
      if hook:is_called() then hook:take "410 Gone" end
      return api.getWebhookInfo().url == ""
    end, "the end of the webhook")
    assert.equal("anybody?", api:updates("message")[1].text)
  end)

  it("is at no reserved address", function()
    for words, parameters in pairs {
      ["IP address 172.31.1.1 is reserved"] = { url = "https://172.31.1.1" },
      ["IP address 10.1.2.3 is reserved"] = { url = "https://example.com", ip_address = "10.1.2.3" },
      ["Invalid IP address specified"] = { url = "https://example.com", ip_address = "moon" },
    } do
      assert.equal("Bad Request: bad webhook: " .. words, (api:refusal("setWebhook", parameters)))
    end
  end)

  it("is set once a second at most, where the rate limits count", function()
    local slow = bot_client.new(world.sandbox { limits = true })
    slow.setWebhook { url = hook.url }
    local answer = world.until_(function() -- on a slow machine a second may pass between two calls
      local was_refused, words, told = pcall(slow.refusal, slow, "setWebhook", { url = hook.url })
      return was_refused and words == "Too Many Requests: retry after 1" and told
    end, "a refusal")
    assert.equal(1, answer.parameters.retry_after)
    slow.deleteWebhook()
    api.setWebhook { url = hook.url }
    api.setWebhook { url = hook.url, max_connections = 2 }
  end)
end)

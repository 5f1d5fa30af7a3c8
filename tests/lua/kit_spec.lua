-- The kit of `lunokhod test` itself: what people do and see, the clock, faults, reload and restart.
scripts "kit/bot.lua"

describe("a chat", function()
  local anna
  before_each(function() anna = telegram:person("Анна") end)

  it("sees each of the bot's messages once, in their order", function()
    anna:says("скажи раз")
    anna:says("скажи два")
    anna:says("скажи три")
    anna:sees("раз")
    anna:sees("три") -- and so has passed "два"
    anna:sees_nothing()
    assert.has_error(function() anna:sees("два") end)
    anna:says("скажи четыре")
    assert.has_error(function() anna:sees_nothing() end)
    anna:sees("четыре")
    assert.same({ "раз", "два", "три", "четыре" }, anna:saw())
  end)

  it("takes a plain text or a pattern", function()
    anna:says("скажи 1 (из 2) + 100%")
    anna:sees("1 (из 2) + 100%")
    anna:says("скажи 1 (из 2) + 100%")
    anna:sees { pattern = "^%d %(из" }
  end)

  it("fails with what it has seen instead", function()
    anna:says("скажи раз")
    local ok, failure = pcall(anna.sees, anna, "два")
    assert.is_false(ok)
    assert.equal('"два"', failure.expected)
    assert.equal('"раз"', failure.seen)
  end)

  it("has inline buttons, whose answer is a popup and whose edit is news", function()
    anna:says("/buttons")
    anna:sees("Выбирайте")
    anna:press("Да (1)")
    anna:sees("Выбрано: yes")
    assert.equal("вы сказали yes", (anna:popup()))
    assert.equal(1, #anna:messages())
  end)

  it("names the buttons that there are when it has not the one to press", function()
    anna:says("/buttons")
    local ok, failure = pcall(anna.press, anna, "Может быть")
    assert.is_false(ok)
    assert.equal('"Да (1)", "Нет"', failure.seen)
  end)

  it("gets files and sends them", function()
    anna:says("/file")
    anna:sees("Таблица")
    local file = anna:file()
    assert.same({ "table.csv", "a;b\n1;2\n", "Таблица" }, { file.name, file.bytes, file.caption })
    anna:sends { document = { name = "x.txt", bytes = "что внутри" } }
    anna:sees("что внутри")
    anna:sends { sticker = {} }
    anna:sees("стикер")
  end)

  it("edits what was said", function()
    local message = anna:says("раз")
    anna:edits(message, "два")
    anna:sees("исправлено: два")
  end)

  it("asks in inline mode", function()
    local results = anna:asks("луна")
    assert.equal("луна", results[1].title)
  end)

  it("of a person who blocks the bot", function()
    anna:says("скажи раз")
    anna:saw()
    anna:blocks()
    assert.equal(1, #bot:log("a change of Анна"))
    assert.equal(1, #anna:messages())
  end)

  it("gets an album as one", function()
    anna:sends_album { { photo = { bytes = "1" }, caption = "раз" }, { photo = { bytes = "2" } } }
    clock:advance("2s") -- until then another part may come
    anna:sees("альбом: 2")
    anna:sends_album { { photo = { bytes = "3" } }, { photo = { bytes = "4" } }, { photo = { bytes = "5" } } }
    clock:advance("2s")
    anna:sees("альбом: 3")
  end)

  it("can be a channel's", function()
    local channel = telegram:channel("Новости")
    channel:says("раз")
    channel:sees_nothing() -- that was no word of the bot's
  end)

  it("can be a group's that becomes a supergroup", function()
    local group = telegram:group("Луна", { anna })
    anna:says("скажи раз", group)
    group:sees("раз")
    local supergroup = group:migrates()
    anna:says("скажи два", supergroup)
    supergroup:sees("два")
    group:sees_nothing()
  end)

  it("can be a group's", function()
    local boris = telegram:person { first_name = "Борис", username = "boris" }
    local group = telegram:group("Луна", { anna, boris })
    boris:says("/buttons", group)
    group:sees("Выбирайте")
    anna:press("Нет", group)
    group:sees("Выбрано: no")
    anna:sees_nothing()
    assert.equal("вы сказали no", (anna:popup()))
  end)
end)

describe("Telegram", function()
  it("is empty when an it begins", function()
    local anna = telegram:person("Анна")
    assert.equal(1001, anna.id)
    anna:says("/note раз")
    anna:sees("Записано: 1")
    assert.equal(1, anna:last().message_id - 1)
  end)

  it("is empty again when the next one begins", function()
    local anna = telegram:person("Анна")
    assert.equal(1001, anna.id)
    assert.same({}, telegram:requests("sendMessage"))
    anna:says("/note раз")
    anna:sees("Записано: 1")
    assert.equal(1, anna:last().message_id - 1)
  end)

  it("remembers the calls of the bot", function()
    local anna = telegram:person("Анна")
    anna:says("скажи раз")
    local requests = telegram:requests("sendMessage")
    assert.equal(1, #requests)
    assert.equal("раз", requests[1].parameters.text)
    assert.equal(200, requests[1].status)
  end)

  it("sends any update", function()
    local anna = telegram:person("Анна")
    local user = { id = anna.id, is_bot = false, first_name = "Анна" }
    telegram:update { poll_answer = { poll_id = "1", user = user, option_ids = { 2 } } }
    anna:sees("голос 2")
  end)

  it("fails as it is told, until it is healed", function()
    local anna = telegram:person("Анна")
    telegram:fault { method = "sendMessage", kind = "403", times = -1 }
    anna:says("скажи раз")
    anna:sees_nothing()
    telegram:heal()
    anna:says("скажи два")
    assert.same({ "два" }, anna:saw())
    assert.equal(1, #bot:log "Forbidden")
  end)
end)

describe("the clock", function()
  local anna
  before_each(function() anna = telegram:person("Анна") end)

  it("stands still, and is the bot's, too", function()
    anna:says("/time")
    anna:sees("2024-01-01 12:00")
    clock:advance("1d2h30m")
    anna:says("/time")
    anna:sees("2024-01-02 14:30")
    anna:says("/sql")
    anna:sees("2024-01-02 14:30:00")
    assert.equal(1704110400 + 86400 + 9000, clock:now())
  end)

  it("lets happen what falls due", function()
    anna:says("/later")
    clock:advance(3599)
    anna:sees_nothing()
    clock:advance("1s")
    anna:sees("час прошёл")
  end)

  it("can be set, which takes no time", function()
    anna:says("/later")
    anna:says("/time")
    anna:sees("12:00")
    clock:jump("-2h")
    anna:says("/time")
    anna:sees("10:00")
    clock:jump("3h")
    anna:says("/sql")
    anna:sees("13:00:00")
    anna:sees_nothing()
    clock:advance("1h")
    anna:sees("час прошёл")
    assert.has_error(function() clock:jump("back") end, 'a time like "1h" or "-1h"')
  end)

  it("tells a time that it can't read", function()
    assert.has_error(function() clock:advance("tomorrow") end, 'a time like "1d"')
    assert.has_error(function() clock:advance(-1) end)
  end)
end)

describe("the bot", function()
  local anna
  before_each(function() anna = telegram:person("Анна") end)

  it("begins again after a restart what it had in hand", function()
    telegram:fault { method = "sendMessage", kind = "delay", ms = 5000 }
    anna:says("скажи раз")
    anna:sees_nothing()
    bot:restart()
    anna:sees("раз")
  end)

  it("keeps its data over a restart, and writes nothing twice", function()
    telegram:fault { method = "sendMessage", kind = "delay", ms = 5000 }
    anna:says("/note раз")
    anna:sees_nothing()
    bot:restart()
    anna:says("/note два")
    anna:sees("Записано: 2") -- the first was written once, and is not tried again
  end)

  it("answers later what it is told while it is off", function()
    bot:stop()
    anna:says("скажи раз")
    anna:sees_nothing()
    bot:start()
    anna:sees("раз")
  end)

  it("may fail where the spec looks for it", function()
    anna:says("/fail")
    assert.equal(1, #bot:log("так нельзя"))
    anna:sees_nothing()
  end)

  it("is the same after a reload", function()
    anna:says("/note раз")
    bot:reload()
    anna:says("/note два")
    anna:sees("Записано: 2")
  end)

  it("starts as in operation: asks who it is, and deletes the webhook", function()
    anna:says("скажи раз")
    anna:sees("раз")
    assert.equal(1, #telegram:requests("getMe"))
    assert.equal(1, #telegram:requests("deleteWebhook"))
  end)

  it("stops as in operation when a script exits: finishes what it has begun, and keeps its data", function()
    anna:says("/note раз")
    anna:says("/quit")
    anna:sees("До свидания")
    anna:says("/note два")
    anna:sees_nothing() -- nobody is there
    assert.equal(1, #bot:log("stopped.*unfinished=0"))
    assert.has_error(function() bot:reload() end, "it has ended")
    bot:start()
    anna:sees("Записано: 2")
  end)

  it("waits at its stop for a handler that waits for Telegram", function()
    telegram:fault { method = "sendMessage", kind = "delay", ms = 5000 }
    anna:says("скажи раз")
    anna:says("/quit")
    anna:sees_nothing()
    assert.equal(0, #bot:log("msg=stopped"))
    clock:advance("5s")
    anna:sees("раз")
    assert.equal(1, #bot:log("msg=stopped.*unfinished=0"))
  end)

  it("waits at its stop for less than the ten seconds of `docker stop`, and begins again what was unfinished", function()
    telegram:fault { method = "sendMessage", kind = "delay", ms = 60000 }
    anna:says("скажи раз")
    anna:sees_nothing()
    anna:says("/quit", telegram:group("Луна", { anna }))
    clock:advance("7s")
    assert.equal(0, #bot:log("msg=stopped"))
    clock:advance("2s")
    assert.equal(1, #bot:log("handlers did not finish in time.*unfinished=1"))
    assert.equal(1, #bot:log("msg=stopped"))
    bot:start()
    anna:sees("раз")
  end)

  it("ends where Telegram does not take its token any more", function()
    anna:says("скажи раз")
    anna:sees("раз")
    telegram:fault { method = "getUpdates", kind = "401", times = -1 }
    clock:advance("2m")
    assert.equal(0, #bot:log("can't go on")) -- the token is good
    telegram:fault { method = "getMe", kind = "401", times = -1 }
    clock:advance("2m")
    assert.equal(1, #bot:log("can't go on.*Unauthorized"))
    anna:says("скажи два")
    anna:sees_nothing()
    telegram:heal()
    bot:start()
    anna:sees("два")
  end)

  it("can't start where Telegram refuses its token", function()
    bot:stop()
    telegram:fault { method = "getMe", kind = "401" }
    assert.has_error(function() bot:start() end, "Telegram refuses the token")
    bot:start()
    anna:says("скажи раз")
    anna:sees("раз")
  end)
end)

describe("another service", function()
  local anna
  before_each(function() anna = telegram:person("Анна") end)

  it("answers as it is told, the newest word first", function()
    http:answers("https://bank.example/", "42")
    http:answers("https://bank.example/closed", { status = 503, body = "обед" })
    anna:says("курс https://bank.example/usd")
    anna:sees("200 42")
    anna:says("курс https://bank.example/closed")
    anna:sees("503 обед")
    http:answers("https://bank.example/", { rate = 43 })
    anna:says("курс https://bank.example/usd")
    anna:sees('200 {"rate":43}')
  end)

  it("sees what it was asked", function()
    http:answers("https://bank.example/", { ok = true })
    anna:says("курс https://bank.example/usd")
    anna:says("сообщи https://bank.example/hello")
    anna:sees("application/json")
    assert.same({
      { method = "GET", url = "https://bank.example/usd", headers = {} },
      { method = "POST", url = "https://bank.example/hello", body = '{"from":"Анна"}',
        headers = { ["content-type"] = "application/json" } },
    }, http:requests())
  end)

  it("can't be reached where it is told so, or not told at all", function()
    http:answers("https://bank.example/", { unreachable = true })
    anna:says("курс https://bank.example/usd")
    anna:sees("connect")
    anna:says("курс https://elsewhere.example/")
    anna:sees("connect")
    assert.equal(1, #bot:log("has no answer for this address.*elsewhere"))
  end)
end)

describe("assert", function()
  it("knows what is equal, what is the same, and what fits", function()
    assert.equal(1, 1)
    assert.same({ 1, { a = "b" } }, { 1, { a = "b" } })
    assert.not_equal(1, 2)
    assert.not_same({ 1 }, { 1, 2 })
    assert.matches("^a.c$", "abc")
    assert.equal(5, assert(5))
    assert.truthy(0)
    assert.falsy(nil)
    assert.is_nil(nil)
    assert.is_not_nil(false)
  end)

  for name, claim in pairs {
    equal = function() assert.equal(1, "1") end,
    same = function() assert.same({ 1, 2 }, { 1 }) end,
    ["same of more"] = function() assert.same({ 1 }, { 1, 2 }) end,
    not_equal = function() assert.not_equal(1, 1) end,
    matches = function() assert.matches("x", "abc") end,
    is_true = function() assert.is_true(1) end,
    is_nil = function() assert.is_nil(false) end,
    has_error = function() assert.has_error(function() end) end,
    ["has_error of another text"] = function() assert.has_error(function() error("a") end, "b") end,
    ["a plain claim"] = function() assert(nil, "why") end,
  } do
    it("fails: " .. name, function()
      local ok, failure = pcall(claim)
      assert.is_false(ok)
      assert.is_true(failure.is_failure)
    end)
  end
end)

describe("a bot with an admin", function()
  local boss, anna
  before_each(function()
    boss, anna = telegram:person("Начальник"), telegram:person("Анна")
    bot:admin(boss)
  end)

  it("keeps its data in the admin's chat, and starts with what was saved last", function()
    anna:says("/note раз")
    clock:advance("31s")
    assert.equal("document", boss:file() and "document")
    anna:says("/note два")
    anna:sees("Записано: 2")
    bot:restart() -- before the next backup
    anna:says("/note снова два")
    anna:sees("Записано: 2")
  end)

  it("begins nothing before its data is restored", function()
    anna:says("/note раз")
    clock:advance("31s")
    bot:stop()
    local before = #bot:log()
    telegram:fault { method = "getFile", kind = "delay", ms = 5000 }
    bot:start()
    local restored, first
    for i, line in ipairs(bot:log()) do
      if i > before and line:find("msg=restored", 1, true) then restored = i end
      if i > before and line:find("as soon as it may", 1, true) then first = first or i end
    end
    assert.is_true(restored < first)
  end)

  -- What a rival does that never serves: its crown comes after a minute, over that of the host.
  local function restart_with_a_rival()
    clock:advance("31s")
    bot:stop()
    telegram:fault { method = "setMyCommands", kind = "late", ms = 60000, times = 1 }
    bot:start()
    bot:log("a call of Telegram has no answer")
    bot:log("can't say yet that this host takes over")
  end

  it("leaves when another host takes over, and begins anew with everything where that one never serves", function()
    anna:says("/note раз")
    anna:sees("Записано: 1")
    restart_with_a_rival()
    clock:advance("50s")
    anna:says("/note два")
    clock:advance("25s")
    assert.equal(1, #bot:log("another host has taken over this bot"))
    assert.equal(1, #bot:log("nobody serves this bot"))
    anna:says("/note три")
    assert.same({ "Записано: 1", "Записано: 2" }, anna:saw())
    bot:start()
    assert.same({ "Записано: 1", "Записано: 2", "Записано: 3" }, anna:saw())
  end)

  it("asks whether another host has taken over when somebody else polls", function()
    anna:says("/note раз")
    anna:sees("Записано: 1")
    restart_with_a_rival()
    telegram:fault { method = "getUpdates", kind = "409", times = -1 }
    clock:advance("75s")
    assert.equal(1, #bot:log("another host has taken over this bot"))
  end)

  it("must know of him before it starts", function()
    anna:says("/note раз")
    anna:sees("Записано: 1")
    assert.has_error(function() bot:admin(anna) end, "has started already")
    bot:stop():admin(anna):start()
  end)
end)

describe("a mistake in a spec", function()
  for name, case in pairs {
    ["a group without a title"] = { function() telegram:group() end, "telegram:group: the title must be a text" },
    ["a channel without a title"] = { function() telegram:channel {} end, "telegram:channel: the title must be a text" },
    ["an update that is none"] = { function() telegram:update { message = 5 } end, '"message" must be a table' },
    ["no update"] = { function() telegram:update() end, "an update expected" },
    ["no fault"] = { function() telegram:fault() end, "telegram:fault: a table expected" },
    ["a day that no month has"] = { function() clock:set "2024-13-45 00:00" end, 'not "2024-13-45 00:00"' },
    ["no answer of a service"] = { function() http:answers "https://example.org" end, "an address and its answers expected" },
    ["a misspelt field of an answer"] = { function() http:answers("https://example.org", { body = "", stats = 1 }) end,
      'there is no field "stats"' },
  } do
    it("is told: " .. name, function() assert.has_error(case[1], case[2]) end)
  end
end)

-- Values that buttons carry, tables of persons and chats, and limits.
scripts "buttons/bot.lua"

local LONG = ("я"):rep(60)

describe("a button", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  it("carries a table", function()
    anna:says "/small"
    assert.equal('@go:{"id":7}', anna:sees("small").reply_markup.inline_keyboard[1][1].callback_data)
    anna:press "Go"
    anna:sees 'got {"id":7}'
    anna:says "/bare"
    anna:press "Go"
    anna:sees 'got "x"'
  end)

  it("carries one of any size, across restarts", function()
    anna:says "/long"
    assert.is_true(#anna:sees("long").reply_markup.inline_keyboard[1][1].callback_data <= 64)
    bot:restart()
    anna:press "Go"
    anna:sees(LONG)
  end)

  it("is the same for the same table, so that no more rows are kept than needed", function()
    anna:says "/long"
    local first = anna:sees("long").reply_markup.inline_keyboard[1][1].callback_data
    anna:says "/long"
    assert.equal(first, anna:sees("long").reply_markup.inline_keyboard[1][1].callback_data)
  end)

  it("expires, and says so", function()
    anna:says "/long"
    anna:sees "long"
    clock:jump "31d"
    anna:press "Go"
    assert.equal("⌛", (anna:popup()))
    anna:press "Other"
    local words, answer = anna:popup()
    assert.same({ "too old", true }, { words, answer.show_alert })
    anna:sees_nothing()
  end)
end)

describe("a session", function()
  it("is one person's, or one chat's, and survives", function()
    local anna, boris = telegram:person "Анна", telegram:person "Борис"
    local group = telegram:group("Луна", { anna, boris })
    anna:says("/count", group)
    group:sees "1 1 nil"
    boris:says("/count", group)
    group:sees "1 2 nil"
    bot:restart()
    anna:says "/count"
    anna:sees "2 1 nil"
    anna:says "/clear"
    anna:says "/count"
    anna:sees "1 2 nil"
  end)

  it("goes back with a handler that fails", function()
    local anna = telegram:person "Анна"
    anna:says "/count"
    anna:says "/fail"
    bot:log "on purpose"
    anna:says "/count"
    anna:sees "2 2 nil"
  end)

  it("follows a group that becomes a supergroup", function()
    local anna = telegram:person "Анна"
    local group = telegram:group("Луна", { anna })
    anna:says("/count", group)
    group:sees "1 1 nil"
    local supergroup = group:migrates()
    anna:says("/count", supergroup)
    supergroup:sees "2 2 nil"
  end)
end)

describe("a limit", function()
  it("counts for each person, and tells how long to wait", function()
    local anna, boris = telegram:person "Анна", telegram:person "Борис"
    for _, words in ipairs { "yes", "yes", "wait 60" } do
      anna:says "/ask"
      anna:sees(words)
    end
    boris:says "/ask"
    boris:sees "yes"
    clock:advance "59s"
    anna:says "/ask"
    anna:sees "wait 1"
    clock:advance "1s"
    anna:says "/ask"
    anna:sees "yes"
  end)

  it("leaves out what is too much, and says so once", function()
    local anna = telegram:person "Анна"
    for _ = 1, 9 do anna:says "/count" end
    assert.same({ "1 1 nil", "2 2 nil", "3 3 nil", "4 4 nil", "5 5 nil", "6 6 nil", "Not so fast: 10" }, anna:saw())
    clock:advance "10s"
    anna:says "/count"
    anna:sees "7 7 nil"
  end)
end)

-- Who waits for a handler that waits. Not in the tight build, in which one update of a chat is taken in hand at a time.

describe("a handler that waits for ten seconds", function()
  scripts "routing/order.lua"
  local anna, boris, group

  before_each(function()
    anna, boris = telegram:person "Anna", telegram:person "Boris"
    group = telegram:group("G", { anna, boris })
    telegram:fault { method = "getChat", kind = "delay", ms = 10000, times = -1 }
  end)

  local function others(command)
    anna:says(command, group)
    boris:says("/fast", group)
    anna:says("/fast", group)
    clock:advance "30s"
    return table.concat(group:saw(), ", ")
  end

  it("holds its chat", function() assert.equal("slow Anna, fast Boris, fast Anna", others "/chat") end)
  it("holds its person only, in the order of persons", function()
    assert.equal("fast Boris, slow Anna, fast Anna", others "/user")
  end)
  it("holds nobody, in no order", function() assert.equal("fast Boris, fast Anna, slow Anna", others "/none") end)

  it("holds no message of others, though it sends one itself", function()
    telegram:fault { method = "sendDocument", kind = "delay", ms = 10000 }
    anna:says("/document", group)
    boris:says("/fast", group)
    clock:advance "1s"
    group:sees "fast Boris"
    clock:advance "20s"
    group:sees "sent"
  end)

  it("answers a question once, even in no order", function()
    anna:says "/ask"
    anna:sees "What?"
    anna:says "one"
    anna:says "two"
    clock:advance "30s"
    assert.same({ "What?", "slow Anna", "it is one" }, anna:saw())
  end)

  it("goes on after a reload, and all are done", function()
    anna:says("/user", group)
    boris:says("/user", group)
    bot:reload()
    clock:advance "30s"
    assert.same({ "slow Anna", "slow Boris" }, group:saw())
  end)
end)

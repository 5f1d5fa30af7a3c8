-- Waits of a handler's own: bot.sleep, bot.deadline, and bot.parallel, which does several things at once.
scripts "parallel/bot.lua"

local anna
before_each(function() anna = telegram:person "Анна" end)

local function notes()
  anna:says "/notes"
  return anna:sees("notes: ").text:gsub("^notes: ", "")
end

describe("bot.sleep", function()
  it("goes on later, and ends the segment", function()
    anna:says "/sleep 2.5"
    clock:advance "2400ms"
    anna:sees_nothing()
    clock:advance "200ms"
    anna:sees "slept 2.5"
    anna:says "/sleep 0"
    bot:log "UNIQUE constraint failed" -- what was written before it, the first time
    assert.equal("before", (notes()))
  end)

  it("lets other chats go on, and its own wait", function()
    local boris = telegram:person "Борис"
    anna:says "/sleep 5"
    boris:says "/notes"
    boris:sees "notes: before"
    anna:says "/notes"
    anna:sees_nothing()
    clock:advance "5s"
    assert.same({ "slept 5", "notes: before" }, anna:saw())
  end)

  it("is refused where the deadline comes before", function()
    anna:says "/sleep 30"
    anna:sees "bot.sleep: the handler's deadline comes before, in 30 s"
    assert.equal(1, #bot:log "bot.sleep: the handler's deadline")
  end)
end)

describe("bot.deadline", function()
  it("gives a handler more time, from now on", function()
    anna:says "/patient 110"
    clock:advance "111s"
    anna:sees "at last"
    anna:says "/long 25"
    clock:advance "201s"
    anna:sees "at last"
  end)

  it("may be an option of a route", function()
    anna:says "/unhurried"
    clock:advance "101s"
    anna:sees "at last"
    anna:says "/misread"
    anna:sees "bot.text: the deadline is a number of seconds from 1 to 3600, not 7200"
  end)

  it("holds as the usual one does: a call has the time that is left", function()
    telegram:fault { kind = "delay", ms = 20000, method = "sendMessage", times = 1 }
    anna:says "/patient 110"
    clock:advance "111s"
    assert.equal(0, #bot:log "sendMessage: Timeout was reached")
    clock:advance "10s"
    assert.equal(2, #bot:log "sendMessage: Timeout was reached")
  end)
end)

describe("bot.parallel", function()
  it("returns what each function has returned, in order", function()
    http:answers("http://example.com/a", "A"):answers("http://example.com/b", "B"):answers("http://example.com/c", "C")
    anna:says "/fetch"
    anna:sees "A B nil C of 4; 400"
  end)

  it("waits for all of them at once", function()
    anna:says "/slow"
    assert.same({ "one", "one more" }, anna:saw())
    clock:advance "1s"
    anna:sees "two"
    clock:advance "3900ms"
    anna:sees_nothing()
    clock:advance "200ms"
    anna:sees "all"
    assert.equal("five", (notes()))
  end)

  it("tells of each failure, takes back its segment, and keeps the rest", function()
    anna:says "/fail"
    clock:advance "3s"
    anna:sees "nil|fine|nil|42|script"
    anna:sees { pattern = "parallel/bot.lua:%d+: so wrong" }
    anna:sees "UNIQUE constraint failed: notes.what"
    anna:sees "attempt to index a nil value (local 'text')"
    assert.equal("of the handler kept good", (notes()))
    assert.equal(4, #bot:log "a function of bot.parallel failed")
    assert.equal(1, #bot:log "bot.lua:%d+: so wrong")
  end)

  it("keeps the rows of a query that another function deletes", function()
    anna:says "/rows"
    clock:advance "6s"
    anna:sees "5 0"
  end)

  it("may be nested, four deep", function()
    anna:says "/nested"
    clock:advance "5s"
    anna:sees(("leaf"):rep(16))
    anna:sees "bot.parallel: too many inside each other"
    bot:log "a function of bot.parallel failed"
  end)

  it("does a hundred things at once", function()
    anna:says "/many"
    clock:advance "1s"
    anna:sees "100 in order"
  end)

  it("ends with the handler where a function passes a limit", function()
    anna:says "/runaway"
    clock:advance "1s"
    anna:sees "failed: "
    local lines = bot:log "stopped: it computed for too long"
    assert.equal(1, #lines)
    assert.is_nil(lines[1]:find("traceback=", 1, true), lines[1]) -- in a text log a stack has lines of its own
    clock:advance "1m"
    assert.equal("kept", (notes()))
  end)

  it("ends with the handler where no memory is left to close what waits", function()
    anna:says "/full"
    clock:advance "10s" -- past the waits, whose ends would come to what is not there any more
    assert.equal(1, #bot:log "a handler failed")
    anna:says "/empty"
    anna:sees "empty"
  end)

  it("ends with the handler where something waits at the end of the stack", function()
    anna:says "/edge"
    clock:advance "10s"
    bot:log "failed"
    anna:says "/empty"
    anna:sees "empty"
  end)

  it("is refused more than a thousand functions at once, however they are nested", function()
    anna:says "/wide"
    assert.equal(1, #bot:log "more than 1000 functions at once in one handler")
    anna:says "/empty"
    anna:sees "empty"
  end)

  it("ends with the handler's deadline, whatever waits inside", function()
    anna:says "/late"
    clock:advance "6s"
    anna:sees "failed: "
    assert.equal(1, #bot:log "stopped: the handler took longer than 5 s (it waited for bot.parallel)")
    clock:advance "1m"
    assert.equal("kept", (notes()))
  end)

  it("has one deadline for all, which a function may move", function()
    anna:says "/deadline"
    clock:advance "51s"
    anna:sees "ab"
  end)

  it("fails with the handler where a function yields", function()
    anna:says "/yield"
    anna:sees "coroutine.yield outside of a coroutine that the script made"
    assert.equal(1, #bot:log "coroutine.yield outside")
  end)

  it("says what is wrong with a call", function()
    anna:says "/bad"
    anna:sees "a list of 1 to 100 functions expected"
    anna:sees "its item 2 is a number"
    anna:sees "table expected"
    anna:sees "inside a coroutine that the script made"
    anna:sees "seconds, from 0 to 3600, expected"
    anna:sees "the handler's deadline comes before"
    anna:sees "seconds, from 1 to 3600, expected"
    anna:sees "table.sort"
  end)

  it("is survived by a stop, a crash and a reload in its midst", function()
    anna:says "/slow"
    clock:advance "2s"
    bot:reload()
    clock:advance "2s"
    anna:says "/slow"
    bot:restart()
    clock:advance "1m"
    anna:says "/fail"
    clock:advance "1s"
    bot:stop()
    bot:start()
    clock:advance "1m"
    bot:log "failed"
    anna:says "/many"
    clock:advance "1s"
    anna:sees "100 in order"
  end)

  it("ends the question that its handler answers, though a function fails", function()
    anna:says "/ask"
    anna:says "хорошо"
    clock:advance "2s"
    anna:sees "ответ: хорошо"
    anna:says "хорошо"
    anna:sees "иное"
    bot:log "so wrong"
  end)

  it("answers the button of its handler", function()
    anna:says "/button"
    anna:press "Да"
    clock:advance "2s"
    assert.equal(1, #telegram:requests "answerCallbackQuery")
    assert.equal("сразу", (anna:popup()))
  end)
end)

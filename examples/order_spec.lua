scripts "order.lua"

describe("a slow question in a group", function()
  it("holds up only who has asked it", function()
    local anna, boris = telegram:person "Анна", telegram:person "Борис"
    local group = telegram:group("Луна", { anna, boris })
    http:answers("https://oracle.example.org/", { body = "Сорок два." })
    boris:says("/ping", group)
    telegram:fault { method = "sendMessage", chat_id = group.id, kind = "delay", ms = 10000 } -- the next answer
    anna:says("/ask в чём смысл?", group)
    anna:says("/ping", group)
    boris:says("/ping", group)
    clock:advance "20s"
    assert.same({ "pong", "pong", "Сорок два.", "pong" }, group:saw())
    assert.equal("typing", telegram:requests "sendChatAction"[1].parameters.action)
  end)
end)

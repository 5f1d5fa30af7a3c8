scripts "poll.lua"

describe("the poll", function()
  it("counts who has voted, and tells how it ended", function()
    local anna, boris = telegram:person "Анна", telegram:person "Борис"
    local group = telegram:group("Луна", { anna, boris })
    anna:says("/poll", group)
    local poll = group:last()
    anna:votes(poll, "Море Дождей")
    boris:votes(poll, "Море Ясности")
    boris:votes(poll, "Море Дождей")
    clock:advance "1s"
    anna:says("/close", group)
    group:sees "Проголосовали: 2\nМоре Ясности — 0\nМоре Дождей — 2"
    anna:says("/close", group)
    group:sees "poll has already been closed"
  end)

  it("forgets a vote that was taken back", function()
    local anna = telegram:person "Анна"
    anna:says "/close"
    anna:sees "Опроса ещё не было"
    anna:says "/poll"
    local poll = anna:last()
    anna:votes(poll, "Море Дождей")
    anna:votes(poll)
    clock:advance "1s"
    anna:says "/close"
    anna:sees "Проголосовали: 0\nМоре Ясности — 0\nМоре Дождей — 0"
  end)
end)

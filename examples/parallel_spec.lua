scripts "parallel.lua"

local anna

before_each(function() anna = telegram:person "Анна" end)

it("takes the mean of those that answer", function()
  http:answers("https://one.example/", { value = 90 })
  http:answers("https://two.example/", { unreachable = true })
  http:answers("https://three.example/", { value = 91 })
  anna:says "курс USD"
  anna:sees "90.50 (источников: 2)"
  assert.equal("https://one.example/rate?USD", http:requests()[1].url)
end)

it("says so where nobody answers", function()
  http:answers("https://", { unreachable = true })
  anna:says "курс USD"
  anna:sees "Никто не ответил."
end)

it("counts down, a second a step", function()
  anna:says "/start"
  anna:sees "3"
  clock:advance "1s"
  anna:sees "2"
  clock:advance "2s"
  anna:sees "Поехали!"
end)

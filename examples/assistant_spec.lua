scripts "assistant.lua"

local function event(text) return ('data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'):format(text) end

describe("the assistant", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  it("shows the model's answer", function()
    http:answers("https://llm.example.com/", { chunks = { event "Луна", event " далеко." .. "data: [DO", "NE]\n\n" } })
    anna:says "Где Луна?"
    assert.same({ "Луна далеко." }, anna:saw())
    assert.matches('"content":"Где Луна%?"', http:requests()[1].body)
  end)

  for name, answer in pairs { ["is not there"] = { unreachable = true }, ["refuses"] = { status = 401, body = "no" } } do
    it("says so where the model " .. name, function()
      http:answers("https://llm.example.com/", answer)
      anna:says "Где Луна?"
      anna:sees "Модель сейчас не отвечает"
    end)
  end
end)

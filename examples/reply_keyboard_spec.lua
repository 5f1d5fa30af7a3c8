scripts "reply_keyboard.lua"

describe("the keyboard", function()
  it("is shown, pressed, and taken away", function()
    local anna = telegram:person "Анна"
    anna:says "/start"
    anna:sees "Какую пиццу"
    assert.same({ { "Маленькая", "Средняя" }, { "Большая" } }, (anna:keyboard()))
    anna:press "Большая"
    anna:sees "Большая пицца уже в печи"
    assert.is_nil((anna:keyboard()))
  end)
end)

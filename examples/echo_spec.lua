scripts "echo.lua"

describe("the echo", function()
  it("says back what it hears", function()
    local anna = telegram:person "Анна"
    anna:says "/start"
    anna:sees "Напишите мне"
    anna:says "Привет, Луна 🌕"
    anna:sees "Привет, Луна 🌕"
    anna:sends { sticker = {} }
    anna:sees_nothing()
  end)
end)

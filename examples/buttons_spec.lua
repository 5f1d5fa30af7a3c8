scripts "buttons.lua"

describe("the inline button", function()
  it("counts likes of a group in place, and takes one back", function()
    local anna, boris = telegram:person "Анна", telegram:person "Борис"
    local group = telegram:group("Луна", { anna, boris })
    anna:says("/start", group)
    anna:press("❤️ 0", group)
    boris:press("❤️ 1", group)
    anna:press("❤️ 2", group)
    boris:press("❤️ 1", group)
    anna:press("❤️ 0", group)
    assert.same({ "Закат над Морем Дождей. Нравится?" }, group:saw())
    assert.equal("", anna:popup())
  end)
end)

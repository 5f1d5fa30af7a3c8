scripts "inline.lua"

describe("inline mode", function()
  it("offers what has the word, and counts what was chosen", function()
    local anna = telegram:person "Анна"
    assert.equal(3, #anna:asks "")
    local results = anna:asks "Луна"
    assert.equal(1, #results)
    assert.equal("Луна ближе, чем кажется", results[1].title)
    anna:chooses(results[1])
    anna:says "/start"
    anna:sees "1 × Луна ближе, чем кажется"
  end)
end)

-- The module chart as a script uses it. The pictures themselves are tested by tests/c/script/chart_test.c.
scripts "chart/bot.lua"

-- Width and height of a PNG stand at its beginning.
local function size_of(png)
  assert.equal("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", png:sub(1, 16))
  local width, height = (">I4I4"):unpack(png, 17)
  return { width, height }
end

describe("chart.bars", function()
  local anna

  before_each(function() anna = telegram:person("Анна") end)

  it("gives the bytes of a picture", function()
    anna:says("/chart { values = { 1, 2.5, 0 } }")
    assert.same({ 800, 450 }, size_of(anna:file().bytes))
  end)

  it("is as large as is wished, with texts and a line", function()
    anna:says("/chart { values = { 1, 2 }, labels = { 'Пн', nil }, line = 1.5, title = 'Неделя', width = 320, height = 200 }")
    assert.same({ 320, 200 }, size_of(anna:file().bytes))
  end)

  local mistakes = {
    ["nil"] = "table expected",
    ["{}"] = "values must be a list",
    ["{ values = {} }"] = "1 to 400 values",
    ["{ values = table.pack(('0'):rep(401):byte(1, -1)) }"] = "1 to 400 values",
    ["{ values = { -1 } }"] = "values%[1%] must be a number from 0",
    ["{ values = { 1, 0 / 0 } }"] = "values%[2%] must be a number",
    ["{ values = { 1, 1 / 0 } }"] = "values%[2%] must be a number",
    ["{ values = { '1' } }"] = "values%[1%] must be a number",
    ["{ values = { 1, nil, 3 } }"] = "values%[2%] must be a number",
    ["{ values = { 1 }, labels = 'a' }"] = "labels must be a list",
    ["{ values = { 1 }, labels = { 1 } }"] = "labels%[1%] must be a text",
    ["{ values = { 1 }, labels = { '\\xFF' } }"] = "UTF%-8",
    ["{ values = { 1 }, title = {} }"] = "title must be a text",
    ["{ values = { 1 }, line = '2' }"] = "line must be a number",
    ["{ values = { 1 }, width = 99 }"] = "width must be a number from 100",
    ["{ values = { 1 }, height = 1601 }"] = "height must be a number from 100",
    ["{ values = { 1 }, widht = 300 }"] = "no option widht",
    ["{ { 1 } }"] = "no option",
  }
  for input, words in pairs(mistakes) do
    it("takes for a mistake: " .. input, function()
      anna:says("/chart " .. input)
      anna:sees { pattern = "^mistake: .*" .. words }
    end)
  end
end)

-- Menus: what they show, where their buttons lead, and old buttons.
scripts "inline_menu/bot.lua"

local function labels(message)
  local rows = {}
  for i, row in ipairs(message.reply_markup.inline_keyboard) do
    local words = {}
    for j, button in ipairs(row) do words[j] = button.text end
    rows[i] = table.concat(words, "|")
  end
  return rows
end

describe("a menu", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  it("has switches and choices, in one message", function()
    anna:says "/start"
    assert.same({ "⬜ Sound", "S|L", "Planets|Day" }, labels(anna:sees "Settings: none"))
    anna:press "⬜ Sound"
    assert.same({ "✅ Sound", "S|L", "Planets|Day" }, labels(anna:last()))
    anna:press "L"
    assert.same({ "✅ Sound", "S|🔘 L", "Planets|Day" }, labels(anna:sees "Settings: large"))
    assert.equal("bold", anna:last().entities[1].type)
    assert.equal(1, #anna:messages())
  end)

  it("tells what was changed, so that it can be kept", function()
    anna:says "/start"
    anna:press "S"
    bot:restart()
    anna:says "/start"
    anna:sees "Settings: small"
  end)

  it("turns pages, and leads to others and back", function()
    anna:says "/start"
    anna:press "Planets"
    assert.same({ "Planet 1", "Planet 2", "Planet 3", "◀|1 / 3|▶", "Back" }, labels(anna:sees "Page 1"))
    anna:press "Planet 2"
    assert.equal("number 2", (anna:popup()))
    anna:press "◀"
    assert.same({ "Planet 7", "◀|3 / 3|▶", "Back" }, labels(anna:sees "Page 3"))
    anna:press "3 / 3"
    anna:press "▶"
    anna:sees "Page 1"
    anna:press "Back"
    anna:sees "Settings"
  end)

  it("has a calendar", function()
    anna:says "/day"
    local rows = labels(anna:sees "2024-02-15")
    assert.same({ "◀|02 2024|▶", "Mo|Tu|We|Th|Fr|Sa|Su", " | | |·|·|·|·", "·|·|·|·|·|10|11", "12|13|14|[15]|16|17|18" },
      table.move(rows, 1, 5, 1, {}))
    assert.same({ "26|27|28|29| | | ", "Back" }, table.move(rows, 7, 8, 1, {}))
    anna:press "▶"
    assert.equal("◀|03 2024|▶", labels(anna:last())[1])
    anna:press "31"
    anna:sees "2024-03-31"
  end)

  it("is safe against old and odd buttons", function()
    anna:says "/start"
    anna:says "/odd"
    assert.same("◀|1 / 3|▶", labels(anna:sees "Page x")[4])
    local function press(data)
      telegram:update { callback_query = { id = "1", chat_instance = "1", data = data, from = { id = anna.id, is_bot = false,
        first_name = "Анна" }, message = anna:last() } }
    end
    press "@menu.main:[{"
    press "@menu.main:7"
    press "@menu.main#no-such-key"
    anna:sees "Settings: none"
    press "@menu.gone:[{}]"
    press "@menu.planets:[{\"page\":99}]"
    anna:sees "Page 99"
    assert.same("◀|3 / 3|▶", labels(anna:last())[2])
  end)
end)

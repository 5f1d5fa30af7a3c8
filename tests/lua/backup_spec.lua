-- Backups as the admin sees them: one message a day, and /restore to an earlier one.

describe("the backup", function()
  local admin, anna

  before_each(function()
    admin, anna = telegram:person("Админ"), telegram:person("Анна")
    bot:admin(admin)
    admin:says("привет") -- a bot can't write first
    anna:says("/start")
    anna:says("Клик")
    anna:sees("Кликов: 1")
    clock:advance("31s")
  end)

  -- The backup documents in the admin's chat, oldest first.
  local function documents()
    local list = {}
    for _, message in ipairs(admin:messages()) do
      if message.document and message.document.file_name == "lunokhod.sqlite.zst" then list[#list + 1] = message end
    end
    return list
  end

  local function pinned()
    local commands = telegram:requests("pinChatMessage")
    return math.tointeger(tonumber(commands[#commands].parameters.message_id))
  end

  it("is a new message each day, and the last one of the day before stays", function()
    assert.equal(1, #documents())
    assert.equal(documents()[1].message_id, pinned())
    anna:says("Клик")
    clock:advance("23h")
    assert.equal(1, #documents())
    clock:advance("1h")
    anna:says("Клик")
    clock:advance("31s")
    local list = documents()
    assert.equal(2, #list)
    assert.equal(list[2].message_id, pinned())
    bot:restart()
    anna:says("Клик")
    anna:sees("Кликов: 4")
  end)

  it("is made where nobody clicks only when something has changed", function()
    local edits = #telegram:requests("editMessageMedia")
    clock:advance("10m")
    assert.equal(edits, #telegram:requests("editMessageMedia"))
  end)

  it("can be gone back to, after a button, and back again", function()
    clock:jump("1d")
    anna:says("Клик")
    clock:advance("31s")
    local list = documents()
    admin:sends { text = "/restore", reply_to_message_id = list[1].message_id }
    admin:sees("Go back to that backup?")
    anna:says("Клик")
    anna:sees("Кликов: 3")
    admin:press("Go back to it")
    admin:sees("Done: the bots know what they knew then")
    anna:says("Клик")
    anna:sees("Кликов: 2")
    clock:advance("31s")
    bot:restart()
    anna:says("Клик")
    anna:sees("Кликов: 3")
    admin:sends { text = "/restore", reply_to_message_id = list[2].message_id }
    admin:press("Go back to it")
    admin:sees("Done: the bots know what they knew then")
    anna:says("Клик")
    anna:sees("Кликов: 4") -- what was saved before the first step back
  end)

  it("of an earlier day is gone back to from the list of /history", function()
    admin:says "/history"
    admin:sees "There are no backups of earlier days yet"
    clock:advance "1d"
    anna:says "Клик"
    clock:advance "31s"
    admin:says "/history"
    admin:sees "Backups of earlier days"
    local rows = admin:messages()[#admin:messages()].reply_markup.inline_keyboard
    assert.equal(1, #rows)
    assert.matches("^Back to 20%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d UTC$", rows[1][1].text)
    admin:press(rows[1][1].text)
    admin:sees "Go back to that backup?"
    admin:press "Go back to it"
    admin:sees "Done: the bots know what they knew then"
    anna:says "Клик"
    anna:sees "Кликов: 2"
  end)

  it("is gone back to once for each /restore", function()
    admin:sends { text = "/restore", reply_to_message_id = documents()[1].message_id }
    admin:sees("Go back to that backup?")
    admin:press("Go back to it")
    admin:sees("Done: the bots know what they knew then")
    anna:says("Клик")
    anna:sees("Кликов: 2")
    admin:press("Go back to it")
    admin:sees("That button is over")
    anna:says("Клик")
    anna:sees("Кликов: 3")
  end)

  it("is not gone back to by anybody else, nor without a document", function()
    admin:says("/restore")
    admin:sees("Reply with /restore to the backup document")
    anna:says("/restore")
    anna:says("/backup")
    anna:says("Клик")
    anna:sees("Кликов: 2")
    admin:says("/backup")
    admin:sees("Saved in message " .. documents()[1].message_id)
  end)

  it("that is no backup is not gone back to", function()
    local message = admin:sends { document = { name = "cat.txt", bytes = "miaow" } }
    admin:sends { text = "/restore", reply_to_message_id = message.message_id }
    admin:press("Go back to it")
    admin:sees("I did not go back: ")
    anna:says("Клик")
    anna:sees("Кликов: 2")
  end)
end)

-- What a message can do besides answering with a text.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local HEAD = 'local text, telegram, keyboard, message = require "text", require "telegram", require "keyboard", ... '

local function says(lua) anna:says(HEAD .. lua .. ' return "done"') anna:sees "done" end

local function returns(expected, lua)
  anna:says(HEAD .. lua)
  local seen = anna:saw()
  assert.equal(expected, seen[#seen])
end

local function requests(method)
  local list = {}
  for i, request in ipairs(telegram:requests(method)) do list[i] = request.parameters end
  return list
end

describe("a message", function()
  local FILES = { photo = "sendPhoto", document = "sendDocument", video = "sendVideo", voice = "sendVoice",
    audio = "sendAudio", animation = "sendAnimation", video_note = "sendVideoNote", sticker = "sendSticker" }
  for name, method in pairs(FILES) do
    it("is answered with a file of the kind " .. name, function()
      says(('message:answer_%s(telegram.bytes("x", "a.webp"))'):format(name))
      assert.equal(1, #telegram:requests(method))
      assert.truthy(anna:messages()[1][name])
    end)
  end

  it("is answered with a caption, formatted or not, and with options", function()
    says [[message:answer_photo(telegram.bytes("x", "a.png"), text.bold "Луна", { has_spoiler = true })
      message:answer_photo(telegram.bytes("x", "a.png"), { caption = "Марс" })
      message:answer_photo(telegram.bytes("x", "a.png"), "Земля")]]
    local seen = anna:messages()
    assert.same({ "Луна", "Марс", "Земля" }, { seen[1].caption, seen[2].caption, seen[3].caption })
    assert.same({ "bold", true }, { seen[1].caption_entities[1].type, seen[1].has_media_spoiler })
  end)

  it("is answered with a place, and shows that the bot is busy", function()
    says "message:typing() message:typing 'upload_photo' message:answer_location(55.75, 37.62)"
    assert.truthy(anna:messages()[1].location)
    assert.same({ "typing", "upload_photo" }, { requests("sendChatAction")[1].action, requests("sendChatAction")[2].action })
  end)

  it("has a field as before where it is of that kind", function()
    returns("nil nil nil", 'return ("%s %s %s"):format(message.photo, message.location, message.sticker)')
  end)

  it("is copied and forwarded, and the copy has methods", function()
    says [[local sent = message:answer "one" sent:copy(message.chat.id):edit "two"
      assert(sent:forward(message.chat.id).forward_origin)]]
    assert.same({ "one", "two", "one", "done" }, anna:saw())
  end)

  it("is reacted to, and pinned", function()
    says [[message:react "👍" message:react { "🔥" } message:react()
      local sent = message:answer "pin me" sent:pin { disable_notification = true } sent:unpin()]]
    local seen = requests "setMessageReaction"
    assert.matches("👍", seen[1].reaction)
    assert.matches("🔥", seen[2].reaction)
    assert.equal("[]", seen[3].reaction)
    assert.same({ 1, 1 }, { #telegram:requests "pinChatMessage", #telegram:requests "unpinChatMessage" })
  end)

  it("has its caption, its file and its buttons changed", function()
    says [[local sent = message:answer_photo(telegram.bytes("x", "a.png"), "old", {
        reply_markup = keyboard.inline { { "b" } } })
      sent:edit "new"
      sent:edit_media { type = "photo", media = telegram.bytes("yy", "b.png"), caption = "newer" }
      sent:edit_buttons(keyboard.inline { { "c" } })]]
    local seen = anna:messages()[1]
    assert.same({ "newer", "c" }, { seen.caption, seen.reply_markup.inline_keyboard[1][1].text })
    says "message:answer('x', { reply_markup = keyboard.inline { { 'b' } } }):edit_buttons()"
    assert.is_nil(anna:messages()[3].reply_markup)
  end)

  it("of an album has methods, too", function()
    says [[local album = telegram.send_media_group{ chat_id = message.chat.id, media = {
        { type = "photo", media = telegram.bytes("x", "a.png") }, { type = "photo", media = telegram.bytes("y", "b.png") } } }
      album[2]:reply "this one"]]
    assert.truthy(anna:messages()[3].reply_to_message)
  end)

  it("says what it is", function()
    local first = 'message %d+ in chat ' .. anna.id
    anna:says [[return tostring(...)]]
    anna:sees { pattern = "^" .. first .. ': "return tostring' }
    anna:says(HEAD .. [[return tostring(message:answer_photo(telegram.bytes("x", "a.png"), "Луна"))]])
    anna:sees { pattern = "^" .. first .. ': %[photo%] "Луна"$' }
    anna:says(HEAD .. [[return tostring(message:answer_location(1, 2))]])
    anna:sees { pattern = "^" .. first .. ": %[location%]$" }
  end)

  it("is edited where only its id is known: a copy of a text or of a photo", function()
    says [[local photo = message:answer_photo(telegram.bytes("x", "a.png"), "Луна")
      local function copy(id)
        return telegram.copy_message{ chat_id = message.chat.id, from_chat_id = message.chat.id, message_id = id }
      end
      assert(copy(photo.message_id):edit "Марс") assert(photo:copy(message.chat.id):edit "Земля")
      assert(copy(message:answer("x").message_id):edit "Солнце")]]
    local seen = anna:messages()
    assert.same({ "Луна", "Марс", "Земля" }, { seen[1].caption, seen[2].caption, seen[3].caption })
    assert.equal("Солнце", seen[5].text)
    assert.equal(0, #bot:log "nobody looked at its error")
  end)

  it("is no failure that is kept quiet where its copy can't be edited", function()
    says [[local copy = message:answer("x"):copy(message.chat.id) copy:edit "y" copy:edit "y"]]
    assert.equal(1, #bot:log "nobody looked at its error")
  end)

  it("is found by get_chat where it is pinned, with its methods", function()
    says [[message:answer("one"):pin() telegram.get_chat{ chat_id = message.chat.id }.pinned_message:edit "two"]]
    assert.equal("two", anna:saw()[1])
  end)

  it("says what it is in a list, and so does a result that is none", function()
    says [[print(telegram.send_media_group{ chat_id = message.chat.id, media = {
        { type = "photo", media = telegram.bytes("x", "a.png") }, { type = "photo", media = telegram.bytes("y", "b.png") } } })
      print(telegram.get_chat{ chat_id = message.chat.id })]]
    assert.equal(1, #bot:log "list of 2: message %d+ in chat %d+: %[photo%], message %d+ in chat %d+: %[photo%]")
    assert.equal(1, #bot:log 'msg="{.*:')
  end)

  it("has a hint for a misspelt method", function()
    anna:says "local message = ... message:answer_foto('x')"
    anna:sees_nothing()
    assert.equal(1, #bot:log "did you mean answer_photo%?")
  end)
end)

describe("what happens to a message", function()
  scripts "message/bot.lua"

  it("leaves a pinned message with its methods", function()
    local group = telegram:supergroup("Луна", { anna })
    group:makes({ id = 123456789 }, "administrator", { can_pin_messages = true })
    anna:says("pin", group)
    group:sees "it was pinned"
  end)

  it("answers a button by a window", function()
    anna:says "button"
    anna:press "open"
    local words, answer = anna:popup()
    assert.same({ "a window", true }, { words, answer.show_alert })
  end)
end)

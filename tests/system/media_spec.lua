-- Files of every kind go up, are shown, come down again, and can be sent anew by their id.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

local file = bot_client.file

describe("a file in the sandbox", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local kinds = {
    { "sendPhoto", "photo", "a.png" },
    { "sendDocument", "document", "a.txt" },
    { "sendVideo", "video", "a.mp4" },
    { "sendAudio", "audio", "a.mp3" },
    { "sendVoice", "voice", "a.ogg" },
    { "sendVideoNote", "video_note", "a.mp4" },
    { "sendAnimation", "animation", "a.gif" },
    { "sendSticker", "sticker", "a.webp" },
  }

  for _, kind in ipairs(kinds) do
    local method, member, name = table.unpack(kind)
    it("sent by " .. method .. " comes back byte for byte, and again by its id", function()
      local message = api[method] { chat_id = anna.id, [member] = file(name, "bytes of " .. name), caption = "look" }
      local shown = member == "photo" and message.photo[1] or message[member]
      assert.equal("bytes of " .. name, api:download(shown.file_id))
      local has_caption = member ~= "sticker" and member ~= "video_note"
      assert.equal(has_caption and "look" or nil, message.caption)
      local again = api[method] { chat_id = anna.id, [member] = shown.file_id }
      assert.same(shown, member == "photo" and again.photo[1] or again[member])
      assert.same({ member }, { telegram:messages(anna.id)[2][member] and member })
    end)

    it("that is missing from " .. method .. " is told in Telegram's words", function()
      local words = member:gsub("_", " ")
      assert.equal(("Bad Request: there is no %s in the request"):format(words), (api:refusal(method, { chat_id = anna.id })))
      local other = member == "document" and "photo" or "document"
      local id = api[other == "photo" and "sendPhoto" or "sendDocument"] { chat_id = anna.id, [other] = file("x.txt", "x") }
      local shown = other == "photo" and id.photo[1] or id.document
      local refusal = api:refusal(method, { chat_id = anna.id, [member] = shown.file_id })
      assert.matches("can't use file of type %a+ as %a+", refusal)
    end)
  end

  it("has the properties that the bot gives it, and a thumbnail", function()
    local video = api.sendVideo {
      chat_id = anna.id, video = file("moon.mp4", "v"), thumbnail = file("t.jpg", "thumb"),
      duration = 7, width = 16, height = 9,
      has_spoiler = true, show_caption_above_media = true,
    }
    assert.same({ 7, 16, 9, "video/mp4", "moon.mp4" },
      { video.video.duration, video.video.width, video.video.height, video.video.mime_type, video.video.file_name })
    assert.equal("thumb", api:download(video.video.thumbnail.file_id))
    assert.is_true(video.has_media_spoiler)
    assert.is_true(video.show_caption_above_media)
    local audio = api.sendAudio { chat_id = anna.id, audio = file("a.mp3", "a"), performer = "Луна", title = "Тишина" }.audio
    assert.same({ "Луна", "Тишина", 0 }, { audio.performer, audio.title, audio.duration })
  end)

  it("sent as a document becomes what it is, unless the bot forbids it", function()
    local animation = api.sendDocument { chat_id = anna.id, document = file("a.gif", "gif") }
    assert.equal(animation.animation.file_id, animation.document.file_id)
    assert.is_truthy(api.sendDocument { chat_id = anna.id, document = file("a.mp4", "v") }.video)
    local again = api.sendDocument { chat_id = anna.id, document = animation.animation.file_id }
    assert.equal(animation.animation.file_id, again.animation.file_id)
    local plain = api.sendDocument { chat_id = anna.id, document = file("a.gif", "g"), disable_content_type_detection = true }
    assert.is_nil(plain.animation)
    assert.equal("image/gif", plain.document.mime_type)
  end)

  it("named by a URL is taken for granted, unless Telegram could not fetch it", function()
    local photo = api.sendPhoto { chat_id = anna.id, photo = "https://telegram.org/moon.jpg?size=1" }
    assert.equal("these bytes stand for https://telegram.org/moon.jpg?size=1", api:download(photo.photo[1].file_id))
    assert.equal("moon.pdf", api.sendDocument({ chat_id = anna.id, document = "telegram.org/moon.pdf" }).document.file_name)
    assert.equal("Bad Request: wrong type of the web page content",
      (api:refusal("sendDocument", { chat_id = anna.id, document = "https://telegram.org/moon.txt" })))
    assert.equal("Bad Request: invalid file HTTP URL specified: Unsupported URL protocol",
      (api:refusal("sendPhoto", { chat_id = anna.id, photo = "ftp://telegram.org/a.jpg" })))
    for _, url in ipairs { "http://127.0.0.1/a.jpg", "https://nowhere.invalid/a.jpg" } do
      local refusal = api:refusal("sendPhoto", { chat_id = anna.id, photo = url })
      assert.equal("Bad Request: failed to get HTTP URL content", refusal)
    end
  end)

  it("goes in an album, with only files of its sort", function()
    local album = api.sendMediaGroup {
      chat_id = anna.id, one = file("1.jpg", "1"), two = file("2.mp4", "2"),
      media = { { type = "photo", media = "attach://one", caption = "a" },
        { type = "video", media = "attach://two", duration = 3 } },
    }
    assert.same({ "a", 3 }, { album[1].caption, album[2].video.duration })
    assert.equal(album[1].media_group_id, album[2].media_group_id)
    local boris = telegram:person "Boris"
    api.forwardMessages {
      chat_id = boris.id, from_chat_id = anna.id, message_ids = { album[1].message_id, album[2].message_id },
    }
    local forwarded = telegram:messages(boris.id)
    assert.equal(forwarded[1].media_group_id, forwarded[2].media_group_id)
    assert.not_equal(album[1].media_group_id, forwarded[1].media_group_id)
    local id, photo = album[2].video.file_id, album[1].photo[1].file_id
    assert.equal("Bad Request: audio can't be mixed with other media types", (api:refusal("sendMediaGroup", {
      chat_id = anna.id, one = file("a.mp3", "a"),
      media = { { type = "audio", media = "attach://one" }, { type = "video", media = id } },
    })))
    assert.equal([[Bad Request: can't parse InputMedia: type "animation" can't be used in sendMediaGroup]],
      (api:refusal("sendMediaGroup", { chat_id = anna.id, a = file("a.gif", "g"),
        media = { { type = "animation", media = "attach://a" }, { type = "photo", media = photo } } })))
  end)

  it("is exchanged by an edit for one of another kind, but not in an album or for a voice", function()
    local message = api.sendPhoto { chat_id = anna.id, photo = file("a.jpg", "a") }
    local edited = api.editMessageMedia { chat_id = anna.id, message_id = message.message_id,
      media = { type = "audio", media = "attach://new", title = "x" }, new = file("a.mp3", "b") }
    assert.equal("x", edited.audio.title)
    assert.is_nil(edited.photo)
    local voice = api.sendVoice { chat_id = anna.id, voice = file("a.ogg", "a") }
    assert.equal("Bad Request: message media can't be edited", (api:refusal("editMessageMedia", { chat_id = anna.id,
      message_id = voice.message_id, media = { type = "photo", media = message.photo[1].file_id } })))
    assert.equal("c", api.editMessageCaption { chat_id = anna.id, message_id = voice.message_id, caption = "c" }.caption)
  end)

  it("that a person sends can be downloaded, whatever its kind", function()
    for _, kind in ipairs(kinds) do telegram:post("messages", { chat_id = anna.id, kind = kind[2] }) end
    for i, message in ipairs(api:updates "message") do
      local shown = message[kinds[i][2]]
      assert.is_true(#api:download((shown.file_id or shown[1].file_id)) > 0)
    end
  end)
end)

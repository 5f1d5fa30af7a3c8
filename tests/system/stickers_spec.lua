-- Sets of stickers: made, shown, rearranged and deleted; every sticker knows its set.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

local file = bot_client.file

describe("a sticker set in the sandbox", function()
  local telegram, api, anna, name
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
    name = "moon_by_" .. api.getMe().username
  end)
  after_each(world.finish)

  local function make(more)
    local parameters = { user_id = anna.id, name = name, title = "Moon", one = file("1.webp", "1"), two = file("2.webp", "2"),
      stickers = { { sticker = "attach://one", format = "static", emoji_list = { "🌝" } },
        { sticker = "attach://two", format = "static", emoji_list = { "🌚" } } } }
    for key, value in pairs(more or {}) do parameters[key] = value end
    return api.createNewStickerSet(parameters)
  end
  local function emoji()
    local all = {}
    for i, sticker in ipairs(api.getStickerSet({ name = name }).stickers) do all[i] = sticker.emoji end
    return all
  end

  it("is made of uploads, and its stickers are sent by their ids", function()
    make()
    local set = api.getStickerSet { name = name }
    assert.same({ "Moon", "regular", 2, "🌝" }, { set.title, set.sticker_type, #set.stickers, set.stickers[1].emoji })
    local sent = api.sendSticker { chat_id = anna.id, sticker = set.stickers[2].file_id }
    assert.same({ name, "🌚", "regular" }, { sent.sticker.set_name, sent.sticker.emoji, sent.sticker.type })
    assert.equal("2", api:download(sent.sticker.file_id))
  end)

  it("is rearranged sticker by sticker", function()
    make()
    local uploaded = api.uploadStickerFile { user_id = anna.id, sticker_format = "static", sticker = file("3.webp", "3") }
    local input = { sticker = uploaded.file_id, format = "static", emoji_list = { "⭐" } }
    api.addStickerToSet { user_id = anna.id, name = name, sticker = input }
    assert.same({ "🌝", "🌚", "⭐" }, emoji())
    api.setStickerPositionInSet { sticker = uploaded.file_id, position = 0 }
    assert.same({ "⭐", "🌝", "🌚" }, emoji())
    api.setStickerEmojiList { sticker = uploaded.file_id, emoji_list = { "🌟" } }
    local second = api.getStickerSet({ name = name }).stickers[2].file_id
    api.deleteStickerFromSet { sticker = second }
    assert.same({ "🌟", "🌚" }, emoji())
    api.setStickerSetTitle { name = name, title = "Stars" }
    api.setStickerSetThumbnail { name = name, user_id = anna.id, format = "static", thumbnail = file("t.webp", "t") }
    local set = api.getStickerSet { name = name }
    assert.same({ "Stars", "t" }, { set.title, api:download(set.thumbnail.file_id) })
    api.deleteStickerSet { name = name }
    assert.equal("Bad Request: STICKERSET_INVALID", (api:refusal("getStickerSet", { name = name })))
  end)

  it("of custom emoji gives each an id", function()
    make { sticker_type = "custom_emoji" }
    local id = api.getStickerSet({ name = name }).stickers[1].custom_emoji_id
    assert.same({ "🌝", id }, { api.getCustomEmojiStickers({ custom_emoji_ids = { id, "1" } })[1].emoji,
      api.getCustomEmojiStickers({ custom_emoji_ids = { id } })[1].custom_emoji_id })
  end)

  it("is refused where its name is another's, or it has no stickers", function()
    make()
    local function refusal(more)
      local parameters = { user_id = anna.id, name = name, title = "a", stickers = "[]" }
      for key, value in pairs(more or {}) do parameters[key] = value end
      return (api:refusal("createNewStickerSet", parameters))
    end
    assert.equal("Bad Request: sticker set name is already occupied", refusal())
    assert.equal("Bad Request: invalid sticker set name is specified", refusal { name = "moon" })
    assert.equal("Bad Request: STICKERS_EMPTY", refusal { name = "x_by_" .. api.getMe().username })
    assert.equal("Bad Request: STICKER_INVALID", (api:refusal("deleteStickerFromSet", { sticker = "nothing" })))
  end)
end)

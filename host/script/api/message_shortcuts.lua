-- More methods of messages: what is sent to the message's chat besides texts, and what is done to the message itself.
local markup = require "core.markup"
local script = require "core.script"
local thread = require "core.thread"

-- A method can't have the name of a field: message.photo tells whether the message has one.
local FILES = { -- parameter -> Telegram's method, and whether it takes a caption
  photo = { "sendPhoto", true }, document = { "sendDocument", true }, video = { "sendVideo", true },
  voice = { "sendVoice", true }, audio = { "sendAudio", true }, animation = { "sendAnimation", true },
  sticker = { "sendSticker", false }, video_note = { "sendVideoNote", false },
}

local function merge(defaults, options)
  for name, value in pairs(options or {}) do defaults[name] = value end
  return defaults
end

-- The chat of a message, and the part of it to which the message belongs.
local function place_of(message)
  local place = thread.parameters(message)
  place.chat_id = message.chat.id
  return place
end

-- The message itself.
local function self_of(message)
  return { business_connection_id = message.business_connection_id, chat_id = message.chat.id, message_id = message.message_id }
end

local function add_files(Message, check, ask_telegram)
  for parameter, item in pairs(FILES) do
    local method, has_caption = table.unpack(item)
    local name = "answer_" .. parameter
    --- message:answer_photo(file, "caption", { ... }), message:answer_photo(file, { ... }): a file, a file_id or an address.
    Message[name] = function(self, file, caption, options)
      check(self, Message, name)
      if file == nil then script.misuse(("message:%s: a file, a file_id or an address expected"):format(name)) end
      if not has_caption or type(caption) == "table" and not markup.is_formatted(caption) then
        caption, options = nil, caption
      end
      return ask_telegram(method, merge(merge(place_of(self), { [parameter] = file, caption = caption }), options))
    end
  end
end

local function add_sending(Message, check, ask_telegram)
  add_files(Message, check, ask_telegram)

  function Message:answer_location(latitude, longitude, options)
    check(self, Message, "answer_location")
    return ask_telegram("sendLocation", merge(merge(place_of(self), { latitude = latitude, longitude = longitude }), options))
  end

  --- Shows for some seconds that the bot is busy; action: "upload_photo" and so on.
  function Message:typing(action)
    check(self, Message, "typing")
    return ask_telegram("sendChatAction", merge(place_of(self), { action = action or "typing" }))
  end

  local function elsewhere(method, name)
    return function(self, chat_id, options)
      check(self, Message, name)
      if chat_id == nil then script.misuse(("message:%s: the id of a chat expected"):format(name)) end
      return ask_telegram(method, merge({ chat_id = chat_id, from_chat_id = self.chat.id, message_id = self.message_id },
        options))
    end
  end
  --- message:copy(chat_id), message:forward(chat_id): the message once more, in another chat.
  Message.copy = elsewhere("copyMessage", "copy")
  Message.forward = elsewhere("forwardMessage", "forward")
end

local function reactions_of(emoji)
  local list = {}
  for i, each in ipairs(type(emoji) == "table" and emoji or { emoji }) do
    list[i] = type(each) == "table" and each or { type = "emoji", emoji = each }
  end
  return list
end

local function add_acting(Message, check, ask_telegram)
  --- message:react("👍"), message:react{ "👍", "🔥" }; without an emoji: the reaction is taken back.
  function Message:react(emoji, options)
    check(self, Message, "react")
    local parameters = { chat_id = self.chat.id, message_id = self.message_id, reaction = reactions_of(emoji) }
    return ask_telegram("setMessageReaction", merge(parameters, options))
  end

  function Message:pin(options)
    check(self, Message, "pin")
    return ask_telegram("pinChatMessage", merge(self_of(self), options))
  end

  function Message:unpin(options)
    check(self, Message, "unpin")
    return ask_telegram("unpinChatMessage", merge(self_of(self), options))
  end

  --- message:edit_media({ type = "photo", media = file }): another file in the place of the one that is there.
  function Message:edit_media(media, options)
    check(self, Message, "edit_media")
    if type(media) ~= "table" then
      script.misuse 'message:edit_media: a table such as { type = "photo", media = file } expected'
    end
    return ask_telegram("editMessageMedia", merge(merge(self_of(self), { media = media }), options))
  end

  --- message:edit_buttons(keyboard.inline{ ... }); without a keyboard: the buttons go.
  function Message:edit_buttons(keyboard, options)
    check(self, Message, "edit_buttons")
    return ask_telegram("editMessageReplyMarkup", merge(merge(self_of(self), { reply_markup = keyboard }), options))
  end
end

--- Adds the methods to the class. check and ask_telegram are message.lua's.
return function(Message, check, ask_telegram)
  add_sending(Message, check, ask_telegram)
  add_acting(Message, check, ask_telegram)
end

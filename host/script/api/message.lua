-- Methods on messages and callback queries, as they come from Telegram.
local core = require "core.telegram"
local defaults = require "core.defaults"
local dialogue = require "core.dialogue"
local live_text = require "core.live_text"
local markup = require "core.markup"
local key_of = require("core.dialogue_key").of
local script = require "core.script"
local add_shortcuts = require "core.message_shortcuts"
local spelling = require "core.spelling"
local thread = require "core.thread"

local call = core.call
local is_text, metatable_of, put_metatable = script.is_text, script.metatable_of, script.put_metatable
local encode = require("json").encode

local message = {}

-- The methods, and the metatables that give them to a table. Scripts get neither, so what they change in a message stays there.
local Message, Callback = {}, {}
local meta = {
  [Message] = { __index = Message, __name = "message", __metatable = "message" },
  [Callback] = { __index = Callback, __name = "callback_query", __metatable = "callback_query" },
}

local of_message = meta[Message]

local KINDS = [[photo video animation audio document voice video_note sticker location venue contact poll dice game invoice]]
local SHOWN = 60 -- characters of a text, when a message is printed

local function kind_of(self)
  for kind in KINDS:gmatch "%S+" do
    if self[kind] then return "[" .. kind .. "]" end
  end
end

--- print(message): message 7 in chat 1001: "Hello".
meta[Message].__tostring = function(self)
  local text = self.text or self.caption
  local shown = text and ("%q"):format(text:sub(1, (utf8.offset(text, SHOWN + 1) or #text + 1) - 1))
  local words = table.concat({ kind_of(self), shown }, " ", kind_of(self) and 1 or 2, shown and 2 or 1)
  return ("message %s in chat %s%s"):format(tostring(self.message_id), tostring(self.chat and self.chat.id),
    words ~= "" and ": " .. words or "")
end

meta[Callback].__tostring = function(self)
  local from = self.from and self.from.id
  return ("callback_query %q of person %s"):format(tostring(self.data or self.game_short_name), tostring(from))
end

local RESULT_SHOWN = 200 -- bytes of a result that is no message, when it is printed

--- print(telegram.get_chat{...}): its JSON, or the beginning of it.
local result_meta = { __name = "result", __metatable = "result", __tostring = function(self)
  local is_encoded, shown = pcall(encode, self)
  if not is_encoded then return "a result of Telegram" end
  if #shown <= RESULT_SHOWN then return shown end
  return shown:sub(1, utf8.offset(shown, 0, RESULT_SHOWN + 1) - 1) .. "…"
end }

-- Adds the options to the parameters, a table that the caller has just made, and returns it.
local function with(parameters, options)
  if options then
    for name, value in pairs(options) do
      parameters[name] = value
    end
  end
  return parameters
end

local function no_method(name)
  script.misuse(("%s is a method: call it with a colon, as in message:%s(...)"):format(name, name))
end

local function check(self, class, name)
  if metatable_of(self) ~= meta[class] then no_method(name) end
end

-- A table would be sent as JSON, which nobody wants to read.
local function check_text(text, name)
  local kind = type(text)
  if kind ~= "table" and kind ~= "userdata" or markup.is_formatted(text) then return end
  script.misuse(("message:%s: the text comes first, and may not be a %s; options are the second argument"):format(name, kind))
end

-- `quiet` is an option of ours: a failure is no warning.
local function ask_telegram(method, parameters)
  local is_quiet = parameters.quiet
  if is_quiet ~= nil then parameters.quiet = nil end
  parameters = markup.spread(parameters)
  spelling.check_parameters(method, parameters)
  return call(method, defaults.add(method, parameters), false, nil, is_quiet, true)
end

-- A plain text that goes with nothing but the parameters that the chat wants, as most do: there is nothing to read or spread.
local function send_plain(parameters)
  if defaults.has_any then parameters = defaults.add("sendMessage", parameters) end
  return call("sendMessage", parameters, false, nil, nil, true)
end

-- Sends a text in as many messages as it needs. The first is the reply, the last one carries the keyboard and is returned. If a
-- message fails, the rest is not sent, so that nobody reads a text with a hole.
local function send_parts(parameters)
  local parts, sent, err = core.split(tostring(parameters.text))
  for i, part in ipairs(parts) do
    local one = with({}, parameters)
    one.text, one.split = part, nil
    if i > 1 then one.reply_parameters = nil end
    if i < #parts then one.reply_markup = nil end
    sent, err = ask_telegram("sendMessage", one)
    if not sent then break end
  end
  return sent, err
end

-- A guest message comes from a chat that the bot is not in. It may be answered once, like an inline query.
local function answer_guest(self, parameters)
  parameters = markup.spread(parameters)
  local content = { message_text = parameters.text }
  for _, name in ipairs { "parse_mode", "entities", "link_preview_options" } do content[name] = parameters[name] end
  return ask_telegram("answerGuestQuery", {
    guest_query_id = self.guest_query_id, quiet = parameters.quiet,
    result = {
      type = "article", id = "answer", title = "answer", reply_markup = parameters.reply_markup,
      input_message_content = content,
    },
  })
end

--- Sends `text` to the message's chat; with { split = true } in as many messages as it needs.
function Message:answer(text, options)
  if metatable_of(self) ~= of_message then no_method "answer" end -- as check(), which costs a call
  local chat = self.chat
  if not chat then
    script.misuse "message:answer: this message is in no chat of the bot; it can only be edited"
  end
  local parameters = thread.parameters(self, { chat_id = chat.id, text = text })
  if not options and is_text(text) and not self.guest_query_id then return send_plain(parameters) end
  check_text(text, "answer")
  with(parameters, options)
  if self.guest_query_id then return answer_guest(self, parameters) end
  if parameters.split and (parameters.parse_mode or parameters.entities or markup.is_formatted(text)) then
    script.misuse("split is for plain text: a cut through parse_mode or entities would break them")
  end
  if parameters.split and text ~= "" then
    parameters.parse_mode = false -- not even by default
    return send_parts(parameters)
  end
  parameters.split = nil
  return ask_telegram("sendMessage", parameters)
end

--- Answers with a reply to this very message.
function Message:reply(text, options)
  check(self, Message, "reply")
  check_text(text, "reply")
  return self:answer(text, with({
    reply_parameters = { message_id = self.message_id, allow_sending_without_reply = true },
  }, options))
end

-- What has a caption in the place of a text.
local WITH_CAPTION = { "photo", "video", "animation", "audio", "document", "voice", "paid_media", "live_photo" }

local function has_caption(self)
  for _, kind in ipairs(WITH_CAPTION) do
    if self[kind] then return true end
  end
  return false
end

local function edit_as(self, method, name, text, options)
  return ask_telegram(method, with({
    business_connection_id = self.business_connection_id,
    chat_id = self.chat and self.chat.id,
    message_id = self.message_id,
    inline_message_id = self.inline_message_id,
    [name] = text,
  }, options))
end

-- A copy, of which Telegram has told no more than its id: only trying tells whether it has a text or a caption.
local function edit_unknown(self, text, options)
  local edited, err = edit_as(self, "editMessageText", "text", text, options)
  if edited or not (core.description_of(err) or ""):find("no text in the message to edit", 1, true) then return edited, err end
  tostring(err) -- looked at: it is no failure
  return edit_as(self, "editMessageCaption", "caption", text, options)
end

--- Changes the text of a message that the bot has sent, or the caption of a file.
function Message:edit(text, options)
  check(self, Message, "edit")
  check_text(text, "edit")
  if has_caption(self) then return edit_as(self, "editMessageCaption", "caption", text, options) end
  if self.chat and not self.date then return edit_unknown(self, text, options) end
  return edit_as(self, "editMessageText", "text", text, options)
end

add_shortcuts(Message, check, ask_telegram)

--- Shows a text while it grows: fn gets a function, and calls it with each part.
function Message:stream(fn, options)
  check(self, Message, "stream")
  if type(fn) ~= "function" then script.misuse "message:stream: a function expected, which gets a function to write with" end
  return live_text.show(fn, type(self.chat.id) ~= "number" or self.chat.id < 0, function(text, more)
    return self:answer(text, more)
  end, function(sent, text, more)
    return sent:edit(text, more)
  end, options or {})
end

function Message:delete(options)
  check(self, Message, "delete")
  if self.business_connection_id then
    return ask_telegram("deleteBusinessMessages", with({
      business_connection_id = self.business_connection_id, message_ids = { self.message_id },
    }, options))
  elseif not self.chat then
    script.misuse "message:delete: this message is in no chat of the bot; it can only be edited"
  end
  return ask_telegram("deleteMessage", with({ chat_id = self.chat.id, message_id = self.message_id }, options))
end

-- ---- dialogues: the same for a message and for a pressed button ----

local function dialogue_methods(class, name, say)
  local function sayer(self)
    return function(text, options) return say(self, text, options) end
  end

  --- Sends the text; the next message of this person in this chat goes to the step, with the data. options: sendMessage's, and
  --- `timeout` in seconds, after which the question is forgotten and the job `expired` begins.
  function class:ask(text, step, data, options)
    check(self, class, "ask")
    return dialogue.ask(key_of(self, name .. ":ask"), sayer(self), text, step, data, options)
  end

  --- Asks the question that this answers once more, with another text if one is given.
  function class:again(text)
    check(self, class, "again")
    return dialogue.again(key_of(self, name .. ":again"), sayer(self), text)
  end

  --- Asks the question before that one, or the first one again; nil where there is none.
  function class:back()
    check(self, class, "back")
    return dialogue.back(key_of(self, name .. ":back"), sayer(self))
  end

  --- Ends the dialogue: true if there was one.
  function class:finish()
    check(self, class, "finish")
    return dialogue.forget(key_of(self, name .. ":finish"))
  end
end

dialogue_methods(Message, "message", Message.answer)
dialogue_methods(Callback, "callback_query", function(self, text, options) return self.message:answer(text, options) end)

--- Answers the press of an inline button: a short notice at the top of the chat, or nothing.
function Callback:answer(text, options)
  check(self, Callback, "answer")
  check_text(text, "answer")
  local parameters = with({ callback_query_id = self.id, text = text }, options)
  if parameters.alert ~= nil then
    parameters.show_alert, parameters.alert = parameters.alert, nil
  end
  return ask_telegram("answerCallbackQuery", parameters)
end

--- Sends `text` to the chat of the button, as a reply to its message.
function Callback:reply(text, options)
  check(self, Callback, "reply")
  if not self.message then
    return nil, "the button's message is not in a chat of the bot"
  end
  return self.message:reply(text, options)
end

--- Changes the text of the message that carries the button.
function Callback:edit(text, options)
  check(self, Callback, "edit")
  if self.message then
    return self.message:edit(text, options)
  end
  return ask_telegram("editMessageText", with({ inline_message_id = self.inline_message_id, text = text }, options))
end

--- Deletes the message that carries the button.
function Callback:delete(options)
  check(self, Callback, "delete")
  if not self.message then
    return nil, "the button's message is not in a chat of the bot"
  end
  return self.message:delete(options)
end

--- Gives a decoded message its methods.
function message.dress(table)
  if table.reply_to_message then
    put_metatable(table.reply_to_message, of_message)
  end
  if table.pinned_message then
    put_metatable(table.pinned_message, of_message)
  end
  return put_metatable(table, of_message)
end

--- Gives a decoded callback query, and its message, their methods.
function message.dress_callback(table)
  if table.message then
    message.dress(table.message)
  end
  return setmetatable(table, meta[Callback])
end

-- Methods that return no more of a message than its id; the chat is the one that was asked for.
local ONLY_IDS = { copyMessage = true, copyMessages = true, forwardMessages = true }

--- A message that a call returns has the same methods as an incoming one: message:answer("..."):edit("..."). So has each one of
--- a list, and what a call has sent to a chat that the bot is not in, which has no chat. method, parameters: of the call.
function message.dress_result(result, method, parameters)
  local chat_id = ONLY_IDS[method] and parameters.chat_id
  local list = result[1] and result or { result }
  for _, each in ipairs(list) do
    if type(each) ~= "table" then return end
    if chat_id and each.message_id then each.chat = each.chat or { id = chat_id } end
    if each.message_id and each.chat or each.inline_message_id then
      message.dress(each)
    elseif not each.message_id and getmetatable(each) == nil then
      if each.pinned_message then message.dress(each.pinned_message) end -- of getChat
      setmetatable(each, result_meta)
    end
  end
end
core.set_dress(message.dress_result)

return message

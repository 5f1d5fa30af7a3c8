-- Methods on messages and callback queries, as they come from Telegram.
local core = require "core.telegram"
local dialogue = require "core.dialogue"
local key_of = require("core.dialogue_key").of
local script = require "core.script"
local spelling = require "core.spelling"

local call = core.call

local message = {}

-- The methods, and the metatables that give them to a table. Scripts get neither, so what they change in a message stays there.
local Message, Callback = {}, {}
local meta = {
  [Message] = { __index = Message, __name = "message", __metatable = "message" },
  [Callback] = { __index = Callback, __name = "callback_query", __metatable = "callback_query" },
}

-- Adds the options to the defaults, a table that the caller has just made, and returns it.
local function with(defaults, options)
  if options then
    for name, value in pairs(options) do
      defaults[name] = value
    end
  end
  return defaults
end

local function check(self, class, name)
  if getmetatable(self) ~= meta[class].__metatable then
    script.misuse(("%s is a method: call it with a colon, as in message:%s(...)"):format(name, name))
  end
end

-- A table would be sent as JSON, which nobody wants to read.
local function check_text(text, name)
  local kind = type(text)
  if kind == "table" or kind == "userdata" then
    script.misuse(("message:%s: the text comes first, and may not be a %s; options are the second argument"):format(name, kind))
  end
end

-- `quiet` is an option of ours: a failure is no warning.
local function ask_telegram(method, parameters)
  local is_quiet = parameters.quiet
  parameters.quiet = nil
  spelling.check_parameters(method, parameters)
  return call(method, parameters, false, nil, is_quiet)
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

--- Sends `text` to the message's chat; with { split = true } in as many messages as it needs.
function Message:answer(text, options)
  check(self, Message, "answer")
  check_text(text, "answer")
  local parameters = with({
    chat_id = self.chat.id,
    text = text,
    message_thread_id = self.is_topic_message and self.message_thread_id or nil,
  }, options)
  if parameters.split and (parameters.parse_mode or parameters.entities) then
    script.misuse("split is for plain text: a cut through parse_mode or entities would break them")
  end
  if parameters.split and text ~= "" then
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

--- Changes the text of a message that the bot has sent.
function Message:edit(text, options)
  check(self, Message, "edit")
  check_text(text, "edit")
  return ask_telegram("editMessageText", with({
    chat_id = self.chat.id,
    message_id = self.message_id,
    text = text,
  }, options))
end

function Message:delete(options)
  check(self, Message, "delete")
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
  return ask_telegram("answerCallbackQuery", with({ callback_query_id = self.id, text = text }, options))
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
  setmetatable(table, meta[Message])
  if table.reply_to_message then
    setmetatable(table.reply_to_message, meta[Message])
  end
  return table
end

--- Gives a decoded callback query, and its message, their methods.
function message.dress_callback(table)
  if table.message then
    message.dress(table.message)
  end
  return setmetatable(table, meta[Callback])
end

-- A message that a call returns has the same methods as an incoming one: message:answer("..."):edit("...").
core.set_dress(function(result)
  if result.message_id and result.chat then
    message.dress(result)
  end
end)

return message

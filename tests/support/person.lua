-- A person in the sandbox, or a group or channel. What a person says goes to the bot, and the person sees the bot's answers.
local until_ = require "tests.support.until"

local person = {}
person.__index = person

function person.new(telegram, fields)
  local self = setmetatable({ telegram = telegram }, person)
  for key, value in pairs(fields) do self[key] = value end
  return self
end

-- Writes into their own chat, or into a group. Returns the message.
function person:says(text, chat) return self:sends({ text = text }, chat) end

-- The same for a message of any kind: { sticker = {} }.
function person:sends(message, chat)
  message.chat_id = (chat or self).id
  if chat then message.from_id = self.id end
  self.telegram.said = self.telegram.said + 1
  return self.telegram:post("messages", message)
end

local function from_bot(message) return message.from and message.from.is_bot end

-- Returns the bot's messages in this chat, oldest first.
function person:messages()
  local messages = {}
  for _, message in ipairs(self.telegram:messages(self.id)) do
    if from_bot(message) then messages[#messages + 1] = message end
  end
  return messages
end

-- Returns the texts of the bot in this chat. With a count, waits until there are so many.
function person:saw(count)
  local texts
  until_(function()
    texts = {}
    for i, message in ipairs(self:messages()) do texts[i] = message.text or "(no text)" end
    return #texts >= (count or 0)
  end, function()
    return ("%d messages for %s, who saw: %s"):format(count, self.first_name or self.title, table.concat(texts, " | "))
  end)
  return texts
end

-- Waits for the last message with a text.
function person:sees_last(text)
  until_(function()
    local texts = self:saw()
    return texts[#texts] == text
  end, function() return ("%q as the last; seen: %s"):format(text, table.concat(self:saw(), " | ")) end)
end

-- Returns the labels of the last reply keyboard, in rows.
function person:keyboard()
  local messages = self:messages()
  for i = #messages, 1, -1 do
    local markup = messages[i].reply_markup
    if markup and markup.keyboard then
      local rows = {}
      for r, row in ipairs(markup.keyboard) do
        rows[r] = {}
        for c, button in ipairs(row) do rows[r][c] = button.text or button end
      end
      return rows, markup
    end
  end
end

-- Presses a button by its label, of the reply keyboard or under a message.
function person:presses(label)
  for _, row in ipairs(self:keyboard() or {}) do
    for _, text in ipairs(row) do
      if text == label then return self:says(label) end
    end
  end
  local messages = self:messages()
  for i = #messages, 1, -1 do
    for _, row in ipairs(messages[i].reply_markup and messages[i].reply_markup.inline_keyboard or {}) do
      for _, button in ipairs(row) do
        if button.text == label then
          local press = { chat_id = self.id, message_id = messages[i].message_id, data = button.callback_data }
          return self.telegram:post("callbacks", press)
        end
      end
    end
  end
  error(("%s has no button %q"):format(self.first_name, label), 2)
end

return person

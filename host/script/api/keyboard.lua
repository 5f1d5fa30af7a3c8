-- keyboard: makes reply_markup from a list of rows, each a list of buttons, as they stand on the screen.
local button_data = require "core.button_data"
local log = require "log"

local keyboard = {}

local WARNINGS_MAX = 20
local warned, warning_count = {}, 0

-- A button of a reply keyboard sends its label, but clients cut off blanks around it: bot.text(" Yes ") would wait in vain.
local function check_label(label)
  if not label:find "^%s" and not label:find "%s$" or warned[label] or warning_count == WARNINGS_MAX then return end
  warned[label], warning_count = true, warning_count + 1
  log.warn(("keyboard.reply: people's apps cut off the blanks around the label %q"):format(label))
end

local function rows_of(rows, button)
  local result = {}
  for i, row in ipairs(rows) do
    if type(row) ~= "table" or row.text then
      row = { row }
    end
    local buttons = {}
    for j, item in ipairs(row) do
      buttons[j] = button(item)
    end
    result[i] = buttons
  end
  return result
end

local function with(markup, options)
  for name, value in pairs(options or {}) do
    markup[name] = value
  end
  return markup
end

local function reply_button(item)
  local button = type(item) == "table" and item or { text = tostring(item) }
  if type(button.text) == "string" then check_label(button.text) end
  return button
end

local function inline_button(item)
  if type(item) ~= "table" then
    return { text = tostring(item), callback_data = tostring(item) }
  end
  if item.text then
    return item
  end
  if item[3] ~= nil then
    return { text = tostring(item[1]), callback_data = button_data.encode(item[2], item[3]) }
  end
  return { text = tostring(item[1]), callback_data = tostring(item[2] or item[1]) }
end

--- Buttons below the input field: keyboard.reply{ "Yes", "No" } has two rows, keyboard.reply{ { "Yes", "No" } } has one.
--- Resized to their content unless options say resize_keyboard = false.
function keyboard.reply(rows, options)
  return with({ keyboard = rows_of(rows, reply_button), resize_keyboard = true }, options)
end

--- Buttons under a message: keyboard.inline{ { { "Delete", "delete:7" }, { text = "Site", url = "https://..." } } }.
--- A button is { text, callback_data }, a Telegram InlineKeyboardButton, or a text that is its own callback_data; or
--- { text, name, value } for bot.button(name, fn), where the value may be a table of any size.
function keyboard.inline(rows)
  return { inline_keyboard = rows_of(rows, function(item) return inline_button(item) end) }
end

--- Takes away the buttons below the input field.
function keyboard.remove(options)
  return with({ remove_keyboard = true }, options)
end

return keyboard

-- keyboard: makes reply_markup from a list of rows, each a list of buttons, as they stand on the screen.
local button_data = require "core.button_data"
local core = require "core.script"
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

-- A label, or the data of a button. A table here is a mistake in the brackets, and would be shown as "table: 0x55...".
local function text_of(value, name, what)
  if type(value) ~= "string" and type(value) ~= "number" then
    core.misuse(("keyboard.%s: the %s of a button must be a text, not a %s"):format(name, what, type(value)))
  end
  return tostring(value)
end

local function rows_of(rows, name, button)
  if type(rows) ~= "table" then
    core.misuse(("keyboard.%s: a list of rows expected, not a %s"):format(name, type(rows)))
  end
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

local function with(markup, options, name)
  if options ~= nil and type(options) ~= "table" then
    core.misuse(("keyboard.%s: the options must be a table, not a %s"):format(name, type(options)))
  end
  for key, value in pairs(options or {}) do
    markup[key] = value
  end
  return markup
end

local function reply_button(item)
  local button = type(item) == "table" and item or { text = text_of(item, "reply", "label") }
  if type(button.text) == "string" then check_label(button.text) end
  return button
end

local function inline_button(item)
  if type(item) ~= "table" then
    local label = text_of(item, "inline", "label")
    return { text = label, callback_data = label }
  end
  if item.text then
    return item
  end
  local label = text_of(item[1], "inline", "label")
  if item[3] ~= nil then
    return { text = label, callback_data = button_data.encode(item[2], item[3]) }
  end
  return { text = label, callback_data = text_of(item[2] or label, "inline", "data") }
end

--- Buttons below the input field: keyboard.reply{ "Yes", "No" } has two rows, keyboard.reply{ { "Yes", "No" } } has one.
--- Resized to their content unless options say resize_keyboard = false.
function keyboard.reply(rows, options)
  return with({ keyboard = rows_of(rows, "reply", reply_button), resize_keyboard = true }, options, "reply")
end

--- Buttons under a message: keyboard.inline{ { { "Delete", "delete:7" }, { text = "Site", url = "https://..." } } }.
--- A button is { text, callback_data }, a Telegram InlineKeyboardButton, or a text that is its own callback_data; or
--- { text, name, value } for bot.button(name, fn), where the value may be a table of any size.
function keyboard.inline(rows)
  return { inline_keyboard = rows_of(rows, "inline", function(item) return inline_button(item) end) }
end

--- Takes away the buttons below the input field.
function keyboard.remove(options)
  return with({ remove_keyboard = true }, options, "remove")
end

return keyboard

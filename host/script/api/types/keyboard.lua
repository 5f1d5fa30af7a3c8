---@meta keyboard
-- The module keyboard: values for reply_markup, written as they look: a list of rows, each a list of buttons.

---@class keyboard
local keyboard = {}

---@alias keyboard.ReplyButton string|telegram.KeyboardButton

--- A text that is its own data, or { text, data }, or { text, name, value } for bot.button, or Telegram's own.
---@alias keyboard.InlineButton string|any[]|telegram.InlineKeyboardButton

--- Makes buttons below the input field: keyboard.reply{ "Yes", "No" } has two rows, keyboard.reply{ { "Yes", "No" } } has one. A label
--- with blanks around it is a warning, because people's apps cut them off.
---@param rows (keyboard.ReplyButton|keyboard.ReplyButton[])[]
---@param options? telegram.ReplyKeyboardMarkup|table more fields; resize_keyboard is true unless it is given as false
---@return telegram.ReplyKeyboardMarkup
function keyboard.reply(rows, options) end

--- Makes buttons under a message:
--- keyboard.inline { { { "Delete", "delete:7" }, { text = "Site", url = "https://example.org" } } }
--- A button { "Delete", "delete", { id = 7 } } is for bot.button("delete", handler), which gets the table. What does not fit into
--- Telegram's 64 bytes is kept as a row for 30 days.
---@param rows (keyboard.InlineButton|keyboard.InlineButton[])[]
---@return telegram.InlineKeyboardMarkup
function keyboard.inline(rows) end

--- Removes the buttons below the input field.
---@param options? telegram.ReplyKeyboardRemove|table
---@return telegram.ReplyKeyboardRemove
function keyboard.remove(options) end

return keyboard

---@meta _
-- What messages and callback queries can do, beside the fields that Telegram gives them.

---@class telegram.Message
local Message = {}

--- Sends a text to the message's chat, and to its topic where it has one. { split = true }: a plain text longer than 4,096 characters
--- goes in several messages, cut where a reader would pause; the last one carries the keyboard and is what comes back.
---@param text string
---@param options? telegram.SendMessageParameters|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer(text, options) end

--- The same as a reply to this very message.
---@param text string
---@param options? telegram.SendMessageParameters|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:reply(text, options) end

--- Changes the text of a message that the bot has sent.
---@param text string
---@param options? telegram.EditMessageTextParameters|table more parameters of telegram.edit_message_text
---@return telegram.Message? edited
---@return telegram.Error? err
function Message:edit(text, options) end

--- Deletes the message.
---@return boolean? result
---@return telegram.Error? err
function Message:delete() end

---@class telegram.CallbackQuery
---@field message? telegram.Message the one that carries the button
local Callback = {}

--- Ends the button's waiting: with a short notice at the top of the chat, or without. A handler that does not call it need not: the
--- host then answers without a word when the handler has ended.
---@param text? string
---@param options? telegram.AnswerCallbackQueryParameters|table more parameters of telegram.answer_callback_query
---@return boolean? result
---@return telegram.Error? err
function Callback:answer(text, options) end

--- Sends a text to the button's chat, as a reply to its message.
---@param text string
---@param options? telegram.SendMessageParameters|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error|string? err
function Callback:reply(text, options) end

--- Changes the text of the message that carries the button.
---@param text string
---@param options? telegram.EditMessageTextParameters|table more parameters of telegram.edit_message_text
---@return (telegram.Message|boolean)? edited true where the message came by inline mode
---@return telegram.Error? err
function Callback:edit(text, options) end

--- Deletes the message that carries the button.
---@return boolean? result
---@return telegram.Error|string? err
function Callback:delete() end

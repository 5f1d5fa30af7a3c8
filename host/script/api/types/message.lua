---@meta _
-- What messages and callback queries can do, beside the fields that Telegram gives them.

---@class telegram.Message
---@field album? telegram.Message[] where a step gets the first message of an album, and bot.on("album", ...) gathers them: all
local Message = {}

---@class message.AskOptions: telegram.SendMessageParameters
---@field timeout? number seconds until the question is forgotten
---@field expired? string the name of a bot.job that hears that nobody has answered in time: { chat, person, step, data }

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

--- Asks a question: sends the text, and gives the next message of this person in this chat to the step, with the data. It is
--- remembered with what the handler has written, over reload, restart and restore. A command ends the dialogue.
---@param text string
---@param step string the name of a bot.step
---@param data? any what JSON can hold; comes back as the step's second argument
---@param options? message.AskOptions|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:ask(text, step, data, options) end

--- Asks the question that this message answers once more.
---@param text? string in other words
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:again(text) end

--- Asks the question before the one that this message answers; the first one is asked again.
---@return telegram.Message? sent nil where nothing had been asked
---@return telegram.Error|string? err
function Message:back() end

--- Ends the dialogue of this person in this chat.
---@return boolean was_there
function Message:finish() end

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

--- As message:ask; the answer is expected from who has pressed the button.
---@param text string
---@param step string
---@param data? any
---@param options? message.AskOptions|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Callback:ask(text, step, data, options) end

--- As message:again.
---@param text? string
---@return telegram.Message? sent
---@return telegram.Error? err
function Callback:again(text) end

--- As message:back.
---@return telegram.Message? sent
---@return telegram.Error|string? err
function Callback:back() end

--- As message:finish.
---@return boolean was_there
function Callback:finish() end

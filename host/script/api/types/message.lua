---@meta _
-- The methods of messages and of callback queries, beside the fields that Telegram gives them.

---@class telegram.Message
---@field album? telegram.Message[] all messages of the album, where a step gets its first one; needs a route "album"
local Message = {}

--- An option of each method here, beside the parameters of the call.
---@class message.Options
---@field quiet? boolean true: a failure is no warning, though nobody looks at its error

---@class message.AskOptions: telegram.SendMessageParameters
---@field timeout? number seconds until the question is forgotten
---@field expired? string a bot.job that is run if the time is over, with { chat, person, step, data }, and of a thread its parameters, such as message_thread_id

--- Sends a text to the message's chat: in its topic, by its business connection, to its person of a channel's direct messages.
--- A guest message is answered once, which gives a message that can only be edited. With { split = true } a plain text of more than 4,096
--- characters is sent in several messages. The last of them carries the keyboard and is returned.
---@param text string
---@param options? telegram.SendMessageParameters|message.Options|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer(text, options) end

--- Sends a text as a reply to this message.
---@param text string
---@param options? telegram.SendMessageParameters|message.Options|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:reply(text, options) end

--- Changes the text of a message that the bot has sent.
---@param text string
---@param options? telegram.EditMessageTextParameters|message.Options|table more parameters of telegram.edit_message_text
---@return telegram.Message? edited
---@return telegram.Error? err
function Message:edit(text, options) end

--- Deletes the message, for all. Of a business connection: by telegram.delete_business_messages.
---@param options? message.Options
---@return boolean? result
---@return telegram.Error? err
function Message:delete(options) end

--- Asks a question: sends the text, and gives the next message of this person in this chat to the step, with the data. In a
--- topic or a business connection it is the next message there; questions elsewhere stay open. The
--- question is a row, written with the rest of the segment. It survives reload, restart and restore. A command ends the
--- dialogue.
---@param text string
---@param step string the name of a bot.step
---@param data? any a value that JSON can hold; the second argument of the step
---@param options? message.AskOptions|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:ask(text, step, data, options) end

--- Asks the question again that this message answers.
---@param text? string the question in other words
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:again(text) end

--- Goes back: asks the question before the one that this message answers. If that was the first, it is asked again.
---@return telegram.Message? sent nil if nothing had been asked
---@return telegram.Error|string? err
function Message:back() end

--- Ends the dialogue of this person in this chat.
---@return boolean was_there
function Message:finish() end

---@class telegram.CallbackQuery
---@field message? telegram.Message the message that has the button
local Callback = {}

--- Answers the press: the button stops spinning. A text is shown as a short notice at the top of the chat. A handler need not
--- call this: when it ends, the host answers without a text.
---@param text? string
---@param options? telegram.AnswerCallbackQueryParameters|message.Options|table more parameters of telegram.answer_callback_query
---@return boolean? result
---@return telegram.Error? err
function Callback:answer(text, options) end

--- Sends a text to the button's chat, as a reply to its message.
---@param text string
---@param options? telegram.SendMessageParameters|message.Options|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error|string? err
function Callback:reply(text, options) end

--- Changes the text of the message that has the button.
---@param text string
---@param options? telegram.EditMessageTextParameters|message.Options|table more parameters of telegram.edit_message_text
---@return (telegram.Message|boolean)? edited true if the message came by inline mode
---@return telegram.Error? err
function Callback:edit(text, options) end

--- Deletes the message that has the button.
---@param options? message.Options
---@return boolean? result
---@return telegram.Error|string? err
function Callback:delete(options) end

--- As message:ask. The answer is expected from the person who pressed the button.
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

---@meta _
-- The methods of messages and of callback queries, beside the fields that Telegram gives them.

---@class telegram.Message
---@field album? telegram.Message[] all messages of the album, where a step gets its first one; needs a route "album"
local Message = {}

--- An option of each method here, beside the parameters of the call.
---@class message.Options
---@field quiet? boolean true: a failure is no warning, though nobody looks at its error

---@class message.TextOptions: message.Options
---@field split? boolean true: a long plain text is sent in several messages

---@class message.AskOptions: telegram.SendMessageParameters, message.TextOptions
---@field timeout? number seconds until the question is forgotten
---@field expired? string a bot.job that is run if the time is over, with { chat, person, step, data }, and of a thread its parameters, such as message_thread_id

--- Sends a text to the message's chat: in its topic, by its business connection, to its person of a channel's direct messages.
--- A guest message is answered once, which gives a message that can only be edited. With { split = true } a plain text of more than 4,096
--- characters is sent in several messages. The last of them carries the keyboard and is returned.
---@param text string|text.Formatted
---@param options? telegram.SendMessageParameters|message.TextOptions|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer(text, options) end

--- Sends a text as a reply to this message.
---@param text string|text.Formatted
---@param options? telegram.SendMessageParameters|message.TextOptions|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:reply(text, options) end

--- Changes the text of a message that the bot has sent, or the caption of its file.
---@param text string|text.Formatted
---@param options? telegram.EditMessageTextParameters|message.Options|table more parameters of telegram.edit_message_text
---@return telegram.Message? edited
---@return telegram.Error? err
function Message:edit(text, options) end

--- Shows a text while it grows, such as the answer of a language model: sends its beginning, and edits the message once a second
--- (in groups every three) until the function returns. A text that is too long for one message goes on in the next. parse_mode
--- and reply_markup count for the last edit. Returns the last message.
---@param fn fun(write: fun(part: string)) calls write with each part
---@param options? telegram.SendMessageParameters|message.Options|table more parameters of telegram.send_message
---@return telegram.Message? sent nil, too, if nothing was written
---@return telegram.Error? err
function Message:stream(fn, options) end

--- Deletes the message, for all. Of a business connection: by telegram.delete_business_messages.
---@param options? message.Options
---@return boolean? result
---@return telegram.Error? err
function Message:delete(options) end

--- Sends a photo to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param caption? string|text.Formatted|table the options, if there is no caption
---@param options? telegram.SendPhotoParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_photo(file, caption, options) end

--- Sends a file to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param caption? string|text.Formatted|table the options, if there is no caption
---@param options? telegram.SendDocumentParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_document(file, caption, options) end

--- Sends a video to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param caption? string|text.Formatted|table the options, if there is no caption
---@param options? telegram.SendVideoParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_video(file, caption, options) end

--- Sends a voice message to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param caption? string|text.Formatted|table the options, if there is no caption
---@param options? telegram.SendVoiceParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_voice(file, caption, options) end

--- Sends a piece of music to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param caption? string|text.Formatted|table the options, if there is no caption
---@param options? telegram.SendAudioParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_audio(file, caption, options) end

--- Sends an animation to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param caption? string|text.Formatted|table the options, if there is no caption
---@param options? telegram.SendAnimationParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_animation(file, caption, options) end

--- Sends a sticker to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param options? telegram.SendStickerParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_sticker(file, options) end

--- Sends a round video to the message's chat.
---@param file telegram.InputFile|string a file, a file_id or an address
---@param options? telegram.SendVideoNoteParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_video_note(file, options) end

--- Sends a place to the message's chat.
---@param latitude number
---@param longitude number
---@param options? telegram.SendLocationParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:answer_location(latitude, longitude, options) end

--- Shows for some seconds that the bot is busy.
---@param action? string without: "typing"; "upload_photo" and so on
---@return boolean? result
---@return telegram.Error? err
function Message:typing(action) end

--- Sends a copy of the message to another chat.
---@param chat_id integer|string
---@param options? telegram.CopyMessageParameters|message.Options|table
---@return telegram.Message? sent only its message_id and chat, and the methods
---@return telegram.Error? err
function Message:copy(chat_id, options) end

--- Forwards the message to another chat.
---@param chat_id integer|string
---@param options? telegram.ForwardMessageParameters|message.Options|table
---@return telegram.Message? sent
---@return telegram.Error? err
function Message:forward(chat_id, options) end

--- Reacts to the message: message:react("👍"). Without an emoji the reaction is taken back.
---@param emoji? string|(string|telegram.ReactionType)[]
---@param options? telegram.SetMessageReactionParameters|message.Options|table
---@return boolean? result
---@return telegram.Error? err
function Message:react(emoji, options) end

--- Pins the message.
---@param options? telegram.PinChatMessageParameters|message.Options|table
---@return boolean? result
---@return telegram.Error? err
function Message:pin(options) end

--- Takes the pin off the message.
---@param options? telegram.UnpinChatMessageParameters|message.Options|table
---@return boolean? result
---@return telegram.Error? err
function Message:unpin(options) end

--- Puts another file in the place of the one that the message has.
---@param media telegram.InputMedia { type = "photo", media = file, caption = "..." }
---@param options? telegram.EditMessageMediaParameters|message.Options|table
---@return telegram.Message? edited
---@return telegram.Error? err
function Message:edit_media(media, options) end

--- Changes the buttons below the message; without a keyboard they go.
---@param keyboard? telegram.InlineKeyboardMarkup
---@param options? telegram.EditMessageReplyMarkupParameters|message.Options|table
---@return telegram.Message? edited
---@return telegram.Error? err
function Message:edit_buttons(keyboard, options) end

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

---@class message.PopupOptions: message.Options
---@field alert? boolean true: the text in a window

---@class telegram.CallbackQuery
---@field message? telegram.Message the message that has the button
local Callback = {}

--- Answers the press: the button stops spinning. A text is shown as a short notice at the top of the chat, or with
--- { alert = true } in a window. A handler need not call this: when it ends, the host answers without a text.
---@param text? string
---@param options? telegram.AnswerCallbackQueryParameters|message.PopupOptions|table more parameters of telegram.answer_callback_query
---@return boolean? result
---@return telegram.Error? err
function Callback:answer(text, options) end

--- Sends a text to the button's chat, as a reply to its message.
---@param text string|text.Formatted
---@param options? telegram.SendMessageParameters|message.TextOptions|table more parameters of telegram.send_message
---@return telegram.Message? sent
---@return telegram.Error|string? err
function Callback:reply(text, options) end

--- Changes the text of the message that has the button.
---@param text string|text.Formatted
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

---@meta bot
-- The module bot: routes, that is which handler gets which update. Routes are tried in the order in which they were registered.
-- Files are loaded in the order of their names. The first route that matches gets the update.

---@class bot
---@field me? telegram.User the result of getMe; nil under `lunokhod check`
local bot = {}

---@alias bot.MessageHandler fun(message: telegram.Message, ...: string)
---@alias bot.MessageType "message"|"edited_message"|"channel_post"|"edited_channel_post"
---@alias bot.CallbackHandler fun(query: telegram.CallbackQuery, ...: string)

--- Routes a command. bot.command("start", fn) gets /start, /start@this_bot and /start with arguments. A name that no text can have,
--- such as "my-cmd", is an error. A second handler of the same name is a warning, because it would never be called.
---@param name string with or without its slash
---@param handler fun(message: telegram.Message, arguments: string)
---@param description? string|table lists the command in the menu of the chat; by language: { "Start", ru = "Начать" }, where the first text is for everybody else. locale.all makes such a table
function bot.command(name, handler, description) end

--- Routes a message of exactly this text. A button of a reply keyboard sends such a message.
---@param text string
---@param handler fun(message: telegram.Message)
function bot.text(text, handler) end

--- Routes a text that matches the Lua pattern; a malformed one is an error. The handler gets the captures, or the whole match if
--- there are none. A function may stand in the place of the pattern. It sees messages of any kind. The route takes a message for
--- which it returns neither nil nor false, and the handler gets what it has returned.
---@param pattern string|fun(message: telegram.Message): any
---@param handler fun(message: telegram.Message, ...: any)
function bot.match(pattern, handler) end

--- Routes the press of an inline button whose data matches the Lua pattern. The handler gets the captures.
---@param pattern string
---@param handler bot.CallbackHandler
function bot.callback(pattern, handler) end

--- Routes the press of a button { "Delete", "delete", value } of keyboard.inline. The handler gets the value.
---@param name string up to 32 letters, digits and _ . -
---@param handler fun(callback_query: telegram.CallbackQuery, value: any)
---@param expired? fun(callback_query: telegram.CallbackQuery) the value was kept as a row and is gone; without: the press is answered by "⌛"
function bot.button(name, handler, expired) end

--- Routes every update of a type. "message:photo" is a message that has the field photo. "album" is a type of Lunokhod: photos,
--- videos or files that were sent together, as one list. It comes a second after the last of them, and its messages come to no
--- other handler.
---@param update_type telegram.UpdateType|string
---@param handler fun(payload: any)
---@overload fun(update_type: bot.MessageType, handler: fun(message: telegram.Message))
---@overload fun(update_type: "album", handler: fun(messages: telegram.Message[]))
---@overload fun(update_type: "callback_query", handler: fun(query: telegram.CallbackQuery))
---@overload fun(update_type: "inline_query", handler: fun(query: telegram.InlineQuery))
---@overload fun(update_type: "chosen_inline_result", handler: fun(result: telegram.ChosenInlineResult))
---@overload fun(update_type: "poll", handler: fun(poll: telegram.Poll))
---@overload fun(update_type: "poll_answer", handler: fun(answer: telegram.PollAnswer))
---@overload fun(update_type: "my_chat_member"|"chat_member", handler: fun(change: telegram.ChatMemberUpdated))
---@overload fun(update_type: "chat_join_request", handler: fun(request: telegram.ChatJoinRequest))
---@overload fun(update_type: "message_reaction", handler: fun(reaction: telegram.MessageReactionUpdated))
---@overload fun(update_type: "pre_checkout_query", handler: fun(query: telegram.PreCheckoutQuery))
---@overload fun(update_type: "shipping_query", handler: fun(query: telegram.ShippingQuery))
function bot.on(update_type, handler) end

--- Registers a step of dialogues. It gets the answer to message:ask(text, name, data): the next message of the person, of any
--- kind, but no command. A handler that asks nothing more ends the dialogue. A handler that fails before it has saved anything
--- leaves the question open.
---@param name string
---@param handler fun(message: telegram.Message, data: any)
function bot.step(name, handler) end

--- Routes a text that no other route of any script has taken. With a test, only one for which it returns neither nil nor false.
---@param test fun(message: telegram.Message): any the test; the handler if there is only one argument
---@param handler? fun(message: telegram.Message, ...)
function bot.otherwise(test, handler) end

--- Tells that a group has become a supergroup with a new id. The handler changes the id in the script's tables. It is called
--- once for each group. The handlers of all scripts are called, before the update's other handlers, in the same segment.
---@param handler fun(old_id: integer, new_id: integer)
function bot.migrated(handler) end

--- Makes a link that opens the bot's chat. The command /start then has the payload as its arguments. A script's top level can't
--- call this function.
---@param payload string up to 64 characters of A-Z a-z 0-9 _ -
---@return string url
function bot.link(payload) end

--- Makes a link that adds the bot to a group of the person's choice. /start then has the payload as its arguments.
---@param payload string up to 64 characters of A-Z a-z 0-9 _ -
---@return string url
function bot.group_link(payload) end

--- Encodes a text of at most 48 bytes as a payload (base64url).
---@param data string
---@return string payload
function bot.encode_link(data) end

--- Decodes a payload. Returns nil if bot.encode_link did not make it.
---@param payload string
---@return string? data
function bot.decode_link(payload) end

--- Reads a file beside the script, of up to 4 MB: bot.read("texts/help.txt"). It may lie in a directory of the scripts, or below
--- the one of --allow-files.
---@param path string relative to the directory of the script
---@return string? text
---@return string? message
function bot.read(path) end

--- Runs around the handling of every update. next() goes on to the routes. Without next() the update is not routed. An error of
--- what comes after passes through next(). What has been written there since the last wait is then taken back, though the
--- middleware catches the error; what the middleware itself has written stays.
---@param middleware fun(update: telegram.Update, next: fun())
function bot.use(middleware) end

---@class bot.Failure
---@field message string what was raised, with its place in the script; also tostring(err)
---@field traceback string

--- Tells of an update whose handler has failed, also by a limit or its deadline: the place to apologise, or to tell the admin. The
--- failed segment has been rolled back, and the update is a dead letter. The handler runs on its own, with limits of its own. If
--- it fails too, that is only logged.
---@param handler fun(update: telegram.Update, err: bot.Failure)
function bot.failed(handler) end

--- Registers a job for bot.after, bot.every and bot.daily. A job that bot.after has planned is done when its first segment
--- commits. If it fails before that, it is tried again, three times in all.
---@param name string
---@param handler fun(data: any)
function bot.job(name, handler) end

---@class bot.JobOptions
---@field skip? boolean skip a job that is more than a minute late; without, it runs late, once
---@field zone? integer for bot.daily: minutes east of Greenwich, without daylight saving; without: the machine's zone

--- Runs work every so many seconds. The name of a job makes a row, which survives reload, restart and restore. The same job
--- with the same data has one row, however often it is asked for, and runs once a second at most. A function runs as long as
--- the scripts are loaded.
---@param seconds number
---@param work string|fun() the name of a bot.job or a function
---@param data? any a value that JSON can hold; the job gets it
---@param options? bot.JobOptions
---@return integer? id for bot.cancel
function bot.every(seconds, work, data, options) end

--- Runs work once a day, also on the days on which the machine's clocks change. A time that is left out on such a day comes as
--- much later; of one that comes twice, it is the first.
---@param time string "09:30"
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.daily(time, work, data, options) end

--- Runs work once, so many seconds from now. The name of a job makes a row, which is written in the transaction of the segment.
---@param seconds number
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.after(seconds, work, data, options) end

--- Cancels work: one by its id, all of a job by its name, or those of a job that have the data.
---@param what integer|string
---@param data? any
---@return integer count how many were canceled
function bot.cancel(what, data) end

return bot

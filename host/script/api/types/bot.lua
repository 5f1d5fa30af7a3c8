---@meta bot
-- The module bot: routes, that is which handler gets which update. Routes are tried in the order in which they were registered.
-- Files are loaded in the order of their names. The first route that matches gets the update.

---@class bot
---@field me? telegram.User the result of getMe; nil under `lunokhod check`
local bot = {}

---@alias bot.MessageType "message"|"edited_message"|"channel_post"|"edited_channel_post"
---@alias bot.CallbackHandler fun(query: telegram.CallbackQuery, ...: string)

--- A filter: a name, a function, or a list of filters that all must hold. Names: "private", "group" (a supergroup, too),
--- "supergroup", "channel", "topic" (of a forum), "business"; "admin" (of the chat; Telegram is asked once in five minutes, and
--- changes are followed); "forwarded", "reply"; "media", or one of its kinds: "photo", "video", "document", "voice"…; "text",
--- "caption"; "bot" (the sender is one); "language:ru" (of the sender's Telegram). Of a pressed button it is about the message
--- that has the button.
---@alias bot.Filter string|bot.FilterFunction|(string|bot.FilterFunction)[]
---@alias bot.FilterFunction fun(payload: any, update: telegram.Update): any
---@alias bot.Middleware fun(update: telegram.Update, next: fun())

--- The options of a route.
---@class bot.RouteOptions
---@field description? string|table of a command: lists it in the menu of the chat; by language: { "Start", ru = "Начать" }, where the first text is for everybody else. locale.all makes such a table
---@field filter? bot.Filter only what it lets through
---@field use? bot.Middleware|bot.Middleware[] around the handler
---@field order? "chat"|"user"|"none" instead of bot.order
---@field deadline? number seconds that the handler may take, up to 3600; without: 30, or the option --deadline
---@field any_case? boolean of bot.text and bot.match: the case of letters does not count, by Unicode's rules
---@field on? telegram.UpdateType|telegram.UpdateType[] of commands and texts: other messages, such as "channel_post"

--- Routes a command. bot.command("start", fn) gets /start, /start@this_bot and /start with arguments, also as the caption of a
--- photo or a file. A list of names: each of them. Letters of any alphabet will do, in any case; but Telegram marks as commands
--- only those of a-z, 0-9 and _. A name that no text can have, such as "my-cmd", is an error. A second handler of the same name
--- is a warning, because it would never be called.
---@param name string|string[] with or without its slash
---@param handler fun(message: telegram.Message, arguments: string)
---@param options? string|table|bot.RouteOptions a text, or a table of texts by language, is the description
function bot.command(name, handler, options) end

--- Routes a message of exactly this text, or of one of these texts, also as a caption. A button of a reply keyboard sends such a
--- message.
---@param text string|string[]
---@param handler fun(message: telegram.Message)
---@param options? bot.RouteOptions
function bot.text(text, handler, options) end

--- Routes a text, or a caption, that matches the Lua pattern; a malformed one is an error. The handler gets the captures, or the
--- whole match if there are none. With any_case they are as they were written, unless the pattern has a reference such as %1. A
--- function may stand in the place of the pattern. It sees messages of any kind. The route takes a message for which it returns
--- neither nil nor false, and the handler gets what it has returned.
---@param pattern string|fun(message: telegram.Message): any
---@param handler fun(message: telegram.Message, ...: any)
---@param options? bot.RouteOptions
function bot.match(pattern, handler, options) end

--- Routes the press of an inline button whose data matches the Lua pattern. The handler gets the captures.
---@param pattern string
---@param handler bot.CallbackHandler
---@param options? bot.RouteOptions
function bot.callback(pattern, handler, options) end

--- Routes the press of a button { "Delete", "delete", value } of keyboard.inline. The handler gets the value.
---@param name string up to 32 letters, digits and _ . -
---@param handler fun(callback_query: telegram.CallbackQuery, value: any)
---@param expired? fun(callback_query: telegram.CallbackQuery) the value was kept as a row and is gone; without: the press is answered by "⌛"
function bot.button(name, handler, expired) end

--- Routes every update of a type. "message:photo" is a message that has the field photo. "album" is a type of Lunokhod: photos,
--- videos or files that were sent together, as one list. It comes a second after the last of them, and its messages come to no
--- other handler. An album may come by message, channel_post or business_message.
---@param update_type telegram.UpdateType|string
---@param handler fun(payload: any)
---@param options? bot.RouteOptions
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
function bot.on(update_type, handler, options) end

--- Registers a step of dialogues. It gets the answer to message:ask(text, name, data): the next message of the person, of any
--- kind, in the same topic or thread, but no command. A handler that asks nothing more ends the dialogue. A handler that fails before it has saved anything
--- leaves the question open.
---@param name string
---@param handler fun(message: telegram.Message, data: any)
function bot.step(name, handler) end

--- Routes a text that no other route of any script has taken. With a test, only one for which it returns neither nil nor false;
--- the handler gets what it has returned.
---@param test fun(message: telegram.Message): any the test; the handler if there is only one function
---@param handler? fun(message: telegram.Message, ...: any)
---@param options? bot.RouteOptions
function bot.otherwise(test, handler, options) end

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
--- middleware catches the error; what the middleware itself has written stays. With "file" it runs around the handlers, steps
--- and states of the same file, once one of them has been found; a router's (router.use) around those of the router.
---@param middleware bot.Middleware
---@param scope? "file"
function bot.use(middleware, scope) end

--- Makes a router: its routes are for what the filter lets through, and run within its middlewares. They stand in the one order
--- of all routes. A step of a router runs within its middlewares; the filter is not asked, as the question was.
---@param filter? bot.Filter
---@return bot.Router
function bot.router(filter) end

--- The functions of bot that register routes, for one router; router.router makes one within it.
---@class bot.Router
---@field command fun(name: string|string[], handler: fun(message: telegram.Message, arguments: string), options?: string|bot.RouteOptions)
---@field text fun(text: string|string[], handler: fun(message: telegram.Message), options?: bot.RouteOptions)
---@field match fun(pattern: string|fun(message: telegram.Message): any, handler: fun(message: telegram.Message, ...: any), options?: bot.RouteOptions)
---@field callback fun(pattern: string, handler: bot.CallbackHandler, options?: bot.RouteOptions)
---@field button fun(name: string, handler: fun(query: telegram.CallbackQuery, value: any), expired?: fun(query: telegram.CallbackQuery))
---@field on fun(update_type: telegram.UpdateType|string, handler: fun(payload: any), options?: bot.RouteOptions)
---@field otherwise fun(test: fun(message: telegram.Message): any, handler?: fun(message: telegram.Message, ...: any), options?: bot.RouteOptions)
---@field step fun(name: string, handler: fun(message: telegram.Message, data: any))
---@field use fun(middleware: bot.Middleware)
---@field order fun(order: "chat"|"user"|"none")
---@field router fun(filter?: bot.Filter): bot.Router

--- Says who waits for a handler that waits: for Telegram, for http. "chat", as without it: all updates that come after it in its
--- chat. "user": what the same person does in the chat. "none": nobody. What comes first is always routed first, and a handler
--- that does not wait is done before the next begins. It holds once the route is known: a middleware or a filter that waits
--- holds the chat. A step or a state with "none" has the order "user", so that a question gets one answer.
---@param order "chat"|"user"|"none"
function bot.order(order) end

--- A filter that holds where all of these do.
---@param filters bot.Filter[]
---@return bot.FilterFunction
function bot.all(filters) end

--- A filter that holds where one of these does, at least.
---@param filters bot.Filter[]
---@return bot.FilterFunction
function bot.any(filters) end

--- A filter that holds where none of these does.
---@param filters bot.Filter[]
---@return bot.FilterFunction
function bot.none(filters) end

--- Gives a filter a name, which all scripts can use from then on.
---@param name string letters, digits and _
---@param filter bot.Filter
function bot.filter(name, filter) end

---@class bot.Defaults
---@field parse_mode? string|boolean false: none, as without it
---@field link_preview_options? telegram.LinkPreviewOptions|boolean false: likewise
---@field protect_content? boolean
---@field disable_notification? boolean
---@field typing? boolean show "typing" in the chat of an update while its handler waits for longer than a second

--- Sets parameters for every call whose method knows them: methods of messages and of telegram, and broadcasts. A parameter of the
--- call itself wins; parse_mode = false there means none. parse_mode is not added to entities, nor to a text that is split. They
--- hold for all scripts; false takes one back.
---@param defaults bot.Defaults
function bot.defaults(defaults) end

---@class bot.Failure
---@field message string what was raised, with its place in the script; also tostring(err)
---@field traceback string

--- Tells of an update whose handler has failed, also by a limit or its deadline: the place to apologise, or to tell the admin. The
--- failed segment has been rolled back, and the update is a dead letter. The handler runs on its own, with limits of its own. If
--- it fails too, that is only logged.
---@param handler fun(update: telegram.Update, err: bot.Failure)
function bot.failed(handler) end

--- Registers a job for bot.after, and for bot.every, bot.daily and their like. A job that bot.after has planned is done when its
--- first segment commits. If it fails before that, it is tried again, three times in all.
---@param name string
---@param handler fun(data: any)
function bot.job(name, handler) end

---@class bot.AfterOptions
---@field skip? boolean skip a job that is more than a minute late; without, it runs late, once

---@class bot.JobOptions : bot.AfterOptions
---@field zone? time.Zone "Europe/Berlin", "+05:30", or minutes east of Greenwich; without: the machine's zone
---@field at_start? boolean the first time is now, unless the job is planned already

--- Runs work again and again. The name of a job makes a row, which survives reload, restart and restore. The same job with the
--- same data has one row, however often it is asked for, and runs once a second at most. A function runs as long as the scripts are
--- loaded. The first time is one interval from now; with a zone, intervals are counted from midnight there: "6h" is 00:00, 06:00,
--- 12:00 and 18:00.
---@param interval number|string seconds, or a text such as "12h", "1d", "1h30m"
---@param work string|fun() the name of a bot.job or a function
---@param data? any a value that JSON can hold; the job gets it
---@param options? bot.JobOptions
---@return integer? id for bot.cancel
function bot.every(interval, work, data, options) end

--- Runs work once a day, also on the days on which clocks change: see the module time. A time that is left out on such a day is the
--- moment at which clocks are put forward; a time that comes twice is the first of both.
---@param time string "09:30"
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.daily(time, work, data, options) end

--- Runs work on some days of each week.
---@param days string "mon", "mon,thu", "mon-fri"
---@param time string "09:30"
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.weekly(days, time, work, data, options) end

--- Runs work on one day of each month. A month that does not have the day takes its last one: 31 is the last day of any month.
---@param day integer
---@param time string "09:30"
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.monthly(day, time, work, data, options) end

--- Runs work at the times of a cron line: minute, hour, day of the month, month, day of the week. Each is "*", a number, a range
--- "1-5", either with a step "*/15", or a list "1,15,20-25"; months and days of the week may be named: "jan", "mon". 0 and 7 are
--- Sunday, and "L" is the last day of a month. Where both kinds of days are given, either will do.
---@param line string "0 9 * * 1-5"
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.cron(line, work, data, options) end

--- Runs work once, after a while. The name of a job makes a row, which is written in the transaction of the segment.
---@param delay number|string seconds, or a text such as "12h"
---@param work string|fun() as in bot.every
---@param data? any
---@param options? bot.AfterOptions
---@return integer? id
function bot.after(delay, work, data, options) end

--- Cancels work: one by its id, all of a job by its name, or those of a job that have the data.
---@param what integer|string
---@param data? any
---@return integer count how many were canceled
function bot.cancel(what, data) end

--- Lets the handler wait, and so ends the segment. Other chats go on; what comes in this chat waits for the handler. It is an error
--- where the handler's deadline would come before.
---@param seconds number up to 3600
function bot.sleep(seconds) end

--- Gives the handler that is running another deadline, from now on; without, it is 30 seconds, or what the option --deadline says.
--- A long upload may need it. Jobs, steps and middlewares may call it, too; a route has the option deadline.
---@param seconds number from 1 to 3600
function bot.deadline(seconds) end

--- Runs several functions at once: while one waits for Telegram or a service, the others go on. Returns when all have ended.
---
--- Each function has segments of its own: what it has written is saved when it waits or returns, and taken back when it fails; what
--- the handler has written before is saved. A function that fails does not disturb the others; it is a warning in the log. Limits
--- and the deadline are the handler's: a function that passes one ends all of them.
---@param functions (fun(): any, any)[] up to 100
---@return any[] results what each function has returned, in their order; nil where it has failed. results.n is how many there are
---@return any[] errors where a result is nil: the error, or the second value that the function has returned, such as that of a call
function bot.parallel(functions) end

return bot

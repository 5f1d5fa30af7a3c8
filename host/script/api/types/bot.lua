---@meta bot
-- The module bot: which function answers what. Routes are tried in the order in which they were registered, files in the order of
-- their names; the first match wins.

---@class bot
---@field me? telegram.User what getMe told; nil under `lunokhod check`
local bot = {}

---@alias bot.MessageHandler fun(message: telegram.Message, ...: string)
---@alias bot.CallbackHandler fun(query: telegram.CallbackQuery, ...: string)

--- bot.command("start", ...) answers /start, /start@this_bot and /start with arguments.
---@param name string without or with its slash
---@param handler fun(message: telegram.Message, arguments: string)
---@param description? string then it stands in the menu of commands, which the host writes
function bot.command(name, handler, description) end

--- A message of exactly this text, such as the button of a reply keyboard sends.
---@param text string
---@param handler fun(message: telegram.Message)
function bot.text(text, handler) end

--- A text that fits the Lua pattern. The handler gets its captures too; without captures the whole match. Or, instead of a pattern, a
--- function: any message for which it returns something; the handler gets that.
---@param pattern string|fun(message: telegram.Message): any
---@param handler fun(message: telegram.Message, ...: any)
function bot.match(pattern, handler) end

--- The press of an inline button whose data fits the Lua pattern. The handler gets its captures too.
---@param pattern string
---@param handler bot.CallbackHandler
function bot.callback(pattern, handler) end

--- Any update of that type; "message:photo" is one that has the field photo. "album" is Lunokhod's own: photos (videos, files) that
--- were sent together, as a list, a second after the last has come; their messages then come to no other handler.
---@param update_type telegram.UpdateType|string
---@param handler fun(payload: any)
---@overload fun(update_type: "message"|"edited_message"|"channel_post"|"edited_channel_post", handler: fun(message: telegram.Message))
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

--- Gets the answer to message:ask(text, name, data): whatever the person says next, a picture as well as a text, but no command. A
--- handler that asks nothing more ends the dialogue; one that fails before anything of it was kept (a segment that wrote something)
--- leaves it as it was.
---@param name string
---@param handler fun(message: telegram.Message, data: any)
function bot.step(name, handler) end

--- A text that no route of any script has taken; with a test, only if that returns something.
---@param test fun(message: telegram.Message): any the handler, where there is no test
---@param handler? fun(message: telegram.Message, ...)
function bot.otherwise(test, handler) end

--- A group became a supergroup, whose id is new: the place to change it in the script's tables. Once for each group. Every handler
--- of every script is called, before the update's other handlers, in its segment.
---@param handler fun(old_id: integer, new_id: integer)
function bot.migrated(handler) end

--- A link that opens the bot's chat: /start comes with the payload as its arguments. For handlers, not for a script's top level.
---@param payload string up to 64 characters of A-Z a-z 0-9 _ -
---@return string url
function bot.link(payload) end

--- The same for a group that the person chooses and adds the bot to.
---@param payload string up to 64 characters of A-Z a-z 0-9 _ -
---@return string url
function bot.group_link(payload) end

--- Any text of at most 48 bytes as a payload (base64url).
---@param data string
---@return string payload
function bot.encode_link(data) end

--- Back from a payload; nil for one that was not made by bot.encode_link.
---@param payload string
---@return string? data
function bot.decode_link(payload) end

--- Around every update: next() hands it on, without it the update goes no further.
---@param middleware fun(update: telegram.Update, next: fun())
function bot.use(middleware) end

--- Does what bot.after, bot.every and bot.daily name. What it writes in its first segment commits with the end of a job that comes
--- once; if it fails before that, it is tried again, three times in all.
---@param name string
---@param handler fun(data: any)
function bot.job(name, handler) end

---@class bot.JobOptions
---@field skip? boolean leave out what was missed (by more than a minute); without, it comes late, once
---@field zone? integer minutes east of Greenwich, for bot.daily, all the year round; without, the machine's time zone

--- Every so many seconds. With a job's name it is a row, and comes once a second at most: the same job with the same data has one, however often it is asked for, and
--- it survives reload, restart and restore. With a function it lives as long as the scripts are loaded.
---@param seconds number
---@param work string|fun() the name of a bot.job, or a function
---@param data? any what JSON can hold; the job gets it
---@param options? bot.JobOptions
---@return integer? id for bot.cancel
function bot.every(seconds, work, data, options) end

--- Once a day.
---@param time string "09:30"
---@param work string|fun() as of bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.daily(time, work, data, options) end

--- Once, so many seconds from now. With a job's name it is a row, written with what the handler has written.
---@param seconds number
---@param work string|fun() as of bot.every
---@param data? any
---@param options? bot.JobOptions
---@return integer? id
function bot.after(seconds, work, data, options) end

--- It is not done any more: the one of that id; or all of that job; or all of that job with that data.
---@param what integer|string
---@param data? any
---@return integer count how many there were
function bot.cancel(what, data) end

return bot

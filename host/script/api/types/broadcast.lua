---@meta broadcast
-- The module broadcast: one message to many chats, about 25 a second. A broadcast is rows in the database. It goes on after a
-- reload and after a restart. It never sends twice to a chat, and it skips chats that have blocked the bot.

---@class broadcast
local broadcast = {}

---@class broadcast.Status
---@field id integer
---@field total integer chats
---@field sent integer
---@field gone integer chats that have blocked the bot or do not exist any more
---@field failed integer chats that Telegram refused for another reason; the log has it
---@field uncertain integer Telegram's answer was lost, or the host stopped then: perhaps sent, not tried again
---@field canceled integer
---@field left integer
---@field is_done boolean

---@class broadcast.Message: telegram.SendMessageParameters
---@field to integer[]|string|any[] chats, or a SELECT of one column, in which none is NULL: "SELECT chatid FROM users"; with parameters: { "SELECT chatid FROM users WHERE language = ?", "ru" }
---@field method? string a method that sends, copies or forwards, with its parameters; without: sendMessage

--- Starts a broadcast. Sending begins when the handler's segment commits.
---@param parameters broadcast.Message|table
---@return integer id
function broadcast.start(parameters) end

--- The progress of a broadcast. Returns nil for an id that is unknown or of long ago.
---@param id integer
---@return broadcast.Status? status
function broadcast.status(id) end

--- Cancels a broadcast. Messages that are being sent now are not stopped.
---@param id integer
---@return integer count chats that get no message
function broadcast.cancel(id) end

--- Tells of a chat that can't be reached any more. What the handler writes commits together with the count.
---@param handler fun(chat_id: integer, id: integer, err: telegram.Error)
function broadcast.gone(handler) end

--- Tells that a broadcast has ended.
---@param handler fun(id: integer, status: broadcast.Status)
function broadcast.done(handler) end

return broadcast

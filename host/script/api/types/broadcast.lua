---@meta broadcast
-- The module broadcast: one message to many chats, about 25 a second. The job is rows in the database: it goes on after a reload and a
-- restart, sends to nobody twice, and drops who has blocked the bot.

---@class broadcast
local broadcast = {}

---@class broadcast.Status
---@field id integer
---@field total integer chats
---@field sent integer
---@field gone integer have blocked the bot, or are no more
---@field failed integer refused for another reason, which is in the log
---@field uncertain integer Telegram's answer was lost, or the host stopped just then: perhaps sent, and not tried again
---@field canceled integer
---@field left integer
---@field is_done boolean

---@class broadcast.Message: telegram.SendMessageParameters
---@field to integer[]|string chats, or a SELECT of one column: "SELECT chatid FROM users"
---@field method? string without: sendMessage; others that send, copy or forward, with their parameters

--- Begins with the commit of the handler's segment.
---@param parameters broadcast.Message|table
---@return integer id
function broadcast.start(parameters) end

--- How far it is; nil for one that there is not, or was long ago.
---@param id integer
---@return broadcast.Status? status
function broadcast.status(id) end

--- Sends no more of it. What is under way goes on.
---@param id integer
---@return integer count chats that are left out
function broadcast.cancel(id) end

--- A chat that can't be reached any more. What the handler writes commits together with the count.
---@param handler fun(chat_id: integer, id: integer, err: telegram.Error)
function broadcast.gone(handler) end

--- A broadcast that has dealt with every chat.
---@param handler fun(id: integer, status: broadcast.Status)
function broadcast.done(handler) end

return broadcast

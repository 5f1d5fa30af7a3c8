---@meta session
-- The module session: a table for each person, each chat, or each person in a chat, kept as a row. It is read and written as a
-- whole, in the transaction of the segment.

---@class session
local session = {}

--- person: the person everywhere; chat: everybody in the chat; member: the person in this chat.
---@alias session.Scope "person"|"chat"|"member"

--- A copy of the table; an empty one if there is none.
---@param what telegram.Message|telegram.CallbackQuery|table a message, a callback query, or any other update
---@param scope? session.Scope without: "person"
---@return table data
function session.get(what, scope) end

--- Keeps the table. nil, or an empty table: there is none any more.
---@param what telegram.Message|telegram.CallbackQuery|table
---@param data? table what JSON can hold
---@param scope? session.Scope
function session.set(what, data, scope) end

--- Reads the table, lets the function change it, and keeps it.
---@param what telegram.Message|telegram.CallbackQuery|table
---@param change fun(data: table)
---@param scope? session.Scope
---@return table data as it is now
function session.update(what, change, scope) end

return session

---@meta limit
-- The module limit: so many times in so many seconds, for each person or each chat. It is counted in memory: a reload forgets it.

---@class limit
local limit = {}

---@class limit.Options
---@field count integer how many times, at most 1,000
---@field seconds number in how many seconds
---@field scope? "person"|"chat" without: "person"

---@class limit.MiddlewareOptions: limit.Options
---@field exceeded? fun(update: telegram.Update, seconds: number) called for the first update that is left out

---@class limit.Limit
---@field allows fun(self: limit.Limit, what: telegram.Message|telegram.CallbackQuery|table): boolean, number? counts one more; false, and the seconds to wait, if there were too many

--- Makes a limit: local asking = limit.new{ count = 5, seconds = 60 }; if asking:allows(message) then ... end
---@param options limit.Options
---@return limit.Limit
function limit.new(options) end

--- Makes a function for bot.use: it leaves out the updates that are too many.
---@param options limit.MiddlewareOptions
---@return fun(update: telegram.Update, next: fun()) middleware
function limit.middleware(options) end

return limit

---@meta json
-- The module json. Whole numbers are integers on both ways.

---@class json
---@field null lightuserdata JSON's null
local json = {}

--- Raises where a value can't be JSON.
---@param value any
---@return string
function json.encode(value) end

---@param text string
---@return any value
---@return string? message why it can't be read; then value is nil
function json.decode(text) end

--- Marks a table as an array, so that it is [] even when it is empty.
---@param table? table
---@return table table the same
function json.array(table) end

return json

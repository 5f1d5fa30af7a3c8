---@meta json
-- The module json: JSON as Lua values and back. Whole numbers are integers in both directions.

---@class json
---@field null lightuserdata JSON's null
local json = {}

--- Encodes a value. Raises an error if a part of it can't be JSON.
---@param value any
---@return string
function json.encode(value) end

--- Decodes a text.
---@param text string
---@return any value
---@return string? message why the text can't be decoded; then value is nil
function json.decode(text) end

--- Marks a table as an array. So it is encoded as [] when it is empty.
---@param table? table
---@return table table the same table
function json.array(table) end

return json

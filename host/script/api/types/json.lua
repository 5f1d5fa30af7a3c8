---@meta json
-- The module json: JSON as Lua values and back. Whole numbers are integers in both directions, exact up to 2^63. What was read as
-- [] is written as [], and what was read as {} as {}.

---@class json
---@field null lightuserdata JSON's null, which nil can't be: json.encode{ x = json.null } is {"x":null}, and json.decode gives json.null for it. In SQL it is NULL
local json = {}

--- Encodes a value. Raises an error with the place if a part of it can't be JSON, such as a text that is not UTF-8. An empty table
--- is {}, unless json.array or json.decode has made it.
---@param value any
---@return string
function json.encode(value) end

--- Decodes a text.
---@param text string
---@return any value
---@return string? message why the text can't be decoded; then value is nil
function json.decode(text) end

--- Marks a table as an array. So it is encoded as [] when it is empty. In a call of Telegram the mark is not needed: an empty
--- table is there what the Bot API wants in its place.
---@param table? table
---@return table table the same table
function json.array(table) end

return json

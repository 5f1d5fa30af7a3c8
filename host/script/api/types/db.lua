---@meta db
-- The module db: SQL on the bot's database. What a handler does between two waits commits together, or not at all.
-- Parameters are `?` and values in order, or `:name` and one table of them. SQL that fails raises SQLite's words.

---@class db
local db = {}

---@alias db.Value string|number|boolean|nil
---@alias db.Row table<string, any> column name -> value; NULL is nil, a boolean comes back as 0 or 1

--- Runs the SQL to its end. Without values it may have several statements.
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return integer changes how many rows it changed
function db.exec(sql, ...) end

--- The first row.
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return db.Row?
function db.one(sql, ...) end

--- All rows, as a list.
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return db.Row[]
function db.all(sql, ...) end

--- The rows one by one: for row in db.rows "SELECT ..." do
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return fun(): db.Row?
function db.rows(sql, ...) end

return db

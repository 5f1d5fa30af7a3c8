---@meta db
-- The module db: SQL on the bot's database. All that a handler does between two waits is one transaction. Parameters are `?`
-- with values in their order, or `:name` with one table of values. SQL that fails raises an error with SQLite's message.
-- So does a value whose name the SQL does not have; a name without a value is NULL.
-- ORDER BY name COLLATE UNICODE sorts texts of any alphabet, in any case, as people do: Арбуз, Елка, Ёлка, Жук. A column or an
-- index with that collation can be read by other programs only if they know it.
-- All top levels of a load are one transaction, too. Foreign keys are not enforced in it, and checked before it commits.
-- `LIKE`, `lower()` and `upper()` know the case of all letters (`'ПРИВЕТ' LIKE 'привет'`); `ORDER BY` and `COLLATE NOCASE` only of
-- Latin ones. No index helps `LIKE` and `GLOB`: for a beginning write `name >= 'ab' AND name < 'ac'`.
-- All this is of SQLite. With --database the data is in PostgreSQL: the guide lists the SQL that runs on both.

---@class db
local db = {}

---@alias db.Value string|number|boolean|db.Blob|nil
---@alias db.Row table<string, any> column name -> value; NULL is nil, a boolean comes back as 0 or 1

---@class db.Blob

--- Runs the SQL. Without values it may be several statements.
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return integer changes how many rows were changed
function db.exec(sql, ...) end

--- Returns the first row.
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return db.Row?
function db.one(sql, ...) end

--- Returns all rows as a list.
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return db.Row[]
function db.all(sql, ...) end

--- Returns an iterator over the rows: for row in db.rows "SELECT ..." do
---@param sql string
---@param ... db.Value|table<string, db.Value>
---@return fun(): db.Row?
function db.rows(sql, ...) end

--- Makes a value that SQL sees as a blob. A string with a zero byte, or one that is not UTF-8, is a blob anyway; any other is
--- text, which a BLOB column of a STRICT table refuses. A blob is read as a string of the same bytes.
---@param bytes string
---@return db.Blob
function db.blob(bytes) end

return db

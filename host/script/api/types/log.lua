---@meta log
-- The module log: writes lines into the host's log, with the file and line of the caller. print is the same as log.info.

---@class log
local log = {}

---@param ... any
function log.debug(...) end

---@param ... any
function log.info(...) end

---@param ... any
function log.warn(...) end

---@param ... any
function log.error(...) end

return log

---@meta log
-- The module log: a line in the host's log, with the file and line that wrote it. print is log.info.

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

---@meta backup
-- The module backup: the database's way into the administrator's chat.

---@class backup
local backup = {}

--- Asks for a backup soon, and does not wait for it; what asks meanwhile shares it.
function backup.now() end

return backup

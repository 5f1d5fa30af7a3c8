---@meta backup
-- The module backup: the database's way into the administrator's chat.

---@class backup
local backup = {}

--- Asks for a backup soon, and does not wait for it; what asks meanwhile shares it.
function backup.now() end

---@class backup.Status
---@field saved_at integer seconds since 1970; 0: never
---@field message_id integer the backup's message in the admin's chat; 0: none yet
---@field unsaved integer commits that no backup has
---@field image_size integer bytes of the database, at the last backup
---@field archive_size integer bytes of that backup
---@field failures integer in a row
---@field error string? what failed last

--- How well the data is kept.
---@return backup.Status?
function backup.status() end

return backup

---@meta backup
-- The module backup: backups of the database in the admin's chat.

---@class backup
local backup = {}

--- Asks for a backup soon and does not wait for it. Several requests share one backup.
function backup.now() end

---@class backup.Status
---@field saved_at integer seconds since 1970; 0 before the first backup
---@field message_id integer the message of the backup in the admin's chat; 0 before the first backup
---@field unsaved integer commits since the last backup
---@field image_size integer bytes of the database at the last backup
---@field archive_size integer bytes of the last backup
---@field failures integer failed backups in a row
---@field error string? the text of the last failure

--- The state of the backups; nil under `lunokhod check`.
---@return backup.Status?
function backup.status() end

return backup

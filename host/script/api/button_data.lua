-- What buttons carry: a name, and a value of any kind that JSON can hold. Telegram lets 64 bytes through. What has more is kept
-- as a row, under a key that nobody can guess, and the button carries the key. Such a row expires, since nobody tells when a
-- message with its buttons is gone.
local core = require "core.script"
local db = require "core.db"
local hash = require "hash"
local stable_json = require "core.stable_json"

local button_data = {}

local LONGEST = 64
local NAME_LONGEST = 32
local LIFETIME = 30 * 86400 -- seconds, from the last time that a button with this value was made
local TABLE = [[
  CREATE TABLE IF NOT EXISTS main.lunokhod_buttons(
    key TEXT PRIMARY KEY, value TEXT NOT NULL UNIQUE, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS main.lunokhod_buttons_expiry ON lunokhod_buttons(expires_at)
]]

local has_table = false

-- While the scripts load, where somebody will read it, since a handler's segment may yet be rolled back.
function button_data.prepare()
  if not has_table then db.exec(TABLE) end
  has_table = true
end

local function keep(text)
  local now = os.time()
  db.exec("DELETE FROM main.lunokhod_buttons WHERE expires_at < ?", now)
  local row = db.one("UPDATE main.lunokhod_buttons SET expires_at = ? WHERE value = ? RETURNING key", now + LIFETIME, text)
  if row then return row.key end
  local key = hash.base64url(hash.random(12))
  db.exec("INSERT INTO main.lunokhod_buttons(key, value, expires_at) VALUES (?, ?, ?)", key, text, now + LIFETIME)
  return key
end

function button_data.check_name(name, what)
  if type(name) ~= "string" or #name > NAME_LONGEST or not name:find "^[%w_.-]+$" then
    core.misuse(("%s: a name of up to %d letters, digits and _ . - expected"):format(what, NAME_LONGEST))
  end
end

--- The callback_data of a button with that name and value.
function button_data.encode(name, value)
  button_data.check_name(name, "the name of a button")
  if value == nil then return "@" .. name end
  local text = stable_json.encode(value, "a button's")
  local data = "@" .. name .. ":" .. text
  if #data <= LONGEST then return data end
  if not has_table then core.misuse "a button with more than 64 bytes wants a handler: bot.button registers one" end
  return "@" .. name .. "#" .. keep(text)
end

--- name, value of callback_data; the third result tells that the value has expired. nil: it is no such data.
function button_data.decode(data)
  local name, kind, rest = (data or ""):match "^@([%w_.-]+)([:#]?)(.*)$"
  if not name then return nil end
  if kind == ":" then
    local ok, value = pcall(stable_json.decode, rest)
    return name, ok and value or nil, not ok
  elseif kind == "#" then
    local row = has_table and db.one([[SELECT value FROM main.lunokhod_buttons WHERE key = ? AND expires_at >= ?]], rest,
      os.time())
    return name, row and stable_json.decode(row.value), not row
  end
  return name, nil, false
end

return button_data

-- The data that a Mini App gets from Telegram and sends on: whether they are Telegram's, and not too old.
local form = require "core.form"
local json = require "json"
local script = require "core.script"
local signature = require "core.signature"

local DAY = 86400
local OBJECTS = { user = true, receiver = true, chat = true }

-- What was signed: the fields but the hash, a line each, in the order of their names.
local function signed_text(fields)
  local lines = {}
  for name, value in pairs(fields) do
    if name ~= "hash" then lines[#lines + 1] = name .. "=" .. value end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function read(fields)
  local data = {}
  for name, value in pairs(fields) do
    if name ~= "hash" and name ~= "signature" then
      data[name] = OBJECTS[name] and json.decode(value) or value
    end
  end
  data.auth_date = math.tointeger(tonumber(fields.auth_date))
  data.can_send_after = math.tointeger(tonumber(fields.can_send_after))
  return data
end

--- The data as a table; or nil and why they are not to be trusted. options.age: seconds; without: a day.
return function(text, options)
  options = options or {}
  local age = options.age or DAY
  if type(text) ~= "string" then
    script.misuse "telegram.check_init_data: the text Telegram.WebApp.initData expected"
  elseif type(age) ~= "number" then
    script.misuse "telegram.check_init_data: age is a number of seconds"
  end
  local fields = form.decode(text)
  if not fields.hash then return nil, "there is no hash in it" end
  if not signature.has_token_of(signed_text(fields), fields.hash) then return nil, "Telegram has not signed it for this bot" end
  local data = read(fields)
  if not data.auth_date or os.time() - data.auth_date > age then return nil, "it is too old" end
  return data
end

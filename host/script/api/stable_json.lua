-- JSON whose keys are sorted, so that equal data is equal text in every VM, and a row can be found by it. Plain json.encode
-- goes through a table in an order that each VM chooses anew.
local core = require "core.script"
local json = require "json"

local stable_json = {}

-- The value has been encoded before, so it holds nothing that JSON can't.
local function write(value)
  local text = json.encode(value)
  if type(value) ~= "table" or text == "{}" or text == "[]" then return text end
  local parts = {}
  if text:byte() == 91 then -- "["
    for i = 1, #value do parts[i] = write(value[i]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local names = {} -- as texts, by which they are sorted -> the keys, which may be numbers
  for key in pairs(value) do
    names[tostring(key)] = key
    parts[#parts + 1] = tostring(key)
  end
  table.sort(parts)
  for i, name in ipairs(parts) do parts[i] = json.encode(name) .. ":" .. write(value[names[name]]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- nil stays nil. `whose`, such as "a step's", is for the error.
function stable_json.encode(value, whose)
  if value == nil then return nil end
  local ok, text = pcall(json.encode, value)
  if not ok then
    core.misuse(("%s data must be what JSON can hold (texts, numbers, booleans, tables): %s"):format(whose, text))
  end
  return write(value)
end

function stable_json.decode(text)
  return text and json.decode(text)
end

return stable_json

-- Fields of a form, as addresses and bodies have them: name=value&name=value, with %XX for all but a few characters.
local form = {}

--- The text as a value: all but A-Z a-z 0-9 - . _ ~ becomes %XX.
function form.escape(text)
  return (tostring(text):gsub("[^%w%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- The reverse; a + is a blank.
function form.unescape(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function sorted_names(fields)
  local names = {}
  for name in pairs(fields) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- The fields in the order of their names. A list is its name as often as it has values; false and nil are left out.
function form.encode(fields)
  local parts = {}
  for _, name in ipairs(sorted_names(fields)) do
    local value = fields[name]
    for _, each in ipairs(type(value) == "table" and value or { value or nil }) do
      parts[#parts + 1] = form.escape(name) .. "=" .. form.escape(each)
    end
  end
  return table.concat(parts, "&")
end

--- The text's fields: name -> value, of which the last counts.
function form.decode(text)
  local fields = {}
  for field in text:gmatch "[^&]+" do
    local name, value = field:match "^([^=]*)=?(.*)$"
    fields[form.unescape(name)] = form.unescape(value)
  end
  return fields
end

return form

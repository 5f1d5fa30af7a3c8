-- How values are written in a report, and how a spec's texts and times are read.
local wording = {}

local function is_name(key) return type(key) == "string" and key:find("^[%a_][%w_]*$") ~= nil end

local function by_kind_and_value(a, b)
  if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
    return a < b
  end
  return type(a) < type(b)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys, by_kind_and_value)
  return keys
end

-- "%q" would write line ends and letters outside of ASCII as code.
local function quote(value)
  return '"' .. value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

local function show_table(value, depth, parents)
  if parents[value] then
    return "(itself)"
  end
  parents[value] = true
  local pieces, place = {}, 1
  for _, key in ipairs(sorted_keys(value)) do
    local item = wording.show(value[key], depth + 1, parents)
    if key == place then
      place = place + 1
    else
      item = (is_name(key) and key or "[" .. wording.show(key, depth + 1, parents) .. "]") .. " = " .. item
    end
    pieces[#pieces + 1] = item
  end
  parents[value] = nil
  return #pieces == 0 and "{}" or "{ " .. table.concat(pieces, ", ") .. " }"
end

function wording.show(value, depth, parents)
  if type(value) == "string" then
    return quote(value)
  elseif type(value) == "table" then
    return show_table(value, depth or 0, parents or {})
  end
  return tostring(value)
end

--- Does it contain the text, or fit { pattern = "..." }?
function wording.has(value, wanted)
  if type(wanted) == "table" then return value:find(wanted.pattern) ~= nil end
  return value:find(wanted, 1, true) ~= nil
end

--- Is it the text, does it contain it, or does it fit as a pattern? So that "1 (of 2)" needs no %.
function wording.fits(value, wanted)
  if value == wanted or value:find(wanted, 1, true) then
    return true
  end
  local is_pattern, found = pcall(string.find, value, wanted)
  return is_pattern and found ~= nil
end

local units = { ms = 1, s = 1000, m = 60000, h = 3600000, d = 86400000 }

--- "1d12h", "90s", "500ms", or a number of seconds, in milliseconds; nil: it is none of these.
function wording.milliseconds(value)
  if type(value) == "number" then
    return math.floor(value * 1000 + 0.5)
  elseif type(value) ~= "string" or value == "" then
    return nil
  end
  local sum, rest = 0, value
  while rest ~= "" do
    local number, unit, after = rest:match("^%s*([%d.]+)%s*(%a+)%s*(.*)$")
    if not tonumber(number) or not units[unit] then
      return nil
    end
    sum, rest = sum + tonumber(number) * units[unit], after
  end
  return math.floor(sum + 0.5)
end

local function table_of_names(known)
  local names = sorted_keys(known)
  return table.concat(names, ", ")
end

--- What a message may be besides a text. The files are the last.
wording.FILES = { "photo", "animation", "document", "sticker", "voice", "audio", "video", "video_note" }
local kinds = { "venue", "location", "contact", "dice", "poll", "invoice", "paid_media", "checklist" }
table.move(wording.FILES, 1, #wording.FILES, #kinds + 1, kinds)

--- A message as one text: its text or caption, else its kind in brackets; nil: it is none that a person sends.
function wording.words_of(message)
  if message.text or message.caption then return message.text or message.caption end
  for _, kind in ipairs(kinds) do
    if message[kind] then
      local name = kind == "document" and message.document.file_name
      return "[" .. kind .. (name and " " .. name or "") .. "]"
    end
  end
end

--- Raises where the table has a field that is not among the known ones (its keys), two levels up.
function wording.check_fields(given, known, what)
  if type(given) ~= "table" then
    error(("%s: a table expected, not a %s"):format(what, type(given)), 3)
  end
  for name in pairs(given) do
    if not known[name] then
      error(("%s: there is no field %s, only %s"):format(what, wording.show(name), table_of_names(known)), 3)
    end
  end
end

return wording

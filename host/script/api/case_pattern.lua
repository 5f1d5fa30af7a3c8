-- Lua patterns for which the case of letters does not count. Pattern and text are compared in the form of text.fold; the
-- captures are what the text has in their place, as it was written.
local core = require "core.script"

local case_pattern = {}

local CAPTURES_MAX = 32 -- of Lua

-- The item at `at`, which is no capture and no letter: where it ends. The pattern is well-formed.
local function end_of_special(pattern, at)
  if pattern:find("^%%b", at) then return at + 3 end
  local set = pattern:find("^%%f%[", at) and at + 2 or at
  if pattern:byte(set) ~= 91 then return at + 1 end -- "%" and what it escapes
  set = pattern:find("^%[^]", set) and set + 2 or set + 1 -- a "]" right behind is one of the set
  local first = true
  while first or pattern:byte(set) ~= 93 do
    set, first = set + (pattern:byte(set) == 37 and 2 or 1), false
  end
  return set
end

-- Letters that stand for themselves, folded. %S and %s are different classes.
local function fold_item(item)
  return (item:gsub("([^%%]*)(%%?.?)", function(letters, class) return core.fold(letters) .. class end))
end

-- The pattern in folded letters, with a position capture in the place of each bracket; and of each capture the numbers of its
-- two positions, or of its only one.
local function with_places(pattern)
  local parts, captures, opened, count, at = {}, {}, {}, 0, 1
  while at <= #pattern do
    local last = pattern:find("^[%%[]", at) and end_of_special(pattern, at) or select(2, pattern:find("^[^%%[()]+", at)) or at
    local item = pattern:sub(at, last)
    if item == "(" or item == ")" then
      count, parts[#parts + 1] = count + 1, "()"
      if pattern:sub(at, at + 1) == "()" then
        captures[#captures + 1], last = { count }, at + 1
      elseif item == "(" then
        captures[#captures + 1] = { count }
        opened[#opened + 1] = captures[#captures]
      else
        table.remove(opened)[2] = count
      end
    else
      parts[#parts + 1] = item:find "^%%b" and item or fold_item(item)
    end
    at = last + 1
  end
  return table.concat(parts), captures, count
end

-- Where in the text each character of the folded one begins; nil: they do not go together.
local function places_in(text, folded)
  if not utf8.len(text) then return nil end
  local places, at = {}, 1
  for place, code in utf8.codes(text) do
    local char = core.fold(utf8.char(code))
    if folded:sub(at, at + #char - 1) ~= char then return nil end
    places[at], at = place, at + #char
  end
  places[at] = #text + 1
  return at == #folded + 1 and places or nil
end

-- What the text has there; the folded letters, where a place is within one of its characters.
local function captured(text, folded, places, from, to)
  local first, behind = places and places[from], places and places[to]
  if first and behind then return text:sub(first, behind - 1) end
  return folded:sub(from, to - 1)
end

--- A function(text) that returns whether it matches, and the captures, or the whole match where the pattern has none.
function case_pattern.compile(pattern)
  local placed, captures, count = with_places(pattern)
  if pattern:find "%%%d" or count > CAPTURES_MAX then -- back references count captures
    local whole = fold_item(pattern)
    return function(text)
      local folded = core.fold(text)
      return folded:find(whole) ~= nil, folded:match(whole)
    end
  end
  return function(text)
    local folded = core.fold(text)
    local found = table.pack(folded:find(placed))
    if not found[1] then return false end
    local places, values = places_in(text, folded), {}
    for i, capture in ipairs(captures) do
      local from, to = found[capture[1] + 2], capture[2] and found[capture[2] + 2]
      values[i] = to and captured(text, folded, places, from, to) or places and places[from] or from
    end
    if #captures == 0 then values[1] = captured(text, folded, places, found[1], found[2] + 1) end
    return true, table.unpack(values)
  end
end

return case_pattern

-- Reads a whole Lua pattern as the matcher does (pattern.c), and tells what is wrong with it. The matcher itself complains only
-- of what it comes to, which depends on the text.
local pattern_check = {}

local CAPTURES_MAX = 32

-- Behind the set that begins at `at`, with "["; nil: it does not end.
local function behind_set(pattern, at)
  at = at + (pattern:sub(at + 1, at + 1) == "^" and 2 or 1)
  repeat
    if at > #pattern then return nil end
    at = at + (pattern:sub(at, at) == "%" and at < #pattern and 2 or 1)
  until pattern:sub(at, at) == "]"
  return at + 1
end

-- Behind the item, which may be repeated.
local function behind_single(pattern, behind)
  return pattern:find("^[*+?-]", behind) and behind + 1 or behind
end

-- Returns where the next item begins, or nil and the complaint, as all that follow.
local function read_set(pattern, at)
  local behind = behind_set(pattern, at)
  if not behind then return nil, "malformed pattern (missing ']')" end
  return behind_single(pattern, behind)
end

local function read_escape(pattern, at, captures)
  local what = pattern:sub(at + 1, at + 1)
  if what == "" then
    return nil, "malformed pattern (ends with '%')"
  elseif what == "b" then
    if at + 3 > #pattern then return nil, "malformed pattern (missing arguments to '%b')" end
    return at + 4
  elseif what == "f" then
    if pattern:sub(at + 2, at + 2) ~= "[" then return nil, "missing '[' after '%f' in pattern" end
    local behind = behind_set(pattern, at + 2)
    if not behind then return nil, "malformed pattern (missing ']')" end
    return behind
  elseif what:find "%d" then
    if captures[tonumber(what)] ~= "closed" then return nil, "invalid capture index %" .. what end
    return at + 2
  end
  return behind_single(pattern, at + 2)
end

local function open_capture(pattern, at, captures)
  if #captures == CAPTURES_MAX then return nil, "too many captures" end
  local is_position = pattern:sub(at + 1, at + 1) == ")"
  captures[#captures + 1] = is_position and "closed" or "open"
  return at + (is_position and 2 or 1)
end

local function close_capture(at, captures)
  for i = #captures, 1, -1 do
    if captures[i] == "open" then
      captures[i] = "closed"
      return at + 1
    end
  end
  return nil, "invalid pattern capture"
end

local function read_item(pattern, at, captures)
  local first = pattern:sub(at, at)
  if first == "(" then return open_capture(pattern, at, captures) end
  if first == ")" then return close_capture(at, captures) end
  if first == "%" then return read_escape(pattern, at, captures) end
  if first == "[" then return read_set(pattern, at) end
  return behind_single(pattern, at + 1)
end

--- What is wrong with the pattern, in Lua's own words; nil: nothing.
function pattern_check.complaint(pattern)
  local captures = {}
  local at = pattern:sub(1, 1) == "^" and 2 or 1
  while at <= #pattern do
    local next_at, complaint = read_item(pattern, at, captures)
    if not next_at then return complaint end
    at = next_at
  end
  for _, state in ipairs(captures) do
    if state == "open" then return "unfinished capture" end
  end
end

return pattern_check

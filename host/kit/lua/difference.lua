-- Compares what was recorded with what a replay does: values field by field, and calls as lists. Words that were drawn when the
-- recording was made stand for any word of their length, because nobody knows any more what they were.
local wording = require "kit.wording"

local difference = {}

-- ---- texts ----

local LETTERS = {
  { 0x41, 0x5A }, { 0x61, 0x7A }, { 0xC0, 0x24F }, { 0x370, 0x1FFF }, { 0x2C00, 0x2DFF }, { 0x3041, 0xD7FF },
  { 0xF900, 0xFDFF }, { 0x1D400, 0x1D7FF }, { 0x20000, 0x3FFFF },
}

local function kind_of(code)
  if code >= 0x30 and code <= 0x39 then return "digit" end
  if code ~= 0xD7 and code ~= 0xF7 then
    for _, range in ipairs(LETTERS) do
      if code >= range[1] and code <= range[2] then return "letter" end
    end
  end
  return nil -- each such character is a piece of its own
end

-- Runs of letters, runs of digits, and single characters: { text =, kind =, length = in characters }.
function difference.pieces(text)
  local pieces = {}
  if not utf8.len(text) then return { { text = text, length = #text } } end
  for _, code in utf8.codes(text) do
    local kind, last = kind_of(code), pieces[#pieces]
    if last and kind and last.kind == kind then
      last.text, last.length = last.text .. utf8.char(code), last.length + 1
    else
      pieces[#pieces + 1] = { text = utf8.char(code), kind = kind, length = 1 }
    end
  end
  return pieces
end

local function is_same_text(recorded, replayed, replaced)
  if recorded == replayed or recorded == "<hidden>" then return true end
  if not next(replaced) then return false end
  local old, new = difference.pieces(recorded), difference.pieces(replayed)
  if #old ~= #new then return false end
  for i, piece in ipairs(old) do
    local is_drawn = replaced[piece.text] and piece.kind == new[i].kind and piece.length == new[i].length
    if piece.text ~= new[i].text and not is_drawn then return false end
  end
  return true
end

-- A button with much data carries a key that is drawn anew each time.
local function is_key_of_button(recorded, replayed)
  local name = recorded:match "^(@[%w_.-]+#)"
  return name ~= nil and name == replayed:match "^(@[%w_.-]+#)"
end

-- ---- values ----

local function is_same(recorded, replayed, replaced)
  if type(recorded) == "string" and type(replayed) == "string" then
    return is_same_text(recorded, replayed, replaced) or is_key_of_button(recorded, replayed)
  end
  return recorded == replayed
end

local function add(list, path, recorded, replayed, replaced)
  if type(recorded) ~= "table" or type(replayed) ~= "table" then
    if not is_same(recorded, replayed, replaced) then
      list[#list + 1] = { path = path, recorded = recorded, replayed = replayed }
    end
    return
  end
  local keys = {}
  for key in pairs(recorded) do keys[key] = true end
  for key in pairs(replayed) do keys[key] = true end
  local names = {}
  for key in pairs(keys) do names[#names + 1] = key end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(names) do
    local inner = math.type(key) and ("%s[%d]"):format(path, key) or path == "" and key or path .. "." .. key
    add(list, inner, recorded[key], replayed[key], replaced)
  end
end

--- The fields that differ: { { path =, recorded =, replayed = }, ... }.
function difference.fields(recorded, replayed, replaced)
  local list = {}
  add(list, "", recorded, replayed, replaced)
  return list
end

-- An error without the line that it names, which moves when a script is changed.
local function without_place(text) return (text:gsub("^%S-:%d+: ", "", 1)) end

function difference.is_same_error(recorded, replayed, replaced)
  return is_same_text(without_place(recorded), without_place(replayed), replaced)
end

--- Are they the same?
function difference.is_none(recorded, replayed, replaced) return #difference.fields(recorded, replayed, replaced) == 0 end

local function is_same_call(recorded, replayed, replaced)
  return recorded.method == replayed.method and difference.is_none(recorded.parameters, replayed.parameters, replaced)
end

--- The recorded call that this one repeats: the same if there is one, else the next of the method. Each is taken once. The
--- second result tells that it is the same.
function difference.find(recorded, call, replaced)
  local other
  for _, each in ipairs(recorded) do
    if not each.is_taken then
      if is_same_call(each, call, replaced) then
        each.is_taken = true
        return each, true
      end
      if not other and each.method == call.method then other = each end
    end
  end
  if other then other.is_taken = true end
  return other, false
end

-- ---- lists of calls ----

-- The longest list that both have, as numbers: kept[i] = j.
local function common(recorded, replayed, replaced)
  local length, kept = {}, {}
  for i = #recorded + 1, 1, -1 do
    length[i] = {}
    for j = #replayed + 1, 1, -1 do
      if i > #recorded or j > #replayed then
        length[i][j] = 0
      elseif is_same_call(recorded[i], replayed[j], replaced) then
        length[i][j] = length[i + 1][j + 1] + 1
      else
        length[i][j] = math.max(length[i + 1][j], length[i][j + 1])
      end
    end
  end
  local i, j = 1, 1
  while i <= #recorded and j <= #replayed do
    if is_same_call(recorded[i], replayed[j], replaced) then
      kept[i], i, j = j, i + 1, j + 1
    elseif length[i + 1][j] >= length[i][j + 1] then
      i = i + 1
    else
      j = j + 1
    end
  end
  return kept
end

local function next_of_method(calls, method, from, before, used)
  for j = from, before do
    if not used[j] and calls[j].method == method then return j end
  end
end

--- What differs: { { recorded = call | nil, replayed = call | nil, fields = { ... } }, ... }, in the order of the calls.
function difference.calls(recorded, replayed, replaced)
  local list, kept, used = {}, common(recorded, replayed, replaced), {}
  for _, j in pairs(kept) do used[j] = true end
  for i, call in ipairs(recorded) do
    if not kept[i] then
      local j = next_of_method(replayed, call.method, 1, #replayed, used)
      if j then used[j] = true end
      list[#list + 1] = { recorded = call, replayed = replayed[j],
        fields = j and difference.fields(call.parameters, replayed[j].parameters, replaced) }
    end
  end
  for j, call in ipairs(replayed) do
    if not used[j] then list[#list + 1] = { replayed = call } end
  end
  return list
end

-- ---- as text ----

--- A call on one line: sendMessage { chat_id = 7, text = "..." }.
function difference.show_call(call) return call.method .. " " .. wording.show(call.parameters) end

--- A field on one line.
function difference.show_field(field)
  local function show(value) return value == nil and "nothing" or wording.show(value) end
  return ("%s: %s, was %s"):format(field.path, show(field.replayed), show(field.recorded))
end

return difference

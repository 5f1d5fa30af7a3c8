-- Finds the routes that a text or a button's data may be for, without asking each: by the whole text, by the command, by what a
-- pattern begins with. They come in the order in which they were registered, and so do those that have to be asked always.
local command = require "core.command"
local core = require "core.script"

local route_table = {}

-- The text that all matches of a pattern begin with; nil where it is not known.
local function literal_beginning(pattern)
  local parts, at = {}, 2
  while pattern:byte() == 94 and at <= #pattern do -- "^"
    local char, size = pattern:sub(at, at), 1
    if char == "%" then
      char, size = pattern:sub(at + 1, at + 1), 2
      if char == "" or char:find "^%w" then break end
    elseif char:find "^[][^$*+?.-]" then
      break
    end
    if pattern:find("^[*?-]", at + size) then break end
    if size == 2 or not char:find "^[()]" then parts[#parts + 1] = char end
    at = at + size
  end
  return #parts > 0 and table.concat(parts) or nil
end

local function put(lists, key, entry)
  lists[key] = lists[key] or {}
  table.insert(lists[key], entry)
end

local function add_by_beginning(self, entry)
  local beginning = entry.beginning or literal_beginning(entry.pattern)
  if not beginning then
    table.insert(self.always, entry)
    return
  end
  if not self.by_beginning[beginning] then
    local length, i = #beginning, 1
    while self.lengths[i] and self.lengths[i] < length do i = i + 1 end
    if self.lengths[i] ~= length then table.insert(self.lengths, i, length) end
  end
  put(self.by_beginning, beginning, entry)
end

--- entries, in their order, are those of one type of update. Each may have one of: exact (a text), folded (one in any case),
--- command (a name), beginning (of the text), pattern; others are asked always.
function route_table.build(entries)
  local self = {
    found = {}, -- by_text's texts -> the routes to ask, once they were found
    by_text = {}, by_folded = {}, by_command = {}, by_beginning = {}, lengths = {}, always = {}, merged = {},
  }
  for i, entry in ipairs(entries) do
    entry.place = i
    if entry.exact then
      put(self.by_text, entry.exact, entry)
    elseif entry.folded then
      put(self.by_folded, entry.folded, entry)
    elseif entry.command then
      put(self.by_command, entry.command, entry)
    elseif entry.pattern or entry.beginning then
      add_by_beginning(self, entry)
    else
      table.insert(self.always, entry)
    end
  end
  self.has_folded = next(self.by_folded) ~= nil
  return self
end

local function merge(one, other)
  local list, i, j = {}, 1, 1
  while one[i] or other[j] do
    if not other[j] or one[i] and one[i].place < other[j].place then
      list[#list + 1], i = one[i], i + 1
    else
      list[#list + 1], j = other[j], j + 1
    end
  end
  return list
end

-- Both in order. Remembered: there are no more such pairs than routes, since what fits one text fits together always.
local function with(self, list, more)
  if not more then return list end
  if #list == 0 then return more end
  local of_list = self.merged[list]
  if not of_list then
    of_list = {}
    self.merged[list] = of_list
  end
  local both = of_list[more]
  if not both then
    both = merge(list, more)
    of_list[more] = both
  end
  return both
end

--- The routes to ask, in order. text: nil, where the update has none.
function route_table.find(self, text)
  local list = self.always
  if not text then return list end
  local found = self.found[text]
  if found then return found end -- the text of a button under the text field, as most are
  list = with(self, list, self.by_text[text])
  if self.has_folded then list = with(self, list, self.by_folded[core.fold(text)]) end
  if text:byte() == 47 then -- "/"
    list = with(self, list, self.by_command[command.read(text)])
  end
  for _, length in ipairs(self.lengths) do
    if length > #text then break end
    list = with(self, list, self.by_beginning[text:sub(1, length)])
  end
  if self.by_text[text] then self.found[text] = list end
  return list
end

return route_table

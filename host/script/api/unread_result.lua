-- The lines of a script on which nobody reads what a call to Telegram returns: a call is a statement of its own there, and no
-- other call on that line could lead to Telegram. What is not sure counts as read.
local core = require "core.script"
local syntax = require "core.syntax"

-- Globals and modules whose functions make no calls to Telegram.
local HARMLESS = {}
for name in ("string table math os utf8 tostring tonumber type select require keyboard json text time locale"):gmatch "%a+" do
  HARMLESS[name] = true
end

-- The line of an offset: the last that begins before it.
local function line_of(begins, offset)
  local low, high = 1, #begins
  while low < high do
    local middle = (low + high + 1) // 2
    if begins[middle] <= offset then low = middle else high = middle - 1 end
  end
  return low
end

-- Does a function that is written here end in `return f(...)`? Then f takes its place, and is called from the same line.
local function has_tail_call(node)
  local returned = node.tag == "Return" and not node[2] and node[1]
  if returned and (returned.tag == "Call" or returned.tag == "Invoke") then return true end
  for _, part in ipairs(node) do
    if type(part) == "table" and part.tag ~= "Function" and has_tail_call(part) then return true end
  end
  return false
end

local is_harmless

local function is_harmless_callee(file, callee)
  local value = syntax.value(file, callee)
  if not value then return false end
  if value.tag == "Index" then -- keyboard.inline: of a module
    local module = syntax.value(file, value[1])
    if not module then return false end
    local is_module = module.tag == "Call" and syntax.is_global(file, module[1], "require")
    local is_global = module.tag == "Id" and syntax.is_global(file, module)
    local name = is_module and syntax.text(file, module[2]) or is_global and module[1]
    return HARMLESS[name] == true
  end
  if value.tag == "Function" then return not has_tail_call(value[2]) end
  if value.tag == "Call" then return is_harmless(file, value) end -- locale.of(...) returns such a function
  return value.tag == "Id" and syntax.is_global(file, value) and HARMLESS[value[1]] == true
end

function is_harmless(file, node)
  local callee = node[1]
  if node.tag == "Call" then return is_harmless_callee(file, callee) end
  while callee.tag == "Paren" do callee = callee[1] end
  return callee.tag == "String"
end

-- Lua blames the line where a call's prefix begins, or since 5.4.6 that of its parenthesis.
local function note(file, node, is_statement)
  local arguments = node.tag == "Invoke" and 3 or 2
  local first, last = node.line, line_of(file.begins, node[arguments - 1].end_offset)
  if is_statement then
    if first == last then file.unread[first] = true end
    return
  end
  if is_harmless(file, node) then return end
  local argument = node[arguments]
  last = math.max(last, argument and argument.line or line_of(file.begins, node.end_offset))
  for line = first, last do file.read[line] = true end
end

local walk

-- What of a node are lists of statements.
local function is_block(node, i)
  local tag = node.tag
  if tag == "Function" or tag == "While" then return i == 2 end
  if tag == "Forin" then return i == 3 end
  if tag == "Fornum" then return i == #node end
  if tag == "Repeat" then return i == 1 end
  return tag == "If" and not node[i].tag
end

local function walk_block(file, list)
  for _, node in ipairs(list) do
    local is_call = node.tag == "Call" or node.tag == "Invoke"
    if is_call then note(file, node, true) end
    walk(file, node, is_call)
  end
end

-- is_noted: it is a call that walk_block() has seen.
function walk(file, node, is_noted)
  if not is_noted and (node.tag == "Call" or node.tag == "Invoke") then note(file, node, false) end
  if node.tag == "Do" then return walk_block(file, node) end
  for i, part in ipairs(node) do
    if type(part) == "table" then
      if is_block(node, i) then walk_block(file, part) else walk(file, part) end
    end
  end
end

--- The set of such lines of the script at this path.
return function(path)
  local text = core.read(path)
  local file = text and syntax.read(text, path)
  if not file then return {} end
  file.unread, file.read = {}, {}
  walk_block(file, file.tree)
  for line in pairs(file.read) do file.unread[line] = nil end
  return file.unread
end

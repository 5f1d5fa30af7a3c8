-- SQL in a function that is called from where Lua can't wait: the comparison of table.sort, the replacement of string.gsub, a
-- coroutine of the script's own, __tostring and __gc. On PostgreSQL it is an error there, in memory it is none. A function that
-- such a function calls counts, too, where it is sure which one that is.
local syntax = require "core.syntax"

local wait_check = {}

local METHODS = { ["db.exec"] = true, ["db.one"] = true, ["db.all"] = true, ["db.rows"] = true }

-- Which argument is the function that can't wait.
local FUNCTIONS = { ["table.sort"] = 2, ["string.gsub"] = 3, xpcall = 2, load = 1 }
local COROUTINES = { ["coroutine.wrap"] = true, ["coroutine.create"] = true }
local METAMETHODS = { __gc = true, __tostring = true }

-- "table.sort", or "xpcall", where it is that of Lua.
local function global_name(inspection, node)
  local value = inspection:value(node)
  if not value then return nil end
  if value.tag == "Id" then return syntax.is_global(inspection.file, value) and value[1] or nil end
  local base = value.tag == "Index" and inspection:value(value[1])
  if not base or base.tag ~= "Id" or not syntax.is_global(inspection.file, base) then return nil end
  local name = inspection:text(value[2])
  return name and base[1] .. "." .. name
end

-- Calls found(line) for each SQL of the function, of those that it calls, and of those that are written in it and called there.
local function each_query(inspection, node, seen, found)
  if type(node) ~= "table" or seen[node] then return end
  seen[node] = true
  if node.tag == "Call" then
    local callee = inspection:value(node[1])
    if METHODS[inspection:function_name(node[1])] then found(node.line) end
    if callee and callee.tag == "Function" then each_query(inspection, callee[2], seen, found) end
  end
  for _, part in ipairs(node) do
    if type(part) == "table" and part.tag ~= "Function" then each_query(inspection, part, seen, found) end
  end
end

local function check(inspection, node, where)
  local value = inspection:value(node)
  if not value or value.tag ~= "Function" then return end
  each_query(inspection, value[2], {}, function(line)
    inspection:warn(line, "does not run on PostgreSQL: SQL can't wait inside %s", where)
  end)
end

local function check_metatable(inspection, node)
  local value = inspection:value(node)
  if not value or value.tag ~= "Table" then return end
  for _, key in ipairs((inspection:read_table(value))) do
    if METAMETHODS[key.name] then check(inspection, key.value, key.name) end
  end
end

--- Warns of SQL that can't wait, in functions that are arguments of the call.
function wait_check.check(inspection, call)
  if call.tag == "Invoke" then
    if call[2][1] == "gsub" then check(inspection, call[4], "a function that string.gsub calls") end
    return
  end
  local name = global_name(inspection, call[1])
  if name == "setmetatable" then check_metatable(inspection, call[3]) end
  if FUNCTIONS[name] then check(inspection, call[1 + FUNCTIONS[name]], "a function that " .. name .. " calls") end
  if COROUTINES[name] then check(inspection, call[2], "a coroutine that the script has made") end
end

return wait_check

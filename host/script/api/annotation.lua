-- What the annotations for editors (types/) tell of modules, methods and objects, so that `lunokhod check` needs no tables of
-- its own. A type is a text, such as "string|telegram.User[]?".
local core = require "core.script"
local spelling = require "core.spelling"

local annotation = {}

local HEAD_MAX, CLASS_MAX = 6000, 20000 -- bytes of the comment above a function, and of the fields of a class

-- Where each name is declared: kind -> name -> a list of { text = of the file, at = the place behind its line, line }.
local declared
local classes, functions, methods = {}, {}, {} -- what was looked for before; false: there is none

local function note(kind, name, text, at, line)
  local places = declared[kind][name] or {}
  places[#places + 1] = { text = text, at = at, line = line }
  declared[kind][name] = places
end

-- One pass over all lines, since a search for each name would read them all again.
local function read_file(text)
  for line, at in text:gmatch "([^\n]*)\n()" do
    local first = line:byte()
    if first == 45 then -- "-"
      local kind, name = line:match "^%-%-%-@([ca]l[%l]+) ([%w_.]+)"
      if kind then note(kind, name, text, at, line) end
    elseif first == 102 then -- "f"
      local name = line:match "^function ([%w_.:]+)%("
      if name then note("function", name, text, at, line) end
    end
  end
end

--- Reads the files, which takes some milliseconds. The other functions call it where nobody has.
function annotation.load()
  if declared then return end
  declared = { class = {}, alias = {}, ["function"] = {} }
  local names = table.move(spelling.modules, 1, #spelling.modules, 3, { "telegram_methods", "telegram_types" })
  for _, name in ipairs(names) do
    read_file(core.builtin("script/api/types/" .. name .. ".lua") or "")
  end
end

--- Gives the memory back that all this has taken.
function annotation.forget() declared, classes, functions, methods = nil, {}, {}, {} end

local function places_of(kind, name)
  annotation.load()
  return declared[kind][name] or {}
end

-- The type at the beginning of the text: up to a blank outside of brackets.
local function type_at(text)
  local depth = 0
  for at = 1, #text do
    local letter = text:sub(at, at)
    if letter:find "[%(<{%[]" then depth = depth + 1 end
    if letter:find "[%)>}%]]" then depth = depth - 1 end
    if letter == " " and depth == 0 and not text:sub(1, at):find "[|,:]%s*$" then return text:sub(1, at - 1) end
  end
  return text
end

-- "name? type words" of @field and @param
local function read_item(text)
  local name, mark, rest = text:match "^([%w_.]+)(%??)%s+(.+)$"
  return name, { name = name, is_optional = mark == "?", type = type_at(rest) }
end

-- All lines of a class from `at` on.
local function read_class(text, at, class)
  for line in text:sub(at, at + CLASS_MAX):gmatch "([^\n]*)\n" do
    local field = line:match "^%-%-%-@field (.+)$"
    local object = line:match "^local (%u[%w_]*) = {}$"
    if field then
      local name, item = read_item(field)
      class.fields[name] = item
    end
    if object then class.object = object end -- which has its methods
    if not line:find "^%-%-" then return end
  end
end

--- A class: { fields = name -> { name, is_optional, type }, object = the table that its methods are in }; nil: there is none.
function annotation.class(name)
  if classes[name] ~= nil then return classes[name] or nil end
  local class = { name = name, fields = {} }
  classes[name] = false
  for _, place in ipairs(places_of("class", name)) do
    classes[name] = class
    read_class(place.text, place.at, class)
    local parents = place.line:match "^[^:]*: (.*)$"
    for parent in (parents or ""):gmatch "[%w_.]+" do
      for field, item in pairs((annotation.class(parent) or { fields = {} }).fields) do
        class.fields[field] = class.fields[field] or item
      end
    end
  end
  return classes[name] or nil
end

local function alias_of(name)
  local place = places_of("alias", name)[1]
  return place and type_at(place.line:match "^%-%-%-@alias [%w_.]+ (.+)$")
end

--- A function, by "bot.after" or "Message:answer": { parameters = a list of { name, is_optional, type }, result = the type of
--- what it returns first }; nil: there is none.
function annotation.find(name)
  if functions[name] ~= nil then return functions[name] or nil end
  local place = places_of("function", name)[1]
  functions[name] = place and { parameters = {} } or false
  local behind = place and place.at - #place.line - 1
  local head = place and place.text:sub(math.max(1, behind - HEAD_MAX), behind - 1):match ".*\n\n(.*)$" or ""
  for tag, rest in head:gmatch "%-%-%-@(%l+) ([^\n]+)" do
    local found = functions[name]
    if tag == "param" then found.parameters[#found.parameters + 1] = select(2, read_item(rest)) end
    if tag == "return" and not found.result then found.result = type_at(rest) end
  end
  return functions[name] or nil
end

--- The names of the methods of an object, such as "Message": a table whose keys they are.
function annotation.methods(object)
  if not methods[object] then
    methods[object] = {}
    annotation.load()
    for name in pairs(declared["function"]) do
      local owner, method = name:match "^(.-):(.+)$"
      if owner == object then methods[object][method] = true end
    end
  end
  return methods[object]
end

-- The parts of a type between separators that are in no brackets.
local function split(expression, separator)
  local parts, depth, from = {}, 0, 1
  for at = 1, #expression do
    local letter = expression:sub(at, at)
    if letter:find "[%(<{%[]" then depth = depth + 1 end
    if letter:find "[%)>}%]]" then depth = depth - 1 end
    if letter == separator and depth == 0 then
      parts[#parts + 1] = expression:sub(from, at - 1)
      from = at + 1
    end
  end
  parts[#parts + 1] = expression:sub(from)
  return parts
end

--- The same as find() for a function that is a field, by its type: "fun(name: string, handler?: fun(): any): boolean".
function annotation.of_type(expression)
  local list, rest = expression:match "^fun(%b())(.*)$"
  if not list then return nil end
  local found = { parameters = {}, result = rest:match "^: (.+)$" }
  for _, part in ipairs(split(list:sub(2, -2), ",")) do
    local name, mark, parameter_type = part:match "^%s*([%w_.]+)(%??): (.+)$"
    if name then
      found.parameters[#found.parameters + 1] = { name = name, is_optional = mark == "?", type = parameter_type }
    end
  end
  return found
end

--- The types that a value may have, one by one: without brackets, names of others replaced by what they stand for.
function annotation.alternatives(expression, list)
  list = list or {}
  for _, part in ipairs(split(expression, "|")) do
    part = part:gsub("%?$", "")
    local inner = part:match "^%((.+)%)$"
    local alias = not inner and part:find "^[%w_]+%.[%w_]+$" and not annotation.class(part) and alias_of(part)
    if inner or alias then
      annotation.alternatives(inner or alias, list)
    else
      list[#list + 1] = part
    end
  end
  return list
end

--- The only class that a value of this type can be; nil: none, or there are several.
function annotation.only_class(expression)
  local list = expression and annotation.alternatives(expression) or {}
  return #list == 1 and annotation.class(list[1]) or nil
end

--- The only one of the classes that has methods; nil: none, or there are several.
function annotation.object_class(expression)
  local found
  for _, name in ipairs(expression and annotation.alternatives(expression) or {}) do
    local class = annotation.class(name)
    if class and class.object then
      if found then return nil end
      found = class
    end
  end
  return found
end

return annotation

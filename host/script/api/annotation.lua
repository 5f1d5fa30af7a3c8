-- What the annotations for editors (types/) tell of modules, methods and objects, so that `lunokhod check` needs no tables of
-- its own. A type is a text, such as "string|telegram.User[]?".
local core = require "core.script"
local spelling = require "core.spelling"

local annotation = {}

local texts   -- of the files, each with a line end before it
local classes, functions = {}, {} -- what was looked for before; false: there is none

local function read_texts()
  if texts then return texts end
  local names = table.move(spelling.modules, 1, #spelling.modules, 3, { "telegram_methods", "telegram_types" })
  texts = {}
  for i, name in ipairs(names) do
    texts[i] = "\n" .. (core.builtin("script/api/types/" .. name .. ".lua") or "")
  end
  return texts
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
  for line in text:sub(at, at + 20000):gmatch "([^\n]*)\n" do
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
  for _, text in ipairs(read_texts()) do
    local _, stop, parents = text:find("\n%-%-%-@class " .. name:gsub("%p", "%%%0") .. "%f[^%w_.]([^\n]*)\n")
    if stop then
      classes[name] = class
      read_class(text, stop + 1, class)
      for parent in parents:gmatch "[%w_.]+" do
        for field, item in pairs((annotation.class(parent) or { fields = {} }).fields) do
          class.fields[field] = class.fields[field] or item
        end
      end
    end
  end
  return classes[name] or nil
end

local function alias_of(name)
  for _, text in ipairs(read_texts()) do
    local found = text:match("\n%-%-%-@alias " .. name:gsub("%p", "%%%0") .. " ([^\n]+)")
    if found then return type_at(found) end
  end
end

--- A function, by "bot.after" or "Message:answer": { parameters = a list of { name, is_optional, type }, result = the type of
--- what it returns first }; nil: there is none.
function annotation.find(name)
  if functions[name] ~= nil then return functions[name] or nil end
  functions[name] = false
  for _, text in ipairs(read_texts()) do
    local at = text:find("\nfunction " .. name .. "(", 1, true)
    if at then
      local head = text:sub(math.max(1, at - 6000), at):match ".*\n\n(.*)$" or ""
      local found = { parameters = {} }
      for tag, rest in head:gmatch "%-%-%-@(%l+) ([^\n]+)" do
        if tag == "param" then found.parameters[#found.parameters + 1] = select(2, read_item(rest)) end
        if tag == "return" and not found.result then found.result = type_at(rest) end
      end
      functions[name] = found
    end
  end
  return functions[name] or nil
end

local methods = {} -- object -> names

--- The names of the methods of an object, such as "Message": a table whose keys they are.
function annotation.methods(object)
  if not methods[object] then
    methods[object] = {}
    for _, text in ipairs(read_texts()) do
      for name in text:gmatch("\nfunction " .. object .. ":([%w_]+)%(") do
        methods[object][name] = true
      end
    end
  end
  return methods[object]
end

local function split(expression)
  local parts, depth, from = {}, 0, 1
  for at = 1, #expression do
    local letter = expression:sub(at, at)
    if letter:find "[%(<{%[]" then depth = depth + 1 end
    if letter:find "[%)>}%]]" then depth = depth - 1 end
    if letter == "|" and depth == 0 then
      parts[#parts + 1] = expression:sub(from, at - 1)
      from = at + 1
    end
  end
  parts[#parts + 1] = expression:sub(from)
  return parts
end

--- The types that a value may have, one by one: without brackets, names of others replaced by what they stand for.
function annotation.alternatives(expression, list)
  list = list or {}
  for _, part in ipairs(split(expression)) do
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

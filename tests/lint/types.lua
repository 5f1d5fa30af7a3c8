-- Checks the LuaCATS annotations without an editor. They are Lua, every type that they name is defined, a function's parameters
-- are annotated, and the Bot API is the same in them and in C's table of methods.
local source = require "tests.lint.source"

local folder = "host/script/api/types/"
local built_in = {
  any = true, boolean = true, fun = true, integer = true, lightuserdata = true, number = true, string = true, table = true,
  userdata = true,
}
built_in["nil"] = true

local defined = {}   -- name of a class or alias -> true
local fields = {}    -- class -> { field -> true }
local mentions = {}  -- { path, line, type's name }
local functions = {} -- "telegram.send_message" -> the class of its parameters, or false

-- The type at the beginning of the text: up to a blank that neither brackets nor an operator carry on.
local function type_at(text)
  local depth, at = 0, 1
  while at <= #text do
    local character = text:sub(at, at)
    if character:find("[%(<{%[]") then depth = depth + 1 end
    if character:find("[%)>}%]]") then depth = depth - 1 end
    if character == " " and depth == 0 and not text:sub(1, at):find("[|,:]%s*$") and not text:find("^%s*|", at) then break end
    at = at + 1
  end
  return text:sub(1, at - 1)
end

local function mention(path, number, expression)
  local types = expression:gsub('"[^"]*"', ""):gsub("[%w_.]+%??%s*:", ""):gsub("%.%.%.", "")
  for name in types:gmatch("[%a_][%w_.]*") do mentions[#mentions + 1] = { path, number, name } end
end

local function define(path, number, name, what)
  if defined[name] and (what == "alias" or defined[name] == "alias") then
    source.complain(path, number, "%s is defined twice", name)
  end
  defined[name] = what
end

-- One file's state while its lines are read: the class that fields belong to, and the parameters of the function to come.
local function reader(path)
  local class
  local parameters = {}
  local tags = {}

  function tags.class(number, text)
    local name, parents = text:match("^([%w_.]+):?%s*(.*)$")
    class = name
    define(path, number, name, "class")
    fields[name] = fields[name] or {}
    mention(path, number, parents)
  end

  function tags.alias(number, text)
    local name, expression = text:match("^([%w_.]+)%s+(.+)$")
    define(path, number, name, "alias")
    mention(path, number, type_at(expression))
  end

  function tags.field(number, text)
    local name, expression = text:match("^([%w_]+)%??%s+(.+)$")
    fields[class][name] = true
    mention(path, number, type_at(expression))
  end

  function tags.param(number, text)
    local name, expression = text:match("^([%w_.]+)%??%s+(.+)$")
    parameters[#parameters + 1] = { name = name, type = type_at(expression) }
    mention(path, number, type_at(expression))
  end

  tags["return"] = function(number, text) mention(path, number, type_at(text)) end
  function tags.overload(number, text) mention(path, number, type_at(text)) end
  function tags.meta() end

  local function read_function(number, name, list)
    local annotated = {}
    for i, parameter in ipairs(parameters) do annotated[i] = parameter.name end
    if list ~= table.concat(annotated, ", ") then
      source.complain(path, number, "%s(%s): annotated are (%s)", name, list, table.concat(annotated, ", "))
    end
    functions[name] = parameters[1] and parameters[1].type or false
    parameters = {}
  end

  return function(number, line)
    local tag, text = line:match("^%-%-%-@(%a+)%s*(.*)$")
    local name, list = line:match("^function ([%w_.:]+)%((.-)%) end$")
    if tags[tag] then
      tags[tag](number, text)
    elseif tag then
      source.complain(path, number, "@%s: not known here", tag)
    elseif name then
      read_function(number, name, list)
    end
  end
end

local function read_file(path)
  local text = source.read(path)
  local chunk, message = load(text, "=" .. path, "t", {})
  local ok = chunk and pcall(chunk)
  if not ok then source.complain(path, 1, "is not Lua that can be loaded: %s", message or "it fails") end
  if not text:find("^%-%-%-@meta ") then source.complain(path, 1, "must begin with ---@meta: it is no code") end
  local read = reader(path)
  for number, line in ipairs(source.lines(text)) do read(number, line) end
end

for _, path in ipairs(source.list({ folder:sub(1, -2) }, { "lua" })) do
  if path ~= folder .. "generate.lua" then read_file(path) end
end

for _, item in ipairs(mentions) do
  local path, number, name = table.unpack(item)
  if not defined[name] and not built_in[name] then source.complain(path, number, "there is no type %s", name) end
end

-- ---- the Bot API: annotations and C's table, both ways ----

local methods_path, table_path = folder .. "telegram_methods.lua", "host/telegram/method_table.h"
local methods_text = source.read(methods_path)

local function check_method(number, name, parameters)
  local snake = name:gsub("%u", function(letter) return "_" .. letter:lower() end)
  local class = functions["telegram." .. snake]
  if class == nil then
    source.complain(table_path, number, "%s has no annotation telegram.%s", name, snake)
    return
  end
  if snake ~= name and not methods_text:find(("\ntelegram.%s = telegram.%s\n"):format(name, snake), 1, true) then
    source.complain(table_path, number, "%s has no annotation in that spelling", name)
  end
  local annotated = {}
  for field in pairs(class and fields[class] or {}) do annotated[field] = true end
  for parameter in parameters:gmatch("%S+") do
    if not annotated[parameter] then source.complain(table_path, number, "%s: %s is not annotated", name, parameter) end
    annotated[parameter] = nil
  end
  for field in pairs(annotated) do source.complain(methods_path, 1, "%s has no parameter %s in C's table", name, field) end
  functions["telegram." .. snake] = nil
end

local count, last = 0, ""
for number, line in ipairs(source.lines(source.read(table_path))) do
  local name, parameters = line:match('^{"(%w+)", "([%w_ ]*)"},$')
  if name then
    if name:lower() <= last then source.complain(table_path, number, "%s is out of order", name) end
    last, count = name:lower(), count + 1
    check_method(number, name, parameters)
  end
end
if count == 0 then source.complain(table_path, 1, "there are no methods in it") end
for name in methods_text:gmatch("\nfunction (telegram%.[%w_]+)%(") do
  if functions[name] ~= nil then source.complain(methods_path, 1, "C's table does not have %s", name) end
end

source.finish()

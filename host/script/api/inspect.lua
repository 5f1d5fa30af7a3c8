-- Static checks of one script, for `lunokhod check` and for a reload: names of modules, methods, parameters, fields, steps and
-- jobs that there are not, and parameters that are missing. No handler is run. All checks only warn, and say nothing where they
-- can't be sure. What there is they know from the annotations for editors, and from the modules themselves.
local annotation = require "core.annotation"
local core = require "core.script"
local spelling = require "core.spelling"
local sql_check = require "core.sql_check"
local syntax = require "core.syntax"
local wait_check = require "core.wait_check"

local inspect = {}

local Inspection = {} -- { file, world, warnings }
Inspection.__index = Inspection

local LIBRARIES = { coroutine = true, debug = true, math = true, os = true, string = true, table = true, utf8 = true }

function Inspection:warn(line, ...)
  self.warnings[#self.warnings + 1] = { line = line, text = string.format(...) }
end

function Inspection:value(node) return syntax.value(self.file, node) end
function Inspection:text(node) return syntax.text(self.file, node) end

local function hint(nearest) return nearest and (", did you mean %s?"):format(nearest) or "" end

local function names_of(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, " ")
end

-- ---- what a node stands for ----

-- The name of the module that the node is, such as "bot"; telegram.try has the methods of telegram.
function Inspection:module_of(node)
  node = self:value(node)
  if not node then return nil end
  if node.tag == "Call" and #node == 2 and syntax.is_global(self.file, node[1], "require") then
    return self:text(node[2])
  end
  if node.tag == "Index" and self:text(node[2]) == "try" and self:module_of(node[1]) == "telegram" then
    return "telegram"
  end
end

-- "telegram.send_message" for the node that means it; a method of Telegram in the spelling of the annotations.
function Inspection:function_name(node)
  node = self:value(node)
  if not node or node.tag ~= "Index" then return nil end
  local module, name = self:module_of(node[1]), self:text(node[2])
  if not module or not name then return nil end
  if module == "telegram" then
    name = name:gsub("%u", function(letter) return "_" .. letter:lower() end)
  end
  return module .. "." .. name
end

-- The function that is called, as the annotations know it, and how many of the node's parts come before its arguments.
function Inspection:called(node)
  if node.tag == "Call" then
    local name = self:function_name(node[1])
    local field = not name and self:type_of(node[1])
    if field then return annotation.of_type(field), 1, "bot." .. (self:text(node[1][2]) or "") end -- a router's
    return name and annotation.find(name), 1, name
  end
  local class = annotation.object_class(self:type_of(node[1]))
  local name = class and class.object .. ":" .. node[2][1]
  return name and annotation.find(name), 2, name
end

local type_of = {}

function type_of.Id(_, node) return node.variable and node.variable.type or nil end

function type_of.Index(self, node)
  local base, name = self:type_of(node[1]), self:text(node[2])
  local class = annotation.only_class(base)
  if class then return name and class.fields[name] and class.fields[name].type end
  return base and base:match "^(telegram%.%w+)%[%]%??$" -- of a list, whatever the place in it
end

function type_of.Call(self, node)
  local found = self:called(node)
  return found and found.result
end

type_of.Invoke = type_of.Call

-- The type of a value, as a text of the annotations; nil: not known.
function Inspection:type_of(node)
  node = self:value(node)
  local how = node and type_of[node.tag]
  return how and how(self, node) or nil
end

-- ---- what handlers are given ----

local MESSAGES = {
  message = true, edited_message = true, channel_post = true, edited_channel_post = true, business_message = true,
  edited_business_message = true, guest_message = true,
}

-- bot.on("message:photo", fn): what fn gets.
local function payload_of(update_type)
  local name = update_type and update_type:match "^[%l_]+"
  if MESSAGES[name] then return "telegram.Message" end
  return name == "callback_query" and "telegram.CallbackQuery" or nil
end

-- The types of a function's parameters: "fun(message: telegram.Message, data: any)".
local function parameter_types(expression)
  local types = {}
  for _, each in ipairs(annotation.alternatives(expression)) do
    local list = each:match "^fun(%b())"
    for name in (list and list:sub(2, -2) or ""):gmatch "[%w_.]+: ([%w_.]+)" do
      types[#types + 1] = name
    end
  end
  return types
end

local function give_types(handler, types)
  for i, name in ipairs(handler[1]) do
    if types[i] and types[i] ~= "any" and name.variable and name.variable.sets == 0 then
      local is_same = name.variable.type == nil or name.variable.type == types[i]
      name.variable.type = is_same and types[i] or "any" -- a function that is given to routes of two kinds
    end
  end
end

function Inspection:type_handlers(call)
  local found, before, name = self:called(call)
  for i, parameter in ipairs(found and found.parameters or {}) do
    local handler = self:value(call[before + i])
    if handler and handler.tag == "Function" then
      local types = parameter_types(parameter.type)
      if name == "bot.on" then types = { payload_of(self:text(call[before + 1])) } end
      give_types(handler, types)
    end
  end
end

-- ---- tables of parameters, options and objects ----

local function short(class) return (class.name:gsub("^telegram%.", "")) end

-- "message" for telegram.Message: what a script would call it.
local function object_name(class) return (short(class):gsub("(%l)(%u)", "%1_%2"):lower()) end

-- Objects with functions are made by functions: no table that stands in a script is one.
local function is_literal(class)
  for _, field in pairs(class.fields) do
    if field.type:find "^fun%(" then return false end
  end
  return next(class.fields) ~= nil
end

-- What the table may be: classes whose fields its keys are, and types of its items.
local function read_expression(expression)
  local classes, items, is_open, is_map = {}, {}, false, false
  for _, each in ipairs(annotation.alternatives(expression)) do
    local item = each:match "^(.+)%[%]$"
    local class = not item and annotation.class(each)
    if item then items[#items + 1] = item end
    if class and is_literal(class) then classes[#classes + 1] = class end
    is_open = is_open or each == "table" -- more keys than are listed, or fewer
    is_map = is_map or each:find "^table<" ~= nil -- any keys
  end
  return is_map and {} or classes, items, is_open
end

-- Of several classes those that the table's keys speak for.
local function narrow(classes, keys)
  local fitting = {}
  for _, class in ipairs(classes) do
    for _, key in ipairs(keys) do
      if class.fields[key.name] then
        fitting[#fitting + 1] = class
        break
      end
    end
  end
  return #fitting > 0 and fitting or classes
end

local function field_in(classes, name)
  for _, class in ipairs(classes) do
    if class.fields[name] then return class.fields[name] end
  end
end

local function nearest_in(classes, name)
  for _, class in ipairs(classes) do
    local nearest = core.nearest(name, names_of(class.fields))
    if nearest then return nearest, class end
  end
end

-- The keys of a table: a list of { name, value, line }; the items without one; whether all keys are known.
function Inspection:read_table(node)
  local keys, items, is_whole = {}, {}, true
  for _, part in ipairs(node) do
    local name = part.tag == "Pair" and self:text(part[1])
    if name then
      keys[#keys + 1] = { name = name, value = part[2], line = part.line }
    elseif part.tag == "Pair" then
      is_whole = false
    else
      items[#items + 1] = part
    end
  end
  return keys, items, is_whole
end

-- what: how a warning names the table, instead of its class; noun: its keys, instead of "field".
function Inspection:check_keys(keys, classes, what, noun)
  local meant = {}
  for _, key in ipairs(keys) do
    local field = field_in(classes, key.name)
    if field then
      meant[key.name] = true
      self:check_value(key.value, field.type)
    else
      local nearest, class = nearest_in(classes, key.name)
      meant[nearest or ""] = true
      self:warn(key.line, "%s: no %s %s%s", what or short(class or classes[1]), noun or "field", key.name, hint(nearest))
    end
  end
  return meant
end

function Inspection:check_required(class, meant, line, what, noun)
  local missing = {}
  for name, field in pairs(class.fields) do
    if not field.is_optional and not meant[name] then missing[#missing + 1] = name end
  end
  table.sort(missing)
  for _, name in ipairs(missing) do
    self:warn(line, "%s: the %s %s is missing", what or short(class), noun or "field", name)
  end
end

-- A value where one of this type is expected: only a table that stands there is looked into.
function Inspection:check_value(node, expression, what, noun)
  node = self:value(node)
  if not node or node.tag ~= "Table" then return end
  local keys, items, is_whole = self:read_table(node)
  local classes, item_types, is_open = read_expression(expression)
  for _, item in ipairs(#item_types > 0 and items or {}) do
    self:check_value(item, table.concat(item_types, "|"))
  end
  if #classes == 0 or #items > 0 or #keys == 0 and #item_types > 0 then return end
  classes = narrow(classes, keys)
  local meant = self:check_keys(keys, classes, what, noun)
  if #classes == 1 and is_whole and not is_open then
    self:check_required(classes[1], meant, node.line, what, noun)
  end
end

-- ---- calls ----

-- The method's name in the spelling that the script uses.
local function as_in(example, name)
  return example:find "%u" and name or (name:gsub("%u", function(letter) return "_" .. letter:lower() end))
end

-- telegram.name, wherever it stands.
function Inspection:check_method(name, line)
  local method, nearest = self.world.find_method(name)
  if not method and not self.own[name] then
    self:warn(line, "telegram.%s: no such method%s", name, hint(nearest and as_in(name, nearest)))
  end
  return not self.own[name] and type(method) == "string" and method or nil
end

-- telegram.send_message{ ... }: the parameters of the Bot API.
function Inspection:check_parameters(call, method, name)
  local class = "telegram." .. method:gsub("^%l", string.upper) .. "Parameters"
  local given = call[2] and self:value(call[2])
  if not annotation.class(class) and given and given.tag == "Table" then -- a method without any
    self:check_keys(self:read_table(given), {}, "telegram." .. name, "parameter")
  end
  self:check_value(call[2], class, "telegram." .. name, "parameter")
  self:check_value(call[3], "telegram.Options", "telegram." .. name, "option")
end

function Inspection:check_arguments(call)
  local found, before, name = self:called(call)
  local first = call[before + 1]
  local has_method = name and name:find "broadcast$" or name == "broadcast.start" -- its parameters are those of any method
  if has_method and first and first.tag == "Table" then
    for _, key in ipairs((self:read_table(first))) do
      if key.name == "method" then return end
    end
  end
  for i, parameter in ipairs(found and found.parameters or {}) do
    local is_option = parameter.name == "options" or parameter.name == "parameters"
    local what = is_option and name:gsub("^Callback:", "callback_query:"):gsub("^Message:", "message:") or nil
    self:check_value(call[before + i], parameter.type, what,
      is_option and (parameter.name == "options" and "option" or "parameter") or nil)
  end
end

-- bot.after(10, "name"), message:ask("How much?", "name"): the parameter that names something says so by its own name.
local NAMING = { work = "job", step = "step" }

function Inspection:check_name(node, kind)
  local name = node and self:text(node)
  if name and not self.world.registered[kind][name] then
    self:warn(node.line, "no script has the %s %q", kind, name)
  end
end

-- bot.on("callback_query:data", fn). Fields of messages are looked at when the script loads.
function Inspection:check_update_field(node)
  local update_type, field = (node and self:text(node) or ""):match "^([%l_]+):([%l_]+)$"
  local payload = update_type and annotation.class("telegram.Update").fields[update_type]
  local class = payload and annotation.only_class(payload.type)
  if not class or class.name == "telegram.Message" or class.fields[field] then return end
  self:warn(node.line, "bot.on: %s has no field %q%s", update_type, field, hint(core.nearest(field, names_of(class.fields))))
end

function Inspection:check_names(call)
  local found, before, name = self:called(call)
  if call.tag == "Invoke" and call[2][1] == "ask" and not self.has_own_ask then
    self:check_name(call[4], "step")
    return
  end
  if name == "bot.on" then self:check_update_field(call[2]) end
  if name == "bot.cancel" then self:check_name(call[2], "job") end
  if name == "fsm.set" then self:check_name(call[3], "step") end
  for i, parameter in ipairs(found and found.parameters or {}) do
    if NAMING[parameter.name] then self:check_name(call[before + i], NAMING[parameter.name]) end
  end
end

function Inspection:check_invoke(call)
  local name, on = call[2][1], call[1]
  if self:module_of(on) == "telegram" then
    self:warn(call.line, "telegram:%s: write a dot instead of the colon", name)
    return
  end
  local class = annotation.object_class(self:type_of(on))
  local methods = class and annotation.methods(class.object)
  if methods and not methods[name] and not class.fields[name] and not self.world.fields[name] then
    self:warn(call.line, "%s:%s: no such method%s", object_name(class), name, spelling.hint(name, names_of(methods)))
  end
end

function Inspection:check_call(call)
  if call.tag == "Invoke" then
    self:check_invoke(call)
  elseif call[1].tag == "Index" and self:module_of(call[1][1]) == "telegram" then
    local name = self:text(call[1][2])
    local method = name and self.world.find_method(name)
    if type(method) == "string" and not self.own[name] then self:check_parameters(call, method, name) end
  end
  local module = call.tag == "Call" and self:function_name(call[1])
  if not module or not module:find "^telegram%." or type(self.world.find_method(module:sub(10))) ~= "string" then
    self:check_arguments(call)
  end
  self:check_names(call)
  sql_check.check(self, call)
  if self.world.is_elsewhere then wait_check.check(self, call) end
end

-- ---- names ----

-- A field of an object of Telegram. Only what is nearly the name of a field is told, since Telegram may be newer than the host.
function Inspection:check_field(index, name)
  local class = annotation.only_class(self:type_of(index[1]))
  local methods = class and class.object and annotation.methods(class.object) or {}
  if not class or class.fields[name] or methods[name] or self.world.fields[name] then return end
  local nearest = core.nearest(name, names_of(class.fields))
  if nearest then self:warn(index.line, "%s has no field %s%s", short(class), name, hint(nearest)) end
end

-- module.name: of the host's modules all names are known, of a script's own ones those that it has set.
function Inspection:check_member(index, module, name)
  local members = self.world.members(module)
  if not members or members[name] ~= nil or self.own[name] or self.world.fields[name] then return end
  local nearest = core.nearest(name, names_of(members))
  if nearest or self.world.is_ours(module) then
    self:warn(index.line, "%s.%s: there is no such thing%s", module, name, hint(nearest))
  end
end

function Inspection:check_index(index)
  local name, base = self:text(index[2]), index[1]
  if not name then return end
  local module = self:module_of(base)
  if module == "telegram" then
    self:check_method(name, index[2].line)
  elseif module then
    self:check_member(index, module, name)
  elseif base.tag == "Id" and LIBRARIES[base[1]] and syntax.is_global(self.file, base) then
    self:check_member(index, base[1], name)
  else
    self:check_field(index, name)
  end
end

function Inspection:check_reads()
  local environment, globals, is_open = self.world.environment, self.file.globals, false
  for _, read in ipairs(self.file.reads) do
    is_open = is_open or read[1] == "_ENV" or read[1] == "_G" -- by which it may set whatever it likes
  end
  for _, read in ipairs(self.file.reads) do
    local name = read[1]
    if not is_open and not globals._ENV and environment[name] == nil and not globals[name] then
      local advice = spelling.is_module(name) and (': add local %s = require "%s"'):format(name, name)
      self:warn(read.line, "undefined variable %q%s", name, advice or spelling.hint_among(name, environment))
    end
  end
end

-- What this file adds to modules: function telegram.later() end
function Inspection:find_own()
  self.own = {}
  for _, index in ipairs(self.file.assigned) do
    local name = self:text(index[2])
    if name and self:module_of(index[1]) then self.own[name] = true end
    self.has_own_ask = self.has_own_ask or name == "ask"
  end
end

--- Adds to the world what others have to know of this file: the fields that it sets, and the tables that come and go.
function inspect.learn(file, world)
  for _, index in ipairs(file.assigned) do
    local name = syntax.text(file, index[2])
    if name then world.fields[name] = true end
  end
  sql_check.passing_names(setmetatable({ file = file, world = world }, Inspection), world.passing)
end

--- The warnings about a file that core.syntax has read. world: {
---   find_method(name) -> the method in Telegram's spelling; true for a function of the module itself; or nil and the nearest,
---   members(module) -> its names, or nil, is_ours(module) -> is it the host's?,
---   registered = { step = {}, job = {} }, whose keys are names, environment = globals, fields and passing = what
---   inspect.learn() has added of all files, statement = core.statement.examine, has_table(sql) -> is its table there?,
---   is_elsewhere = shall all run on PostgreSQL, too?, elsewhere(sql) -> why the first statement does not run there
---   (nil: it does), what follows it (nil: nothing) }.
function inspect.file(file, world)
  local self = setmetatable({ file = file, world = world, warnings = {} }, Inspection)
  self:find_own()
  for _, call in ipairs(file.calls) do
    self:type_handlers(call)
  end
  for _, call in ipairs(file.calls) do
    self:check_call(call)
  end
  for _, index in ipairs(file.indexes) do
    self:check_index(index)
  end
  self:check_reads()
  table.sort(self.warnings, function(a, b) return a.line < b.line or a.line == b.line and a.text < b.text end)
  for i, warning in ipairs(self.warnings) do
    self.warnings[i] = ("%s:%d: %s"):format(file.path, warning.line, warning.text)
  end
  return self.warnings
end

return inspect

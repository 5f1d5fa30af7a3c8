-- The syntax tree of a script, by the parser of luacheck, in which each name knows what it names. A node has its kind in `tag`,
-- its `line`, and its parts by numbers. This room adds `variable` to the nodes of names.
local core = require "core.script"

local syntax = {}

-- Luacheck's files run with globals of their own, and nobody else can require them: among them are functions that load code.
local modules, globals = {}, {}
for name, value in next, _G do
  globals[name] = value
end

function globals.require(name)
  if not modules[name] then
    local path = name:gsub("%.", "/") .. ".lua"
    modules[name] = assert(load(core.builtin(path), "=lunokhod/" .. path, "t", globals))(name)
  end
  return modules[name]
end

local decoder, parser = globals.require "luacheck.decoder", globals.require "luacheck.parser"

local FOLLOWED_MAX = 20 -- names that stand for names

-- A variable is { value = its first value, or nil; sets = how often it is assigned later }.
local function declare(scope, id, value)
  local variable = { value = value, sets = 0 }
  scope[id[1]], id.variable = variable, variable
end

local function inside(scope) return setmetatable({}, { __index = scope }) end

local visit = {} -- tag -> function(file, node, scope)

local function visit_one(file, node, scope)
  local how = visit[node.tag]
  if how then how(file, node, scope) end
end

local function visit_all(file, list, scope, first)
  for i = first or 1, #list do
    visit_one(file, list[i], scope)
  end
end

function visit.Id(file, node, scope)
  node.variable = scope[node[1]]
  if not node.variable then
    file.reads[#file.reads + 1] = node
  end
end

function visit.Local(file, node, scope)
  local names, values = node[1], node[2] or {}
  visit_all(file, values, scope)
  for i, name in ipairs(names) do
    declare(scope, name, values[i])
  end
end

function visit.Localrec(file, node, scope)
  declare(scope, node[1][1], node[2][1])
  visit_one(file, node[2][1], scope)
end

local function assign(file, target, value, scope)
  if target.tag == "Index" then
    visit_all(file, target, scope)
    file.assigned[#file.assigned + 1] = target
    return
  end
  local variable = scope[target[1]]
  if not variable then -- a global: its first value counts, as that of a local
    variable = file.globals[target[1]]
    file.globals[target[1]] = variable or { value = value, sets = 0, line = target.line }
  end
  target.variable = variable
  if variable then
    variable.sets = variable.sets + 1
  end
end

function visit.Set(file, node, scope)
  visit_all(file, node[2], scope)
  for i, target in ipairs(node[1]) do
    assign(file, target, node[2][i], scope)
  end
end

function visit.Function(file, node, scope)
  scope = inside(scope)
  for _, name in ipairs(node[1]) do
    if name.tag == "Id" then declare(scope, name) end
  end
  visit_all(file, node[2], scope)
end

function visit.Fornum(file, node, scope)
  visit_all(file, { table.unpack(node, 2, #node - 1) }, scope)
  scope = inside(scope)
  declare(scope, node[1])
  visit_all(file, node[#node], scope)
end

function visit.Forin(file, node, scope)
  visit_all(file, node[2], scope)
  scope = inside(scope)
  for _, name in ipairs(node[1]) do
    declare(scope, name)
  end
  visit_all(file, node[3], scope)
end

function visit.Do(file, node, scope) visit_all(file, node, inside(scope)) end

function visit.While(file, node, scope)
  visit_one(file, node[1], scope)
  visit_all(file, node[2], inside(scope))
end

function visit.Repeat(file, node, scope)
  scope = inside(scope)
  visit_all(file, node[1], scope)
  visit_one(file, node[2], scope)
end

function visit.If(file, node, scope)
  for i = 1, #node do
    if node[i].tag then
      visit_one(file, node[i], scope)
    else
      visit_all(file, node[i], inside(scope))
    end
  end
end

function visit.Call(file, node, scope)
  file.calls[#file.calls + 1] = node
  visit_all(file, node, scope)
end

function visit.Index(file, node, scope)
  file.indexes[#file.indexes + 1] = node
  visit_all(file, node, scope)
end

visit.Invoke = visit.Call
for _, tag in ipairs { "Return", "Op", "Paren", "Table", "Pair" } do
  visit[tag] = visit_all
end

--- Reads a script that has compiled: { path, calls, indexes (what is read), assigned (the same, what is written), reads (names
--- that are no locals), globals (name -> variable), tree (its statements), begins (the offset of each line) }. nil: the parser
--- does not know it.
function syntax.read(text, path)
  local file = { path = path, calls = {}, indexes = {}, assigned = {}, reads = {}, globals = {} }
  local results = table.pack(pcall(parser.parse, decoder.decode(text)))
  if not results[1] then return nil end
  file.tree, file.begins = results[2], results[7]
  visit_all(file, file.tree, {})
  return file
end

local function variable_of(file, id) return id.variable or file.globals[id[1]] end

--- What a name stands for, as far as that is sure; any other node is itself. nil: it is not known.
function syntax.value(file, node)
  for _ = 1, FOLLOWED_MAX do
    if not node then return nil end
    if node.tag == "Paren" then
      node = node[1]
    elseif node.tag == "Id" then
      local variable = variable_of(file, node)
      if not variable then return node end
      if variable.sets > 0 then return nil end
      if variable.type then return node end
      node = variable.value
    else
      return node
    end
  end
end

--- The text that the node is, also one put together of texts; nil: it is none, or not known.
function syntax.text(file, node)
  local value = syntax.value(file, node)
  if not value then return nil end
  if value.tag == "String" then return value[1] end
  if value.tag == "Op" and value[1] == "concat" then
    local left, right = syntax.text(file, value[2]), syntax.text(file, value[3])
    return left and right and left .. right
  end
end

--- Is it this global, which the script has left as it is?
function syntax.is_global(file, node, name)
  return node.tag == "Id" and not variable_of(file, node) and (name == nil or node[1] == name)
end

return syntax

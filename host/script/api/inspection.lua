-- The steps of an inspection of all scripts: each is short enough for the limits of one call. First every file is read, then
-- the routes are tried, then each file is inspected with what is known of all.
local annotation = require "core.annotation"
local core = require "core.script"
local environment = require "core.environment"
local inspect = require "core.inspect"
local spelling = require "core.spelling"
local statement = require "core.statement"
local syntax = require "core.syntax"
local unreachable = require "core.unreachable"

local inspection = {}

local tasks, next_task -- functions that return a list of warnings, or nothing

-- A method of Telegram, or a function of the module telegram that is none, such as telegram.file.
local function find_method(name)
  local method, nearest = core.find_method(name)
  return method or rawget(require "telegram", name) ~= nil or nil, nearest
end

local function names_in(table)
  local names = {}
  for name in next, table do
    names[name] = true
  end
  return names
end

-- What a module has, of the host or of a script, or a library of Lua; nil: not known.
local function members(name, globals)
  if spelling.is_module(name) then
    local names = names_in(require(name))
    names.me = name == "bot" or nil -- which is there when Telegram has answered
    return names
  end
  local found = package.loaded[name]
  if name:find "^core%." or type(found) ~= "table" or getmetatable(found) then return nil end
  return names_in(globals[name] or found)
end

-- Does CREATE TABLE name ... make one that is there already?
local function has_table(sql)
  local what, rest = sql:upper():match "^%s*CREATE%s+(%u+)%s+(.*)$"
  while what == "TEMP" or what == "TEMPORARY" or what == "VIRTUAL" do
    what, rest = rest:match "^(%u+)%s+(.*)$"
  end
  if what ~= "TABLE" and what ~= "VIEW" then return true end -- nothing is read from an index
  local name = rest:gsub("^IF%s+NOT%s+EXISTS%s+", ""):match "^[\"%[`]?([%w_\x80-\xff]+)"
  return name and pcall(statement.examine, ('SELECT 1 FROM "%s"'):format(name)) or false
end

local function new_world(registered)
  local globals = {} -- what a file finds
  for name, value in next, environment() do
    globals[name] = value
  end
  return {
    find_method = find_method,
    members = function(name) return members(name, globals) end,
    is_ours = function(name) return spelling.is_module(name) or globals[name] ~= nil end,
    registered = registered,
    environment = globals,
    fields = {},
    passing = {},
    statement = statement.examine,
    is_elsewhere = statement.is_elsewhere,
    elsewhere = statement.elsewhere,
    has_table = has_table,
  }
end

--- Begins: paths are the files, hidden the warnings about those that are never loaded, routes and registered what the load
--- has registered.
function inspection.begin(paths, hidden, routes, registered)
  local world, files = new_world(registered), {}
  tasks, next_task = { annotation.load, function() return hidden end }, 1
  for _, path in ipairs(paths) do
    tasks[#tasks + 1] = function()
      local file = syntax.read(core.read(path) or "", path)
      if not file then return end
      files[#files + 1] = file
      inspect.learn(file, world)
      tasks[#tasks + 1] = function() return inspect.file(file, world) end
    end
  end
  tasks[#tasks + 1] = function() return unreachable.find(routes) end
end

--- Does the next step. Returns its warnings, a line of text each; nil: there is no further one.
function inspection.step()
  local task = tasks and tasks[next_task]
  next_task = (next_task or 0) + 1
  if task then return task() or {} end
  tasks = nil
  annotation.forget()
end

--- The warnings about one text, for a test.
function inspection.of_text(text, registered)
  local world = new_world(registered)
  local file = assert(syntax.read(text, "a.lua"))
  inspect.learn(file, world)
  return inspect.file(file, world)
end

return inspection

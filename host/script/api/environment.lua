-- The globals of one file: its own copy of the standard ones, and of the tables of the libraries, so that what one file changes
-- in them no other sees. What require gives of the host can't be changed at all. To read a global that was never set is an
-- error, because it is nearly always a misspelt local. Files do not share globals; shared code is required.
--
-- Other people's modules, below lua_modules/, are used to less: they ask whether a global is there. All of them share one table
-- of globals, in which what was never set is nil, as in plain Lua. No script sees it.
local hidden_file = require "core.hidden_file"
local log = require "log"
local routes = require "core.routes"
local spelling = require "core.spelling"

local LIBRARIES = { "coroutine", "debug", "math", "os", "string", "table", "utf8" }
local load, package, require = load, package, require

print = log.info

local function undefined(environment, name)
  local hint = ""
  if spelling.is_module(name) then
    hint = (': add local %s = require "%s"'):format(name, name)
  elseif type(name) == "string" then
    hint = spelling.hint_among(name, environment)
  end
  error(("undefined variable %q%s"):format(tostring(name), hint), 2)
end

local function copy(original)
  local made = {}
  for name, value in next, original do
    made[name] = value
  end
  return made
end

-- Methods of strings come from Lua's own table, which nobody can reach.
getmetatable("").__metatable = false

-- What package.loaded and require "string" give is a copy as well.
for _, name in ipairs(LIBRARIES) do
  package.loaded[name] = copy(package.loaded[name])
end
package.loaded._G = copy(_G)
-- By these one file would reach what all share.
package.loaded._G._G, package.loaded._G.package = nil, nil

local OURS = copy(package.preload)
for name in next, package.loaded do
  OURS[name] = true
end

-- A table that shows what another holds. `read` gives a field; `inner` are the fields that are not shown as they are.
local function sealed(original, read, complaint, inner)
  return setmetatable({}, {
    __index = read,
    __newindex = function() error(complaint, 2) end,
    __pairs = function()
      local shown = copy(original)
      for name, seal in next, inner or {} do shown[name] = seal end
      return next, shown
    end,
    __len = function() return #original end,
    __metatable = false,
  })
end

-- A module, with all tables in it. A chain of tables and no function, since scripts read from modules all the time.
local function sealed_module(name, module)
  local inner = {}
  for key, value in next, module do
    if type(value) == "table" then inner[key] = sealed_module(name .. "." .. tostring(key), value) end
  end
  local read = next(inner) and setmetatable(copy(inner), { __index = module }) or module
  return sealed(module, read, name .. " belongs to the host and can't be changed", inner)
end

-- The functions that give one file the modules. Each file has seals of its own, as rawset could write into one.
local function importer()
  local seals = {}

  local function shown(name, module)
    if type(module) ~= "table" or not OURS[name] then return module end
    seals[name] = seals[name] or sealed_module(name, module)
    return seals[name]
  end

  local function import(name)
    if OURS[name] then
      hidden_file.ask(name)
      return shown(name, require(name))
    end
    if package.loaded[name] == nil then
      local path, places = package.searchpath(name, package.path)
      if not path then error(("module '%s' not found:\n\t%s"):format(name, places), 2) end
    end
    return require(name)
  end

  local loaded = sealed(package.loaded, function(_, name) return shown(name, package.loaded[name]) end,
    "package.loaded can't be changed: what is loaded stays until the next reload")
  return import, loaded
end

-- For our own code, which runs with the real globals.
setmetatable(_G, { __index = undefined })

-- The modules that are there already, and the others when they come. telegram has a name for whatever is asked for.
for _, name in ipairs(spelling.modules) do
  local open = package.preload[name]
  if rawget(package.loaded, name) and name ~= "telegram" then
    spelling.guard(name, package.loaded[name])
  elseif name ~= "telegram" then
    package.preload[name] = function(...) return spelling.guard(name, open(...)) end
  end
end

local function set_shared(_, name)
  error(("shared code can't set the global %q: make it local and return it"):format(tostring(name)), 2)
end

-- What package.loaded is for other people's modules: some put themselves there.
local function open_loaded(shown)
  return setmetatable({}, {
    __index = function(_, name) return shown[name] end,
    __newindex = function(_, name, module)
      if OURS[name] then error(("%s belongs to the host and can't be changed"):format(tostring(name)), 2) end
      package.loaded[name] = module
    end,
    __metatable = false,
  })
end

local function new_environment()
  local environment = copy(_G)
  for _, name in ipairs(LIBRARIES) do
    environment[name] = copy(environment[name])
  end
  -- Where to search is the host's decision.
  local import, loaded = importer()
  local preload = sealed(package.preload, package.preload, "package.preload can't be changed: make a file of the module")
  environment.require = import
  environment.package = { config = package.config, path = package.path, cpath = "", preload = preload, loaded = loaded }
  environment._G = environment
  function environment.load(chunk, name, mode, ...)
    if select("#", ...) == 0 then
      return load(chunk, name, mode, environment)
    end
    return load(chunk, name, mode, (...))
  end
  return environment
end

-- Many modules name io when they are loaded, and few need it. There are no files here; what is written is a line of the log.
local function new_io()
  local io, output = {}, {}
  local function refuse(path) return nil, tostring(path) .. ": a bot opens no files" end
  function output:write(...)
    log.info(table.concat({ ... }))
    return self
  end
  function output:flush() return self end
  function output:setvbuf() return self end -- luacheck: no self
  function output:close() return true end -- luacheck: no self
  for _, name in ipairs { "open", "popen", "lines", "tmpfile" } do io[name] = refuse end
  function io.write(...) return output:write(...) end
  function io.output() return output end
  function io.type() return nil end
  io.stdout, io.stderr, io.stdin = output, output, output
  return io
end

local others -- the globals of other people's modules

local function environment_of_others()
  if not others then
    others = new_environment()
    others.package.loaded = open_loaded(others.package.loaded)
    -- Only where the host looks, too: it would tell which files the machine has.
    function others.package.searchpath(name) return package.searchpath(name, package.path) end
    others.io = new_io()
  end
  return others
end

--- Of a script; or, without a path, of a file that was required. is_foreign: the file is below lua_modules/.
return function(path, is_foreign)
  if is_foreign then return environment_of_others() end
  if path then
    routes.files[#routes.files + 1] = path
  end
  return setmetatable(new_environment(), { __index = undefined, __newindex = not path and set_shared or nil })
end

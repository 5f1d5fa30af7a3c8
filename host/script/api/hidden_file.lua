-- Shared code that no script can require, because the host has a module of its name. A script of that name, as bot.lua usually
-- is, is no shared code: it returns nothing.
local core = require "core.script"
local spelling = require "core.spelling"

local hidden_file = {}

local asked = {} -- names of the host's modules that scripts have required

--- A script has required a module of the host.
function hidden_file.ask(name) asked[name] = true end

-- The paths of all files that have been required, perhaps under another name.
local function required_paths()
  local paths = {}
  for name in pairs(package.loaded) do
    local path = not package.preload[name] and package.searchpath(name, package.path)
    if path then paths[path] = true end
  end
  return paths
end

local function returns_something(path)
  return ("\n" .. (core.read(path) or "")):find "\nreturn%f[%W]" ~= nil
end

--- A line of text for each such file.
function hidden_file.find()
  local warnings, is_required = {}, required_paths()
  for _, name in ipairs(spelling.modules) do
    for place in (asked[name] and package.path or ""):gmatch "[^;]+" do
      local path = package.searchpath(name, place)
      if path and not is_required[path] and returns_something(path) then
        warnings[#warnings + 1] = ('%s is never loaded: require "%s" gives the module of the host; rename the file')
          :format(path, name)
      end
    end
  end
  return warnings
end

return hidden_file

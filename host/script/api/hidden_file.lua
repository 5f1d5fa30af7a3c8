-- Files that no script can require, because the host has a module of their name. A script of that name is no such file: it is
-- loaded as a script, as bot.lua usually is. It counts where it returns something, as shared code does.
local core = require "core.script"
local spelling = require "core.spelling"

local hidden_file = {}

local asked = {} -- names of the host's modules that scripts have required

--- A script has required a module of the host.
function hidden_file.ask(name) asked[name] = true end

-- Has the file run as a script only, or under another name that something requires?
local function is_reached(path, is_script)
  local has_run, has_returned = core.has_run(path)
  return has_run and not (is_script and has_returned)
end

--- A line of text for each such file. scripts: the paths of the scripts.
function hidden_file.find(scripts)
  local warnings, is_script = {}, {}
  for _, path in ipairs(scripts) do is_script[path] = true end
  for _, name in ipairs(spelling.modules) do
    for place in (asked[name] and package.path or ""):gmatch "[^;]+" do
      local path = package.searchpath(name, place)
      if path and not is_reached(path, is_script[path]) then
        warnings[#warnings + 1] = ('%s is never loaded: require "%s" gives the module of the host; rename the file')
          :format(path, name)
      end
    end
  end
  return warnings
end

return hidden_file

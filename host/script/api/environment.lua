-- The globals of one script file: its own copy of the standard ones. To read a global that was never set is an error, because it is
-- nearly always a misspelt local. Files do not share globals; shared code is required.
local log = require "log"
local routes = require "core.routes"

local function undefined(_, name)
  error(("undefined variable %q"):format(tostring(name)), 2)
end

print = log.info

-- Shared code runs with the real globals, which can't be changed.
setmetatable(_G, {
  __index = undefined,
  __newindex = function(_, name)
    error(("shared code can't set the global %q: make it local and return it"):format(tostring(name)), 2)
  end,
})

return function(path)
  routes.files[#routes.files + 1] = path
  local environment = {}
  for name, value in pairs(_G) do
    environment[name] = value
  end
  environment._G = environment
  return setmetatable(environment, { __index = undefined })
end

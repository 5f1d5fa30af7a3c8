-- Waiting for what must come true. The ceiling only ends a test that has failed already, so it is generous.
local socket = require "socket"

local CEILING = tonumber(os.getenv("LUNOKHOD_TEST_CEILING")) or 30 -- seconds
local PAUSE = 0.01

-- Asks condition() again and again and returns its first true result. `what` says in the error what did not come; a function is
-- called for it then.
return function(condition, what, ceiling)
  local give_up_at = socket.gettime() + (ceiling or CEILING)
  while true do
    local result = condition()
    if result then return result end
    if socket.gettime() > give_up_at then
      if type(what) == "function" then what = what() end
      error(("waited in vain: %s"):format(what or "(no name given)"), 2)
    end
    socket.sleep(PAUSE)
  end
end

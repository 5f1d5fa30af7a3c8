-- Waits until a condition is true. The time limit ends only a test that has failed already, so it is long.
local socket = require "socket"

local CEILING = tonumber(os.getenv("LUNOKHOD_TEST_CEILING")) or 30 -- seconds
local PAUSE = 0.01

-- Calls condition() again and again and returns its first true result. `what` names the condition in the error, as a text or as
-- a function that returns a text.
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

-- Waits until a condition is true. The time limit ends only a test that has failed already, so it is long: a test may have to
-- share a slow machine with many others.
local socket = require "socket"

local CEILING = tonumber(os.getenv("LUNOKHOD_TEST_CEILING")) or 150 -- seconds
local PAUSE, PAUSE_MOST = 0.01, 0.05

-- Calls condition() again and again and returns its first true result. `what` names the condition in the error, as a text or as
-- a function that returns a text. ceiling: for what may take longer than usual.
return function(condition, what, ceiling)
  local give_up_at, pause = socket.gettime() + math.max(ceiling or 0, CEILING), PAUSE
  while true do
    local result = condition()
    if result then return result end
    if socket.gettime() > give_up_at then
      if type(what) == "function" then what = what() end
      error(("waited in vain: %s"):format(what or "(no name given)"), 2)
    end
    socket.sleep(pause)
    pause = math.min(pause * 1.1, PAUSE_MOST)
  end
end

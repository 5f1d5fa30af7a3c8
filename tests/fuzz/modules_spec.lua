-- The memory of the host is safe whatever a script does: for FUZZ_SECONDS, handlers call everything with anything, while
-- others wait, are stopped by their limits, end by their deadlines, and while the scripts are replaced.
scripts "modules/bot.lua"

local SECONDS = tonumber(os.getenv "FUZZ_SECONDS") or 60
local FIRST_SEED = tonumber(os.getenv "FUZZ_SEED") or 1
local FAULTS = { "delay", "500", "403", "429", "drop_after" }

describe("every function of every module", function()
  local ends_at, seed = os.time() + SECONDS, FIRST_SEED

  repeat
    local first = seed
    seed = seed + 10
    it(("with the values of seed %d and the next"):format(first), function()
      if os.time() >= ends_at then return end
      local people = { telegram:person("Anna"), telegram:person("Boris"), telegram:person("Vera") }
      bot:log "failed" -- whatever fails does so by intent
      for round = first, first + 9 do
        for i, person in ipairs(people) do person:says(("fuzz %d"):format(round * 10 + i)) end
        if round % 2 == 0 then
          telegram:fault { method = "sendMessage", kind = FAULTS[round % #FAULTS + 1], ms = 60000, times = 2 }
        end
        pcall(clock.advance, clock, round % 3 == 0 and "40s" or "1s")
        if round % 4 == 0 then bot:reload() end
      end
      bot:restart()
      people[1]:says "ping"
      clock:advance "1s"
    end)
  until seed > FIRST_SEED + 20000
end)

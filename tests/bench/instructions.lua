-- Counts the user instructions of a click under callgrind, by library. It counts two runs, of FEW clicks and of more: their
-- difference is free of start and stop. CHATS people click, and each call takes DELAY_MS, so that as many connections are open
-- in every run: libcurl's work grows with them. Repeats differ by half a percent, wherever they run.
local load = require "tests.bench.load"

local instructions = { CHATS = 64 }

local CHATS, DELAY_MS, FEW = instructions.CHATS, 10, 1280

-- The sums of the file that callgrind has written: library -> instructions. A line after "calls=" is of what was called.
local function read_profile(path)
  local sums, names, object, is_call = {}, {}, "?", false
  for line in io.lines(path) do
    local kind, id, name = line:match("^(c?ob)=(%(%d+%))%s*(.*)")
    if kind then
      if name ~= "" then names[id] = name:match("[^/]+$") end
      if kind == "ob" then object = names[id] end
    elseif line:find("^calls=") then
      is_call = true
    elseif line:find("^[%d%+%-%*]") then
      local cost = tonumber(line:match("%s(%d+)$"))
      if not is_call and cost then sums[object] = (sums[object] or 0) + cost end
      is_call = false
    end
  end
  return sums
end

local function count_once(telegram, program, clicks)
  local out = os.tmpname()
  local command = { "valgrind", "--tool=callgrind", "--callgrind-out-file=" .. out }
  table.move(program.command, 1, #program.command, #command + 1, command)
  local run = load.start(telegram, { command = command, first_calls = program.first_calls }, CHATS)
  telegram:fault { method = "sendMessage", kind = "delay", ms = DELAY_MS, times = -1 }
  telegram:flood { users = CHATS, messages_each = clicks // CHATS, text = "Клик", first_id = load.FIRST_ID }
  load.wait_sent(telegram, run, CHATS + clicks)
  telegram:heal()
  run:signal("TERM")
  run:wait(120) -- it writes the file
  local sums = read_profile(out)
  os.remove(out)
  return sums
end

--- Returns library -> instructions a click, and the sum of all.
function instructions.count(telegram, program, clicks)
  clicks = clicks // CHATS * CHATS
  local few, many = count_once(telegram, program, FEW), count_once(telegram, program, FEW + clicks)
  local each, all = {}, 0
  for name, sum in pairs(many) do
    each[name] = (sum - (few[name] or 0)) / clicks
    all = all + each[name]
  end
  return each, all
end

return instructions

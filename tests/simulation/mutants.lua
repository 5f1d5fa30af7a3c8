-- Takes one fix out of the hosts at a time, and shows that the simulator finds it:
--   lua5.4 tests/simulation/mutants.lua [NAME...]
-- A mutant is a patch. Its first line says what is wrong with it, its second how the simulator is run to find that. It is built
-- beside build/, from copies, so that only what it changes is compiled anew.
local FOLDER, COPY = "tests/simulation/mutants", "build/mutant"
local SEEDS = tonumber(os.getenv("SEEDS")) or 1000

local function run(command, ...)
  local ok = os.execute(command:format(...))
  if not ok then error("failed: " .. command:format(...), 0) end
end

local function output(command, ...)
  local pipe = assert(io.popen(command:format(...)))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function build(name)
  run("rm -rf %s && mkdir -p %s/build/tests", COPY, COPY)
  run("cp -a Makefile host tests %s/", COPY)
  run("cp -a build/host build/embed.* build/lib* %s/build/", COPY)
  run("cp -a build/tests/simulation %s/build/tests/", COPY)
  run("patch -s -d %s -p1 < %s/%s.patch", COPY, FOLDER, name)
  run("make -s -C %s build/simulation >/dev/null", COPY)
end

-- The first seed that fails, and how; and whether hosts with the fix pass it. NIL: none fails.
local function find(way)
  local text = output("%s/build/simulation -f -n %d %s tests/simulation/bot.lua 2>&1", COPY, SEEDS, way)
  local seed, problem = text:match("seed (%d+): ([^\n]*)")
  if not seed then seed, problem = text:match("ended within seed (%d+)"), "aborts" end
  if not seed then return end
  return seed, problem, os.execute(("build/simulation -f -s %s %s tests/simulation/bot.lua >/dev/null"):format(seed, way))
end

local names = { table.unpack(arg) }
if not names[1] then
  for name in output("ls %s", FOLDER):gmatch("([%w_]+)%.patch") do names[#names + 1] = name end
end

local missed = 0
print(("%-18s %6s  %-26s %s"):format("mutant", "seed", "simulation", "what is wrong with it, and how that shows"))
for _, name in ipairs(names) do
  local file = assert(io.open(("%s/%s.patch"):format(FOLDER, name)))
  local what, way = file:read("l", "l")
  file:close()
  build(name)
  local seed, problem, is_good = find(way)
  missed = missed + (is_good and 0 or 1)
  print(("%-18s %6s  %-26s %s"):format(name, seed or "NONE", way, what))
  if seed then print((" "):rep(53) .. (is_good and "" or "NOT BY THE MUTANT: ") .. problem:sub(1, 100)) end
  io.flush()
end
print(("%d of %d mutants found within %d seeds"):format(#names - missed, #names, SEEDS))
os.exit(missed == 0)

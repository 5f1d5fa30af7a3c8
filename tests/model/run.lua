-- Runs the model of the reigns: lua5.4 tests/model/run.lua quick | full | mutants [NAME...]
-- Each configuration is compiled by SPIN and the C compiler in build/model, and explored to its end, or as far as memory and
-- time go.
local MODEL = "tests/model/reigns.pml"
local BUILD = "build/model"

local DURABLE, DEFAULT = "", "-DDURABLE=0 "
-- By default a late request is a fault that may cost something; where the host that made it lives on, nothing is lost either.
local PLANNED = DEFAULT .. "-DPLANNED=1 "

-- { name, flags }: for `make test`, seconds in all.
local quick = {
  { "durable: three hosts", DURABLE .. "-DSTARTS=2" },
  { "durable: a late request", DURABLE .. "-DLATE=1" },
  { "durable: a kill", DURABLE .. "-DKILLS=1" },
  { "durable: two stops", DURABLE .. "-DSTOPS=2" },
  { "durable: new bases, a day's copy", DURABLE .. "-DBASES=2 -DDAYS=1" },
  { "durable: updates that change nothing", DURABLE .. "-DEMPTY=1" },
  { "durable: the admin pins, a late request, one update", DURABLE .. "-DPOINTERS -DBURIES=1 -DLATE=1 -DUPDATES=1" },
  { "durable: backup push beside two hosts, one update", DURABLE .. "-DPUSH=1 -DSTARTS=2 -DUPDATES=1" },
  { "default: three hosts", DEFAULT .. "-DSTARTS=2" },
  { "default: a stop", DEFAULT .. "-DSTOPS=1" },
  { "default: a handover with a late request", PLANNED .. "-DLATE=1" },
  { "default: a handover slower than the wait", PLANNED .. "-DDOUBTS=1" },
  { "default: the admin pins, a day's copy", DEFAULT .. "-DPOINTERS -DBURIES=1 -DDAYS=1" },
  { "default: a kill, one update", DEFAULT .. "-DKILLS=1 -DUPDATES=1" },
}

-- For `make model`, beside those above.
local full = {
  { "durable: a late request, a kill", DURABLE .. "-DLATE=1 -DKILLS=1" },
  { "durable: a late request, a stop in the middle of a save", DURABLE .. "-DLATE=1 -DSTOPS=1" },
  { "durable: a kill, a stop", DURABLE .. "-DKILLS=1 -DSTOPS=1" },
  { "durable: two late requests, one update", DURABLE .. "-DLATE=2 -DUPDATES=1" },
  { "durable: three hosts, a late request, one update", DURABLE .. "-DSTARTS=2 -DLATE=1 -DUPDATES=1" },
  { "durable: three hosts, a kill, one update", DURABLE .. "-DSTARTS=2 -DKILLS=1 -DUPDATES=1" },
  { "durable: three hosts, one wrongly taken for dead", DURABLE .. "-DSTARTS=2 -DDOUBTS=1" },
  { "durable: new bases, a day's copy, a late request, one update", DURABLE .. "-DBASES=2 -DDAYS=1 -DLATE=1 -DUPDATES=1" },
  { "durable: three hosts, updates that change nothing", DURABLE .. "-DSTARTS=2 -DEMPTY=1" },
  { "durable: the admin pins, a late request", DURABLE .. "-DPOINTERS -DBURIES=1 -DLATE=1" },
  { "durable: the admin pins, a kill", DURABLE .. "-DPOINTERS -DBURIES=1 -DKILLS=1" },
  { "durable: backup push beside two hosts", DURABLE .. "-DPUSH=1 -DSTARTS=2" },
  { "durable: backup push, a late request", DURABLE .. "-DPUSH=1 -DLATE=1" },
  { "default: four hosts, one update", DEFAULT .. "-DSTARTS=3 -DUPDATES=1" },
  { "default: three hosts, a stop", DEFAULT .. "-DSTARTS=2 -DSTOPS=1" },
  { "default: three hosts, a handover slower than the wait", PLANNED .. "-DSTARTS=2 -DDOUBTS=1" },
  { "default: a late request, a stop", PLANNED .. "-DLATE=1 -DSTOPS=1" },
  { "default: a late request, a kill", DEFAULT .. "-DLATE=1 -DKILLS=1" },
  { "default: a late request, a kill, one update", DEFAULT .. "-DLATE=1 -DKILLS=1 -DUPDATES=1" },
  { "default: new bases, a day's copy", DEFAULT .. "-DBASES=2 -DDAYS=1" },
  { "default: backup push beside two hosts", DEFAULT .. "-DPUSH=1 -DSTARTS=2" },
  { "default: the admin pins", DEFAULT .. "-DPOINTERS -DBURIES=1" },
}

-- { flag, rule, what is taken out, configuration in which that must show }
local mutants = {
  { "FRESH_NONCE", 1, "a raise without an answer is repeated with the same nonce", DURABLE .. "-DLATE=1 -DKILLS=1" },
  { "READ_AFTER_RAISE", 2, "the predecessor is read before the raise", DURABLE },
  { "WAIT", 3, "no wait for `released`", DEFAULT .. "-DSTARTS=2" },
  { "LOOK_AFTER_SEND", 4, "a message is pinned without a look", DURABLE .. "-DSTARTS=2" },
  { "LOOK_AFTER_PIN", 4, "a new anchor counts as published without a look", DURABLE .. "-DDAYS=1" },
  { "PUBLICATION", 4, "polls begin before the own message is published", DEFAULT .. "-DSTARTS=2" },
  { "OWN_MESSAGE", 4, "the predecessor's message is written into", DURABLE },
  { "REGISTERS", 4, "there is one register for pointers", DURABLE .. "-DPOINTERS -DLATE=1 -DBURIES=1 -DREGISTERS=1" },
  { "LOOK_BEFORE_POINT", 4, "all registers are written after one look",
    DURABLE .. "-DPOINTERS -DBURIES=1 -DLATE=1 -DKILLS=1 -DUPDATES=1" },
  { "POINTER_BEFORE_PIN", 4, "no pointer is written before the pin", DEFAULT .. "-DPOINTERS -DBURIES=1 -DDAYS=1" },
  { "READING_AGAIN", 5, "the predecessor is not read again", PLANNED .. "-DDOUBTS=1" },
  { "SEQUENCE", 5, "reading again takes what is different, not only what is later", DURABLE .. "-DLATE=1" },
  { "LOOK_AFTER_HANDOVER", 5, "no look after what was read again is saved", DURABLE .. "-DSTARTS=2" },
  { "TAINT", 6, "a message with an edit of unknown outcome is edited again", DURABLE .. "-DLATE=1" },
  { "LOOK_AFTER_EDIT", 6, "an acknowledged edit is confirmed without a look", DURABLE },
  { "LOOK_AT_EMPTY", 6, "a batch that leaves nothing to save is confirmed without a look", DURABLE .. "-DEMPTY=1" },
  { "LOOK_BEFORE_DELETING", 6, "the old base is deleted without a look", DURABLE .. "-DBASES=1" },
  { "LATE_CLEANUP", 7, "the predecessor is deleted before we have published", DEFAULT .. "-DSTARTS=2" },
  { "PARTS_OF_COPIES", 7, "the base of a listed copy is deleted", DURABLE .. "-DBASES=1 -DDAYS=1" },
  { "RELEASE", 8, "who is fenced leaves without a last save", DEFAULT },
  { "LOOKS_BETWEEN_SAVES", 8, "the crown is looked at only with a save", DEFAULT },
  { "READING_AGAIN_WHEN_FENCED", 8, "who has published and never polled releases what it had read at first",
    PLANNED .. "-DDOUBTS=1 -DSTARTS=2" },
  { "MENDING", 8, "who is fenced does not write again over a late edit of its own", PLANNED .. "-DLATE=1" },
  { "WATCH", 8, "who is fenced leaves before its successor serves", DURABLE .. "-DKILLS=1" },
  { "STAY", 8, "who is fenced leaves at a stop, though an edit of its own may still come", PLANNED .. "-DLATE=1 -DSTOPS=1" },
  { "AWAITED_EDIT", 9, "a stop writes over an edit of unknown outcome", DURABLE .. "-DSTOPS=1 -DLATE=1" },
  { "LAST_SAVE", 9, "a stop saves nothing", DEFAULT .. "-DSTOPS=1" },
  { "CROWN_FOR_PUSH", 10, "backup push publishes without the crown", DURABLE .. "-DPUSH=1" },
}

local MEMORY_MB = tonumber(os.getenv "MODEL_MB")
local SECONDS = tonumber(os.getenv "MODEL_SECONDS") or 900

local function shell(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local output = pipe:read "a"
  return pipe:close(), output
end

local function must(command)
  local ok, output = shell(command)
  if ok then return end
  io.stderr:write("tests/model: ", command, "\n", output)
  os.exit(1)
end

-- The assertions of telegram.pml and reigns.pml in words.
local words = {
  ["(state[newest]>=saved)"] = "what was saved is written over by something older",
  ["!(((past&(1<<author[newest]))!=0))"] = "an earlier reign comes back",
  ["(state[newest]>=confirmed)"] = "a confirmed update is not in what a restore finds",
  ["!((crown==me))"] = "the host that reigns finds an update gone",
  ["(newest!=0)"] = "there is nothing to restore from",
  ["(state[newest]!=15)"] = "what a restore finds has missed an update",
  ["part_exists[part_of[newest]]"] = "the base of what a restore finds is gone",
  ["((copy_of[newest]==0)||(exists[copy_of[newest]]&&part_exists[part_of[copy_of[newest]]]))"] = "a listed copy can't be read",
  ["(((at_work==(1<<crown))&&(confirmed==2))&&(state[newest]==2))"] = "the hosts come to rest, and not with one that serves",
}

local function in_words(fault)
  local assertion = fault and fault:match "^assertion violated%s*(.*)$"
  return assertion and words[assertion:gsub("%s", "")] or fault
end

-- pan's own report -> { states, seconds, complete, fault, steps }
local function read_report(output)
  local report = {
    states = tonumber(output:match "(%d+) states, stored") or 0,
    seconds = tonumber(output:match "elapsed time ([%d.e+-]+) seconds") or 0,
    complete = not output:find("Search not completed", 1, true) and output:find("errors: 0", 1, true) ~= nil,
  }
  report.fault = in_words(output:match "pan:1: (.-) %(at depth") or (not output:find("errors: ", 1, true) and output)
  report.steps = tonumber(output:match "at depth (%d+)")
  return report
end

-- Optimised where there is much to explore, and quickly compiled where there is not.
local function explore(flags, options)
  must(("rm -rf %s && mkdir -p %s"):format(BUILD, BUILD))
  must(("cd %s && spin -a %s ../../%s"):format(BUILD, flags, MODEL))
  must(("cd %s && cc %s -w -DSAFETY -DCOLLAPSE -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=%d -o pan pan.c"):format(
    BUILD, options.is_long and "-O2" or "-O1", MEMORY_MB or options.is_long and 2800 or 1800))
  local _, output = shell(("cd %s && timeout -s INT %d nice ./pan -m1000000 %s"):format(BUILD, SECONDS, options.pan or ""))
  return read_report(output)
end

local function verify(configurations, is_long)
  local failed = 0
  for _, configuration in ipairs(configurations) do
    local name, flags = table.unpack(configuration)
    local report = explore(flags, { is_long = is_long })
    local verdict = report.fault and "FAULT: " .. report.fault or report.complete and "complete" or "NOT COMPLETE"
    print(("%-58s %10d states %6.1f s  %s"):format(name, report.states, report.seconds, verdict))
    io.stdout:flush()
    if report.fault or (not report.complete and not is_long) then failed = failed + 1 end
  end
  return failed
end

-- A host that hangs is a fault only where all of them do (-E): the assertion at rest says so.
local function kill_mutants(names)
  local missed = 0
  print(("%-27s %4s  %-76s %s"):format("without", "rule", "what is taken out", "SPIN"))
  for _, mutant in ipairs(mutants) do
    local name, rule, what, flags = table.unpack(mutant)
    if #names == 0 or names[name] then
      local report = explore("-DWITHOUT_" .. name .. " " .. flags, { pan = "-E" })
      if not report.fault then missed = missed + 1 end
      print(("%-27s %4d  %-76s %s"):format(name, rule, what, report.fault
        and ("found after %d steps, %d states: %s"):format(report.steps or 0, report.states, report.fault) or "NOT FOUND"))
      io.stdout:flush()
    end
  end
  return missed
end

local names = {}
for i = 2, #arg do
  names[#names + 1] = arg[i]
  names[arg[i]] = true
end
local failed
if arg[1] == "quick" then
  failed = verify(quick, false)
elseif arg[1] == "full" then
  failed = verify(quick, true) + verify(full, true)
elseif arg[1] == "mutants" then
  failed = kill_mutants(names)
else
  io.stderr:write("usage: lua5.4 tests/model/run.lua quick | full | mutants [NAME...]\n")
  os.exit(2)
end
os.exit(failed == 0)

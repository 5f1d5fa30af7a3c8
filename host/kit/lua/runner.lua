-- describe and it: collects what a spec file says, runs it, and prints what failed.
local claims = require "kit.assert"
local telegram = require "kit.people"
local wording = require "kit.wording"
local world = require "kit.world"

local block -- that is being described
local spec_path

local function new_block(name, parent)
  return { name = name, parent = parent, items = {}, before = {}, after = {}, scripts = parent and parent.scripts or {} }
end

-- ---- what a spec file calls ----

local function check_inside(name)
  if not block then
    error(name .. " belongs to the top of a spec or into a describe, not into an it", 3)
  end
end

function describe(name, fn)
  check_inside("describe")
  local parent = block
  block = new_block(name, parent)
  parent.items[#parent.items + 1] = block
  fn()
  block = parent
end

function it(name, fn)
  check_inside("it")
  block.items[#block.items + 1] = { name = name, fn = fn, line = debug.getinfo(2, "l").currentline, parent = block }
end

--- In the place of `it`: a spec that is still to be written.
function pending(name)
  check_inside("pending")
  block.items[#block.items + 1] = { name = name, is_pending = true, parent = block }
end

function before_each(fn)
  check_inside("before_each")
  block.before[#block.before + 1] = fn
end

function after_each(fn)
  check_inside("after_each")
  block.after[#block.after + 1] = fn
end

--- scripts "bot.lua", or scripts("a.lua", "b"): what is tested here, instead of what the command line names. Paths are relative
--- to the spec's own file.
function scripts(...)
  check_inside("scripts")
  local directory = spec_path:match("^(.*/)") or ""
  block.scripts = {}
  for i, path in ipairs { ... } do
    block.scripts[i] = path:find("^/") and path or directory .. path
  end
end

assert = claims.assert -- luacheck: ignore 121
_G.telegram, _G.clock, _G.bot, _G.http = telegram, world.clock, world.bot, world.http

-- ---- running ----

local counts = { successes = 0, failures = 0, errors = 0, pending = 0 }

local function full_name(item)
  local names = {}
  while item and item.name do
    table.insert(names, 1, item.name)
    item = item.parent
  end
  return table.concat(names, " ")
end

-- The nearest line of the spec's own file.
local function place_of_failure()
  for level = 2, 200 do
    local info = debug.getinfo(level, "Sl")
    if not info then
      return nil
    elseif info.source == "@" .. spec_path and info.currentline > 0 then
      return info.currentline
    end
  end
end

-- A text that blames a line of the kit says nothing to the spec's author, whose line it shall name.
local function own_words(text, line)
  local rest = text:match "^lunokhod/[%w_/]+%.lua:%d+: (.*)$"
  return rest and line and ("%s:%d: %s"):format(spec_path, line, rest) or rest or text
end

local function describe_failure(failure)
  local line = place_of_failure()
  if type(failure) == "table" and failure.is_failure then
    failure.line = line
    return failure
  end
  return { what = type(failure) == "string" and own_words(failure, line) or wording.show(failure), line = line, is_error = true,
    traceback = debug.traceback("", 2) }
end

-- before_each from the outermost block inwards, after_each outwards.
local function call_all(item, which)
  local chain = {}
  local above = item.parent
  while above do
    table.insert(chain, which == "before" and 1 or #chain + 1, above)
    above = above.parent
  end
  for _, each in ipairs(chain) do
    for _, fn in ipairs(each[which]) do
      fn()
    end
  end
end

local function run_body(item)
  call_all(item, "before")
  item.fn()
  world.finish()
  local line = world.unexpected()
  if line then
    claims.fail("the bot failed, and the spec did not expect it (bot:log looks for it)", "no failure", line)
  end
end

local function print_log()
  local lines = world.log_lines()
  if #lines > 0 then
    print("    log:")
  end
  for i = math.max(1, #lines - 30), #lines do
    print("      " .. lines[i])
  end
end

-- Without the kit's own frames; one that stands alone says no more than the failure's line.
local function print_traceback(traceback)
  local lines = {}
  for line in traceback:gmatch "\t([^\n]+)" do
    if not line:find "^lunokhod/" and not line:find "^%[C%]" then lines[#lines + 1] = "      " .. line end
  end
  if #lines > 1 then
    print("    stack traceback:\n" .. table.concat(lines, "\n"))
  end
end

local function print_failure(item, failure)
  print(("%s:%d: %s"):format(spec_path, failure.line or item.line, full_name(item)))
  if failure.what then
    print("    " .. tostring(failure.what):gsub("\n", "\n    "))
  end
  if failure.expected then
    print("    expected: " .. failure.expected)
    print("    seen:     " .. failure.seen)
  end
  if failure.hint then
    print("    perhaps:  " .. failure.hint)
  end
  if failure.traceback then
    print_traceback(failure.traceback)
  end
  print_log()
end

local function run_it(item, is_verbose)
  world.reset(item.parent.scripts)
  local ok, failure = xpcall(run_body, describe_failure, item)
  local cleaned, other = xpcall(call_all, describe_failure, item, "after")
  if ok and cleaned then
    counts.successes = counts.successes + 1
    if is_verbose then
      print("ok " .. full_name(item))
    end
    return
  end
  failure = not ok and failure or other
  local kind = failure.is_error and "errors" or "failures"
  counts[kind] = counts[kind] + 1
  print_failure(item, failure)
end

local function run_block(where, filter, is_verbose)
  for _, item in ipairs(where.items) do
    if item.items then
      run_block(item, filter, is_verbose)
    elseif not filter or full_name(item):find(filter, 1, true) then
      if item.is_pending then
        counts.pending = counts.pending + 1
        print("pending: " .. full_name(item))
      else
        run_it(item, is_verbose)
      end
    end
  end
end

return function(path, given, filter, is_verbose)
  spec_path = path
  local chunk, problem = loadfile(path, "t")
  if not chunk then
    error(problem, 0)
  end
  local top = new_block()
  top.scripts = given
  block = top
  chunk()
  block = nil
  run_block(top, filter, is_verbose)
  return counts
end

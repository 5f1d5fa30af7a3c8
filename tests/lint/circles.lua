-- Finds files of one folder of host/ that call each other in a circle: they are one room, or one of them stands on the wrong
-- floor. Prints each circle with the functions that make it. Needs the objects of `make`.
local source = require "tests.lint.source"
local symbols = require "tests.lint.symbols"

local function folder_of(path) return path:match("^(.*)/") end

local calls = {} -- file -> { file of the same folder -> names of what it uses there, sorted }
for path, names in pairs(symbols.used) do
  calls[path] = {}
  for name in pairs(names) do
    local other = symbols.owner[name]
    if folder_of(other) == folder_of(path) then
      calls[path][other] = calls[path][other] or {}
      table.insert(calls[path][other], name)
    end
  end
  for _, list in pairs(calls[path]) do table.sort(list) end
end

local function reach(path, found)
  for other in pairs(calls[path]) do
    if not found[other] then
      found[other] = true
      reach(other, found)
    end
  end
  return found
end

local reached = {}
for path in pairs(calls) do reached[path] = reach(path, {}) end

local function complain_about(circle)
  source.complain(circle[1], 1, "a circle of %d files that call each other", #circle)
  for _, path in ipairs(circle) do
    for _, other in ipairs(circle) do
      local names = calls[path][other]
      if names then print(("  %s -> %s: %s"):format(path, other:match("[^/]+$"), table.concat(names, ", "))) end
    end
  end
end

local told = {}
for _, path in ipairs(symbols.files) do
  local circle = {}
  for _, other in ipairs(symbols.files) do
    if reached[path][other] and reached[other][path] then circle[#circle + 1] = other end
  end
  if #circle > 0 and not told[path] then
    for _, other in ipairs(circle) do told[other] = true end
    complain_about(circle)
  end
end

source.finish()

-- Finds files that call each other in a circle, below the given folders:
--   lua5.4 tests/lint/calls.lua host/sandbox
-- A file calls another if it names a function that the other one defines; taking its address counts, too. Files in a circle are one
-- subject in several files, or one of them is on the wrong floor.
local source = require "tests.lint.source"

local paths = source.list(arg, { "c" })
local texts, home = {}, {} -- path -> code; function -> the path that defines it

-- A definition begins in the first column, and its body is opened before a semicolon comes.
local function find_definitions(path)
  for head in ("\n" .. texts[path]):gmatch("\n([%a_][^;{}]-)%s*{") do
    local name = head:match("([%a_][%w_]*)%s*%b()$")
    if name and not head:find("^static") and not head:find("=") then home[name] = path end
  end
end

for _, path in ipairs(paths) do
  texts[path] = source.code(source.read(path)):gsub("\n%s*#[^\n]*", "\n")
  find_definitions(path)
end

local calls = {} -- path -> { path that it calls -> a function }
for _, path in ipairs(paths) do
  calls[path] = {}
  -- After a dot or an arrow a name is a member.
  for before, name in texts[path]:gmatch("(%-?[^%w_]?)([%a_][%w_]*)") do
    local is_member = before:find("[.>]$")
    if not is_member and home[name] and home[name] ~= path then calls[path][home[name]] = name end
  end
end

local state = {} -- path -> "open" while its calls are followed, then "done"
local function follow(path, trail)
  state[path] = "open"
  trail[#trail + 1] = path
  for target, name in pairs(calls[path]) do
    if state[target] == "open" then
      local from = 1
      while trail[from] ~= target do from = from + 1 end
      source.complain(path, 1, "%s() closes a circle: %s -> %s", name, table.concat(trail, " -> ", from), target)
    elseif not state[target] then
      follow(target, trail)
    end
  end
  trail[#trail] = nil
  state[path] = "done"
end
for _, path in ipairs(paths) do
  if not state[path] then follow(path, {}) end
end

source.finish()

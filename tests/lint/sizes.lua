-- Checks the sizes of files, functions and headers against their limits, and prints medians.
local source = require "tests.lint.source"

local FILE_LINES, FUNCTION_LINES, HEADER_LINES = 700, 60, 100

local sizes = { files = {}, functions = {}, headers = {} }
local comments = { c = { 0, 0 }, h = { 0, 0 } } -- lines with a comment, lines with code

local function is_generated(text) return text:sub(1, 200):lower():find("generated", 1, true) ~= nil end

-- Calls found(first_line, line_count) for each function: its head begins in the first column, and so does its last brace.
local function each_function(lines, found)
  local head, inside
  for number, line in ipairs(lines) do
    if not inside and line:match("^[%a_][^=]*%(") and not line:match("^typedef") then head = number end
    if head and not inside then
      inside = line:find("{", 1, true)
      if not inside and line:find(";%s*$") then head = nil end -- only a prototype
    end
    if inside and (line:match("^}") or number == head and line:find("}%s*$")) then
      found(head, number - head + 1)
      head, inside = nil, nil
    end
  end
end

local function count_comments(ending, text, code)
  local with, plain = source.lines(text), source.lines(code)
  for number, line in ipairs(with) do
    local stripped = plain[number] or ""
    local has_mark = line:find("/%*") or line:find("//") or line:find("%*/")
    local has_comment = line ~= stripped and (has_mark or not stripped:find("%S"))
    comments[ending][1] = comments[ending][1] + (has_comment and 1 or 0)
    comments[ending][2] = comments[ending][2] + (stripped:find("%S") and 1 or 0)
  end
end

local function check(path)
  local text = source.read(path)
  if is_generated(text) then return end
  local lines = source.lines(text)
  local ending = path:match("%.(%w+)$")
  if #lines > FILE_LINES then
    source.complain(path, FILE_LINES, "%d lines: a file of more than %d has a second subject", #lines, FILE_LINES)
  end
  sizes.files[#sizes.files + 1] = #lines
  if ending == "h" and path:find("^host/") then
    sizes.headers[#sizes.headers + 1] = #lines
    if #lines > HEADER_LINES then
      source.complain(path, HEADER_LINES, "%d lines: a face of more than %d has a second subject", #lines, HEADER_LINES)
    end
  elseif ending == "c" then
    each_function(source.lines(source.code(text)), function(first, count)
      sizes.functions[#sizes.functions + 1] = count
      if count > FUNCTION_LINES then
        source.complain(path, first, "a function of %d lines; %d are the most", count, FUNCTION_LINES)
      end
    end)
  end
  if comments[ending] and path:find("^host/") then count_comments(ending, text, source.code(text)) end
end

local FOLDERS, ENDINGS = { "host", "scripts", "examples", "tests" }, { "c", "h", "lua", "js", "mjs", "css", "html" }
for _, path in ipairs(source.list(FOLDERS, ENDINGS)) do
  if not path:find("/node_modules/") then check(path) end
end

local function share(list, part)
  table.sort(list)
  return list[math.max(1, math.ceil(#list * part))] or 0
end

for _, kind in ipairs { "files", "headers", "functions" } do
  local list = sizes[kind]
  local median, most, longest = share(list, 0.5), share(list, 0.9), share(list, 1)
  print(("%-9s %4d, lines: median %3d, 90 %% %3d, longest %3d"):format(kind, #list, median, most, longest))
end
for _, ending in ipairs { "c", "h" } do
  local with, code = table.unpack(comments[ending])
  print(("comments  %d lines in 100 of code in .%s"):format(100 * with // math.max(code, 1), ending))
end
source.finish()

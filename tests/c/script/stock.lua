-- Compares one of our libraries with Lua's own, for pattern_test.c, which gives the name of the cases and both. The first
-- difference is an error.
local cases, stock, ours = ...

-- Lua knows a function's name only where a caller or a module names it; 5.4.4 counts one argument wrongly.
local function unnamed(text)
  text = string.gsub(text, "(bad argument #%d to) '[^']*'", "%1 it")
  return (string.gsub(text, "#[12]( to it %(position out of bounds%))", "#2%1"))
end

local function show(ok, ...)
  local list = table.pack(ok, ...)
  for i = 1, list.n do list[i] = math.type(list[i]) == "integer" and "#" .. list[i] or tostring(list[i]) end
  return unnamed(table.concat(list, "|"))
end

local function all(library, ...)
  local list = {}
  for captured in library.gmatch(...) do list[#list + 1] = show(captured) if #list > 50 then break end end
  return table.concat(list, ";")
end

local function same(name, ...)
  local expected, got = show(pcall(stock[name], ...)), show(pcall(ours[name], ...))
  if name == "gmatch" then expected, got = show(pcall(all, stock, ...)), show(pcall(all, ours, ...)) end
  if expected ~= got then
    error(("%s(%s)\nstock: %q\nours:  %q"):format(name, show(...), expected, got), 0)
  end
  return expected
end

local tried = {}

function tried.chosen()
  local subjects = { "", "a", "hello world", "THE (quick) fox", "  x = 10  ", "a\0b\0", "[[a]]", "aaaaab", "-+*?.", "\255z%" }
  local patterns = { "", "^", "$", "^$", ".", ".-", ".*", "(.)", "()", "(.-)%s", "%a+", "%A", "%g+", "%z", "%f[%w]%w+",
    "%f", "%b()",
    "%b", "%bx", "[", "[]", "[]]", "[^]", "[^]]", "[a", "[a-", "[a-]", "[%a-z]+", "[a%", "%", "a%", "(", ")", "(a",
      "a)", "(()", "%1",
    "(a)%1", "(a%1)", "()%1", "%0", "%9", "a-$", "^a-b", "a?b", "a?a?a?aaa", "[%]]", "%f[%z]", "\0", "[\0]", "[^%s]+",
      "x*", "$a", "a$b",
    "%d+", "%w+%s%w+", "(%w+) (%w+)", "((.)(.))", "^^", "[^^]", "[%z-\127]", "%g", "%q", "[--x]", "[a-%%]",
      ("(.)"):rep(33), (".-"):rep(199),
    (".-"):rep(200), ("a?"):rep(250), ("()"):rep(32), "*", "+a", "-", "?" }
  local replacements = { "", "<%0>", "<%1>", "%2", "%", "%%", "%x", "x%", 12, 1.5 }
  local function nothing() end
  for _, subject in ipairs(subjects) do for _, pattern in ipairs(patterns) do
    for _, start in ipairs { 1, 0, -1, 3, 100, -100, math.mininteger, math.maxinteger } do
      for _, name in ipairs { "find", "match", "gmatch" } do same(name, subject, pattern, start) end
      same("find", subject, pattern, start, true)
    end
    for _, replacement in ipairs(replacements) do
      same("gsub", subject, pattern, replacement)
      same("gsub", subject, pattern, replacement, 2)
    end
    for _, value in ipairs { false, true, "y", 3 } do
      same("gsub", subject, pattern, function() return value end)
      same("gsub", subject, pattern, { a = value, [""] = value, o = value, [1] = value })
    end
    same("gsub", subject, pattern, nothing, 0)
    same("gsub", subject, pattern, function() return nothing end, 0)
  end end
  for _, name in ipairs { "find", "match", "gmatch", "gsub", "rep" } do
    same(name)
    same(name, {})
    same(name, "a")
    same(name, "a", {})
    same(name, 12, 1)
    same(name, "a", "b", {})
    same(name, "a", "a", "b", "c")
  end
  same("find", "ab", (".-"):rep(198) .. "b")
  same("find", "ab", (".-"):rep(199) .. "b")
  same("gsub", "a", "a", setmetatable({}, { __index = function(_, key) return key .. key end }))
  same("gsub", "abc", "%w", { a = {} })
  same("gsub", "abc", "%w", error)
  for count = -2, 20 do for _, separator in ipairs { "", ",", "abc" } do for _, text in ipairs { "", "x", "xyz" } do
    if text .. separator ~= "" then same("rep", text, count, separator) end
  end end end
  same("rep", "x")
  same("rep", "xy", math.maxinteger)
  same("rep", "xy", math.mininteger)
  same("rep", "", 5)
  same("rep", "x", 3)
end

-- The seed is fixed: what fails once fails again.
function tried.random()
  local state = 20240517
  local function random(n)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % n + 1
  end
  local letters = { "a", "b", "c", "A", "1", " ", "(", ")", ".", "%", "-", "\0", "[", "]", "\200" }
  local pieces = { "a", "b", "c", ".", "%a", "%d", "%s", "%W", "%p", "[ab]", "[^a]", "[%a]", "[a-c]", "[^%d ]", "(",
    ")", "()", "(", ")",
    "*", "+", "-", "?", "*", "-", "%1", "%2", "%b()", "%bab", "%f[%a]", "%f[^b]", "^", "$", "%", "[", "]", "\0", "%.",
      "%%", "1" }
  local parts = { "%0", "%1", "%2", "%%", "x", "", "%", "%3" }
  local function build(list, most)
    local text = {}
    for i = 1, random(most) - 1 do text[i] = list[random(#list)] end
    return table.concat(text)
  end
  local matched = 0
  for _ = 1, 60000 do
    local subject, pattern = build(letters, 16), build(pieces, 9)
    local start = random(8) > 6 and random(20) - 10 or 1
    if same("find", subject, pattern, start) ~= "true|nil" then matched = matched + 1 end
    same("match", subject, pattern, start)
    same("gmatch", subject, pattern, start)
    same("find", subject, build(letters, 4), start, true)
    same("gsub", subject, pattern, build(parts, 4), random(4) > 3 and random(3) or nil)
  end
  assert(matched > 10000, "most patterns match nothing: this tries too little")
end

function tried.tables()
  local function behaves(list, seen)
    return setmetatable({}, { __len = function() return #list end, __index = function(_,
      i) seen[#seen + 1] = i return list[i] end,
      __newindex = function(_, i, value) seen[#seen + 1] = -i list[i] = value end })
  end
  local function run(library, name, values, ...)
    local list, seen = table.pack(table.unpack(values)), {}
    list.n = nil
    local results = table.pack(pcall(library[name], behaves(list, seen), ...))
    for i = 1, results.n do results[i] = type(results[i]) == "table" and "table" or tostring(results[i]) end
    for i = 1, 9 do list[i] = tostring(list[i]) end
    local touched = name == "sort" and "" or table.concat(seen, " ")
    return unnamed(table.concat(results, "|")) .. " / " .. table.concat(list, ",") .. " / " .. touched
  end
  local function both(name, ...)
    local expected, got = run(stock, name, ...), run(ours, name, ...)
    if expected ~= got then error(("%s\nstock: %s\nours:  %s"):format(name, expected, got), 0) end
  end
  for _, list in ipairs { {}, { 1 }, { 3, 1, 2 }, { "b", "a", "c", "a" }, { 5, 2, 8, 1, 9, 3 } } do
    both("sort", list)
    both("sort", list, function(a, b) return a > b end)
    both("sort", list, 1)
    both("unpack", list)
    both("insert", list)
    both("insert", list, "x")
    both("insert", list, 1, 2, 3)
    both("insert", list, "y", 1)
    both("remove", list)
    both("concat", list)
    both("concat", list, ", ")
    both("concat", list, {})
    both("concat", list, "", math.maxinteger, math.maxinteger)
    for i = -1, 8 do
      both("insert", list, i, "x")
      both("remove", list, i)
      both("concat", list, "-", i)
      both("unpack", list, i)
      for j = -1, 8 do
        both("concat", list, "-", i, j)
        both("unpack", list, i, j)
        both("move", list, i, j, 2)
        both("move", list, 1, i, j, {})
        both("move", list, 2, i, j)
      end
    end
  end
  both("sort", { 1, "x", 2 })
  both("sort", { {}, {} })
  both("concat", { 1, {}, 3 })
  both("concat", { true })
  both("move", { 1 }, math.mininteger, math.maxinteger, 1)
  both("move", { 1 }, -1, math.maxinteger, 1)
  both("move", { 1 }, 1, 5, math.maxinteger)
  both("unpack", { 1 }, 1, 1e8)
  both("unpack", { 1 }, math.mininteger, math.maxinteger)
  both("unpack", { 1 }, math.maxinteger, math.maxinteger)
  for _, name in ipairs { "insert", "remove", "move", "concat", "unpack", "sort" } do
    for _, value in ipairs { 1, "x", setmetatable({}, { __len = function() return "x" end }), setmetatable({},
      { __len = function() return 1.5 end }) } do
      same(name, value)
      same(name, value, 1)
      same(name, value, 1, 2, 3, value)
    end
    same(name)
  end
  local state = 7
  for _ = 1, 300 do
    local a, b = {}, {}
    for i = 1, state % 90 do state = (state * 1103515245 + 12345) & 0x7fffffff a[i] = state >> 22 b[i] = a[i] end
    state = (state * 1103515245 + 12345) & 0x7fffffff
    stock.sort(a) ours.sort(b)
    assert(table.concat(a, " ") == table.concat(b, " "))
  end
end

tried[cases]()

-- Which of Lua's own functions a script has is what the reference says; and files beside the script.
scripts "standard/bot.lua"

local function page()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
  local file <close> = assert(io.open(folder .. "/../../examples/REFERENCE.md"))
  return file:read "a"
end

local function sorted(names)
  table.sort(names)
  return table.concat(names, " ")
end

-- "math" -> the names that the reference lists of it; "" -> those without a library.
local function documented()
  local section = page():match "## Lua's own functions\n(.-)\n## "
  local lists, library = {}, nil
  for line in section:gmatch "[^\n]+" do
    local name, rest = line:match "^%- `(%l%w+)`: (.*)$"
    if name then
      library, line = name, rest
    elseif line:find "^%- `" then
      library = ""
    elseif not line:find "^  `" then
      library = nil
    end
    if library then
      lists[library] = lists[library] or {}
      for word in line:gmatch "`([%w_]+)`" do table.insert(lists[library], word) end
    end
  end
  for name, list in pairs(lists) do lists[name] = sorted(list) end
  return lists
end

describe("a script", function()
  local anna
  before_each(function() anna = telegram:person "Анна" end)

  it("has of Lua's own functions what the reference says", function()
    local seen = {}
    anna:says "/functions"
    for _, line in ipairs(anna:saw()) do
      local library, names = line:match "^(%l*%d*): (.*)$"
      seen[library] = names
    end
    assert.same(documented(), seen)
  end)

  it("finds where it is, and gets no function by it", function()
    anna:says "/where"
    anna:sees "bot.lua 29 31 26 32 C 28 nil nil false"
  end)

  it("reads a file beside it", function()
    anna:says "/read texts/help.txt"
    anna:sees "Help"
    anna:says "/read no/such.txt"
    anna:sees "can't read no/such.txt"
    anna:says "/read /etc/passwd"
    anna:sees "can't read /etc/passwd"
  end)

  it("sends a file beside it", function()
    anna:says "/send"
    assert.same({ "help.txt", "Help\n" }, { anna:file().name, anna:file().bytes })
  end)
end)

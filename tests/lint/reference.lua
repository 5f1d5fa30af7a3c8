-- Generates examples/REFERENCE.md from the annotations in host/script/api/types/. tests/lint/faces.lua compares these with the
-- program.
--   lua5.4 tests/lint/reference.lua          fails if the page differs from the annotations
--   lua5.4 tests/lint/reference.lua --write  writes the page
local source = require "tests.lint.source"

local folder, page = "host/script/api/types/", "examples/REFERENCE.md"
local modules = {
  "bot", "message", "telegram", "text", "locale", "keyboard", "menu",
  "session", "limit", "fsm", "db", "broadcast", "http", "hash", "chart", "backup",
  "json", "log", "time", "kit",
}
local titles = { message = "message, callback_query", kit = "what a spec can use" }

local lines = {}
local function add(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end

-- "name? type words" -> the parts; a type may have blanks inside its brackets.
local function split_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local character = text:sub(at, at)
    if character:find("[%(<{%[]") then depth = depth + 1 end
    if character:find("[%)>}%]]") then depth = depth - 1 end
    if character == " " and depth == 0 and not text:sub(1, at):find("[|,:]%s*$") then break end
    at = at + 1
  end
  return text:sub(1, at - 1), (text:sub(at + 1))
end

local function add_item(tag, text)
  local name, rest = text:match("^(%S+)%s*(.*)$")
  if tag == "return" then
    local kind, words = split_type(text)
    add("- returns `%s`%s", kind, words ~= "" and " " .. words or "")
  else
    local kind, words = split_type(rest)
    add("- `%s` %s%s", name, "`" .. kind .. "`", words ~= "" and ": " .. words or "")
  end
end

-- Adds the comment above a function or a class, as prose and items.
local function add_comment(comment, with_fields)
  local prose = {}
  for _, line in ipairs(comment) do
    if not line:find("^@") then prose[#prose + 1] = line end
  end
  if #prose > 0 then add("%s", table.concat(prose, "\n")) add("") end
  local count = #lines
  for _, line in ipairs(comment) do
    local tag, text = line:match("^@(%a+)%s+(.*)$")
    if tag == "param" or tag == "return" or tag == "field" and with_fields then add_item(tag, text) end
  end
  if #lines > count then add("") end
end

local function add_function(signature, comment)
  add("### `%s`\n", signature:gsub("^Message:", "message:"):gsub("^Callback:", "callback_query:"))
  add_comment(comment)
end

-- A field of a module is a heading of its own, as its functions are.
local function add_values(name, comment)
  for _, line in ipairs(comment) do
    local field, rest = line:match("^@field ([%w_]+)%??%s+(.*)$")
    if field then
      local kind, words = split_type(rest)
      add("### `%s.%s`, `%s`\n", name, field, kind)
      if words ~= "" then add("%s\n", words:gsub("^%l", string.upper)) end
    end
  end
end

local function add_class(name, comment)
  if not name:find("%.") then return add_values(name, comment) end
  local has_fields = false
  for _, line in ipairs(comment) do has_fields = has_fields or line:find("^@field") ~= nil end
  if not has_fields or name == "telegram.CallbackQuery" then return end
  add("### `%s`, a table\n", name)
  add_comment(comment, true)
end

-- "name type words", with the prose above it.
local function add_alias(text, comment)
  local name, rest = text:match("^(%S+)%s+(.*)$")
  local kind, words = split_type(rest)
  add("### `%s`, a type\n", name)
  add("`%s`%s\n", kind, words ~= "" and ": " .. words or "")
  add_comment(comment)
end

local function add_module(name)
  add("## %s\n", titles[name] or name)
  local comment, head = {}, {}
  for line in source.read(folder .. name .. ".lua"):gmatch("([^\n]*)\n") do
    local words = line:match("^%-%-%-%s?(.*)$")
    local signature = line:match("^function (.*) end$")
    local alias = words and words:match("^@alias%s+(.*)$")
    if alias then
      add_alias(alias, comment)
      comment = {}
    elseif words and not words:find("^@meta") and not words:find("^@overload") then
      comment[#comment + 1] = words
    elseif head and (line == "--" or line:find("^%-%- ")) then
      head[#head + 1] = line:sub(4)
    elseif not words then
      if head and #head > 0 then
        add("%s\n", table.concat(head, "\n"))
        head = nil
      end
      if signature then
        add_function(signature, comment)
      elseif #comment > 0 and comment[1]:find("^@class") then
        add_class(comment[1]:match("^@class ([%w%._]+)"), comment)
        comment = {}
      elseif #comment > 0 and comment[#comment]:find("^@class") or line == "" then
        for _, each in ipairs(comment) do
          if each:find("^@class") then add_class(each:match("^@class ([%w%._]+)"), comment) end
        end
      end
      if line == "" or signature or line:find("^local") then comment = {} end
    end
  end
end

add([[
# Reference of the modules

This page describes the functions that a script gets by `require`, and what a spec can use. [GUIDE](GUIDE.md) introduces them
one by one.

- A `?` after a name or a type means that the value may be left out, or may be nil.
- A call that fails outside the bot returns `nil, err`. A call that is misused raises an error.
- A *segment* is the part of a handler between two waits. Its SQL is one transaction.
- The methods of the Bot API are not listed here. They are `telegram.send_message` and so on, with Telegram's parameters.
  With lua-language-server an editor completes and checks them.

This page is generated from the annotations that editors read. A test compares them with the program.

## Lua's own functions

These of Lua 5.4 are there without `require`. A function that is not in the list, such as `io.open` or `os.execute`, is not
there: a bot uses no files and starts no programs.

- `_VERSION` `assert` `error` `getmetatable` `ipairs` `load` `next` `pairs` `pcall` `print` `rawequal` `rawget` `rawlen`
  `rawset` `require` `select` `setmetatable` `tonumber` `tostring` `type` `warn` `xpcall`
- `coroutine`: `close` `create` `isyieldable` `resume` `running` `status` `wrap` `yield`
- `debug`: `getinfo` `traceback`
- `math`: `abs` `acos` `asin` `atan` `atan2` `ceil` `cos` `cosh` `deg` `exp` `floor` `fmod` `frexp` `huge` `ldexp` `log`
  `log10` `max` `maxinteger` `min` `mininteger` `modf` `pi` `pow` `rad` `random` `randomseed` `sin` `sinh` `sqrt` `tan`
  `tanh` `tointeger` `type` `ult`
- `os`: `clock` `date` `difftime` `exit` `getenv` `time`
- `package`: `config` `cpath` `loaded` `path` `preload`
- `string`: `byte` `char` `dump` `find` `format` `gmatch` `gsub` `len` `lower` `match` `pack` `packsize` `rep` `reverse` `sub`
  `unpack` `upper`
- `table`: `concat` `insert` `move` `pack` `remove` `sort` `unpack`
- `utf8`: `char` `charpattern` `codepoint` `codes` `len` `offset`

`print` writes a line into the log. `os.exit` asks for a graceful stop. `load` takes no bytecode, a metatable no `__gc`, and
`debug.getinfo` gives no function away (`func`).
To read a global that was never set is an error. `require` finds files beside the script (`?.lua`, `?/init.lua`), in its
`lib/`, and in its `lua_modules/share/lua/5.4/`, where LuaRocks installs modules of pure Lua (`luarocks --tree lua_modules
--lua-version 5.4 install inspect`). In the latter a global that was never set is nil, as in plain Lua. A module of the
host comes first: shared code named `menu.lua` is never loaded, and a warning says so.
]])
for _, name in ipairs(modules) do add_module(name) end
local text = table.concat(lines, "\n"):gsub("\n\n\n+", "\n\n"):gsub("%s+$", "") .. "\n"

if arg[1] == "--write" then
  local file <close> = assert(io.open(page, "w"))
  file:write(text)
elseif source.read(page) ~= text then
  print(page .. ": differs from the annotations; lua5.4 tests/lint/reference.lua --write writes it")
  os.exit(1)
else
  print(("reference: it has %d lines, 0 wrong"):format(#lines))
end

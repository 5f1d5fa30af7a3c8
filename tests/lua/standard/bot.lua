-- For standard_spec.lua.
local bot = require "bot"
local telegram = require "telegram"

local LIBRARIES = { "coroutine", "debug", "math", "os", "package", "string", "table", "utf8" }

local is_library = { _G = true }
for _, name in ipairs(LIBRARIES) do is_library[name] = true end

local function names_of(library, except)
  local names = {}
  for name in pairs(library) do
    if not except[name] then names[#names + 1] = name end
  end
  table.sort(names)
  return table.concat(names, " ")
end

local globals = names_of(_G, is_library)

bot.command("functions", function(message)
  message:answer(": " .. globals)
  for _, name in ipairs(LIBRARIES) do message:answer(name .. ": " .. names_of(_G[name], {})) end
end)
bot.command("where", function(message)
  local thread = coroutine.create(function() coroutine.yield() end)
  coroutine.resume(thread)
  local function line_of(...) return debug.getinfo(...).currentline end
  local of_caller, of_itself = debug.getinfo(1, "Slf"), debug.getinfo(0)
  message:answer(table.concat({
    of_caller.short_src:match "[^/]+$", of_caller.currentline, line_of(2, "l"), line_of(thread, 1, "l"),
    line_of(coroutine.running(), 2, "l"), of_itself.what, debug.getinfo(line_of).linedefined,
    tostring(of_caller.func or of_itself.func), tostring(debug.getinfo(99) or debug.getinfo(math.maxinteger)),
    tostring(pcall(debug.getinfo, 1, ">S")),
  }, " "), { parse_mode = nil })
end)
bot.command("read", function(message, path)
  local text, err = bot.read(path)
  message:answer(text or err, { parse_mode = nil })
end)
bot.command("send", function(message) message:answer_document(telegram.file "texts/help.txt") end)

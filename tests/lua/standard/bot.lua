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
bot.command("read", function(message, path)
  local text, err = bot.read(path)
  message:answer(text or err, { parse_mode = nil })
end)
bot.command("send", function(message) message:answer_document(telegram.file "texts/help.txt") end)

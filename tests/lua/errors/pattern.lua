-- A bot whose one handler tries all short patterns, for pattern_spec.lua: it must know of each that Lua may complain of.
local bot = require "bot"
local check = require "core.pattern_check"

local SIGNS = { "(", ")", "%", "[", "]", "^", "b", "f", "1", "a", "*" }

local function each_pattern(length, fn, so_far)
  if length == 0 then return fn(so_far) end
  for _, sign in ipairs(SIGNS) do each_pattern(length - 1, fn, (so_far or "") .. sign) end
end

bot.command("all", function(message)
  local wrong, malformed = {}, 0
  for length = 1, 3 do
    each_pattern(length, function(pattern)
      local complaint = check.complaint(pattern)
      if complaint then malformed = malformed + 1 end
      for _, subject in ipairs { "", "a", "aa1(b)" } do
        local ok, err = pcall(string.find, subject, pattern)
        -- Lua comes to one mistake at a time, and the first one in the pattern need not be the first that it comes to.
        if not ok and not complaint then wrong[#wrong + 1] = pattern .. ": " .. err end
      end
    end)
  end
  message:answer(("%d malformed; missed: %s"):format(malformed, table.concat(wrong, ", ")))
end)

bot.command("помощь", function(message, arguments) message:answer("help " .. arguments) end)
bot.match("^(%d+)%-(%d*)[%]^a](.)%b()%f[%w]()%1", function(message) message:answer "matched" end)

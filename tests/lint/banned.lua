-- Finds calls that are forbidden here: writes without a size, numbers that are read without an error, functions with hidden
-- state, and the switch that removes assertions.
local source = require "tests.lint.source"

local banned = {
  sprintf = "use snprintf", vsprintf = "use vsnprintf", strcpy = "use snprintf or memcpy", stpcpy = "use snprintf or memcpy",
  strcat = "use a buffer", atoi = "use strtol and look at its end", atol = "use strtol and look at its end",
  atoll = "use strtoll and look at its end", atof = "use strtod and look at its end", gets = "use fgets",
  strtok = "use strcspn",
}

for _, path in ipairs(source.list({ "host", "tests/c", "tests/bench", "tests/fuzz" }, { "c", "h" })) do
  for number, line in ipairs(source.lines(source.code(source.read(path)))) do
    for name in line:gmatch("[%a_][%w_]*") do
      if name == "NDEBUG" then source.complain(path, number, "assertions stay on in every build: no NDEBUG") end
      if banned[name] then source.complain(path, number, "%s is banned: %s", name, banned[name]) end
    end
  end
end

for number, line in ipairs(source.lines(source.read("Makefile"))) do
  if line:find("NDEBUG") then source.complain("Makefile", number, "assertions stay on in every build: no NDEBUG") end
end

source.finish()

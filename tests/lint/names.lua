-- Holds the names of files in host/ apart, so that a function's name alone finds its file. Two folders are named from outside:
-- Lua's modules and the program's commands.
local source = require "tests.lint.source"

local first = {} -- name -> the folder where it was met
for _, path in ipairs(source.list({ "host" }, { "c", "h" })) do
  local folder, name = path:match("^(.*)/(.*)$")
  source.files = source.files + 1
  if folder ~= "host/command" and folder ~= "host/script/api" then
    first[name] = first[name] or folder
    if first[name] ~= folder then source.complain(path, 1, "there is a file of this name in %s/", first[name]) end
  end
end

source.finish()

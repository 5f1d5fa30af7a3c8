-- What the files of host/ export and use, by the symbols of their objects: that is what a compiler and a linker see, with
-- macros expanded and prototypes by hand included. The objects are those of `make`, in build/ or in the folder of BUILD.
local source = require "tests.lint.source"

local symbols = {
  owner = {}, -- exported name -> the file that defines it
  used = {},  -- file -> { exported name of another file = true }
  files = {}, -- all C files of host/, sorted
}

local folder = (os.getenv("BUILD") or "build") .. "/"
local wanted = {} -- undefined names, by file

-- Only objects whose source is there: a file that was renamed leaves its old object behind.
local objects = {}
for _, path in ipairs(source.list({ "host" }, { "c" })) do
  symbols.files[#symbols.files + 1] = path
  objects[#objects + 1] = folder .. path:gsub("%.c$", ".o")
end

local listing <close> = assert(io.popen("nm -A -P -g " .. table.concat(objects, " ")))
for line in listing:lines() do
  local path, name, kind = line:match("^" .. folder .. "(.*)%.o: (%S+) (%a)")
  path = assert(path, line) .. ".c"
  wanted[path] = wanted[path] or {}
  if kind == "U" then
    wanted[path][name] = true
  else
    symbols.owner[name] = path
  end
end

for _, path in ipairs(symbols.files) do
  if not wanted[path] then error(("%s has no object in %s: run `make` first"):format(path, folder)) end
  source.files = source.files + 1
  symbols.used[path] = {}
  for name in pairs(wanted[path]) do
    if symbols.owner[name] then symbols.used[path][name] = true end
  end
end

return symbols

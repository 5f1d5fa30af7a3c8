-- Checks the layers of host/: a floor includes only floors below it and only their face, a library's header is used only on
-- its floor, and no headers include each other in a circle. A unit test obeys the line of the floor that it tests.
local source = require "tests.lint.source"

-- What a floor may use, itself among it: its line in the Makefile, which is also what its tests are linked with. The name of a
-- floor of folders stands for its face, and between its folders for all of them.
local floors, folders = {}, {}
for _, line in ipairs(source.lines(source.read("Makefile"))) do
  local kind, floor, list = line:match("^(%u+)_([%w/]+)%s*=%s*([%l/ ]+)$")
  if kind == "LINE" then floors[floor] = " " .. list .. " " end
  if kind == "FOLDERS" then floors[floor], folders[floor] = " " .. floor .. " ", list end
end
for floor, list in pairs(floors) do
  local whole = floor:match("^(.*)/")
  if folders[whole] then floors[floor] = list:gsub(" " .. whole .. " ", " " .. whole .. " " .. folders[whole] .. " ") end
end
-- Every header there is a face. The folders of the sandbox are open to each other only.
local shelves = {
  net = true, common = true, ["sandbox/model"] = true, ["sandbox/methods"] = true, ["sandbox/person"] = true,
}

local homes = { -- beginning of a foreign header's name -> the places that may include it
  { "lua", "host/script/", "host/kit/" }, { "lauxlib.h", "host/script/", "host/kit/" },
  { "lualib.h", "host/script/", "host/kit/" },
  { "sqlite3", "host/database/" },
  { "libpq", "host/database/" },
  { "curl/", "host/net/" }, { "microhttpd", "host/net/server_library.h" },
  { "zlib", "host/net/body.c", "tests/c/net/body_test.c" },
  { "sodium.h", "host/script/api/hash.c", "host/backup/keyring.c", "host/backup/sealing.c", "host/recording/recorder.c",
    "host/kit/replay.c" },
  { "gnutls/", "host/net/certificate.c" }, { "openssl/", "host/net/tls.c" },
  { "zstd", "host/backup/archive.c" }, { "cairo", "host/script/canvas.h" },
  { "glib", "host/common/glib_library.h" },
  { "dlfcn.h", "host/common/late_library.c" },
}

local function starts_with(text, beginning) return text:sub(1, #beginning) == beginning end

-- The floor of a path below host/ or tests/c/: "net", or a folder of a floor, "sandbox/model".
local function floor_of(path)
  local folder = path:match("^([%w_]+/[%w_]+)/")
  return floors[folder] and folder or path:match("^([%w_]+)/")
end

local function check_own(path, number, floor, name)
  local target = floor_of(name)
  if not floors[target] then
    source.complain(path, number, '"%s" is no header of a floor: write "floor/room.h"', name)
  elseif target ~= floor then
    if floor == "main" then
      if target ~= "command" then source.complain(path, number, 'main.c only picks a command, and "%s" is none', name) end
    elseif not floors[floor]:find(" " .. target .. " ", 1, true) then
      source.complain(path, number, '%s/ does not stand above %s/, so it may not include "%s"', floor, target, name)
    elseif not shelves[target] and name ~= target .. "/" .. target .. ".h" then
      source.complain(path, number, '"%s" is a room of %s/; its face is "%s/%s.h"', name, target, target, target)
    end
  end
end

-- The tests' own help: beside them, or shared between floors.
local function is_help(name)
  local file = not name:find("/") or io.open("tests/c/" .. name)
  if file and file ~= true then file:close() end
  return file ~= nil
end

local function check_foreign(path, number, floor, name)
  if path == "host/command/version.c" then return end -- asks each library for its version
  for _, home in ipairs(homes) do
    if starts_with(name, home[1]) then
      local allowed = false
      for i = 2, #home do
        -- A room's own test may look where the room looks.
        allowed = allowed or starts_with(path, home[i]) or starts_with(path, "tests/c/" .. floor .. "/")
          and starts_with(home[i], "host/" .. floor .. "/")
      end
      if not allowed then
        source.complain(path, number, "<%s> may be included only in %s", name, table.concat(home, ", ", 2))
      end
    end
  end
end

local includes = {} -- header -> the headers that it includes

local function check_file(path, floor)
  local mine = {}
  for number, line in ipairs(source.lines(source.read(path))) do
    local open, name = line:match('^%s*#%s*include%s*([<"])([^>"]+)')
    if open == '"' then
      check_own(path, number, floor, name)
      mine[#mine + 1] = name
    elseif open then
      check_foreign(path, number, floor, name)
    end
  end
  if path:match("%.h$") then includes[path:gsub("^host/", "")] = mine end
end

for _, path in ipairs(source.list({ "host" }, { "c", "h" })) do
  local floor = floor_of(path:match("^host/(.*)")) or path:match("^host/(main)%.c$")
  if floors[floor] or floor == "main" then
    check_file(path, floor)
  else
    source.complain(path, 1, "stands on no floor of the house")
  end
end

for _, path in ipairs(source.list({ "tests/c" }, { "c" })) do
  local floor = floor_of(path:match("^tests/c/(.*)"))
  if floors[floor] then
    for number, line in ipairs(source.lines(source.read(path))) do
      local open, name = line:match('^%s*#%s*include%s*([<"])([^>"]+)')
      if open == '"' and not is_help(name) then check_own(path, number, floor, name) end
      if open == "<" then check_foreign(path, number, floor, name) end
    end
  end
end

local state = {} -- header -> "open" while its includes are followed, then "done"
local function follow(header, trail)
  if state[header] == "open" then
    source.complain("host/" .. header, 1, "includes itself: %s -> %s", trail, header)
  elseif not state[header] then
    state[header] = "open"
    for _, name in ipairs(includes[header] or {}) do follow(name, trail .. " -> " .. header) end
    state[header] = "done"
  end
end
for header in pairs(includes) do follow(header, "") end

source.finish()

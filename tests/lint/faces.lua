-- Compares the annotations of our own modules with the modules of the program, both ways:
--   LUNOKHOD=build/lunokhod lua5.4 tests/lint/faces.lua
-- `lunokhod check` runs a script that prints the names, and `lunokhod test` runs a spec that does. The annotations are in
-- host/script/api/types/.
local source = require "tests.lint.source"

local program = os.getenv("LUNOKHOD") or "build/lunokhod"
local folder = "host/script/api/types"

-- Classes whose functions are methods of values. Their metatables are locked, so a value is asked for each annotated method;
-- and the source for those that are not annotated.
local classes = {
  ["telegram.Message"] = { value = 'require "message".dress {}', source = "Message" },
  ["telegram.CallbackQuery"] = { value = 'require "message".dress_callback {}', source = "Callback" },
}
-- The same of what a spec sees.
local kit_classes = {
  ["kit.Telegram"] = "telegram", ["kit.Clock"] = "clock", ["kit.Bot"] = "bot", ["kit.Http"] = "http", ["kit.Assert"] = "assert",
  ["kit.Chat"] = 'getmetatable(telegram:person("Anna")).__index',
}
-- Read by the host's other Lua halves; a script has its classes.
local without_face = { message = true }

local show = [[
local function show(face, members)
  for name, value in pairs(members) do
    if not name:find "^__" then print("face " .. face .. " " .. name .. " " .. type(value)) end
  end
end
]]
local probe = show .. [[
for name in pairs(package.preload) do
  if not name:find "^core%." then show(name, require(name)) end
end
]]

local function write(path, text, shown)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  for class, expression in pairs(shown) do file:write(("show(%q, %s)\n"):format(class, expression)) end
  if text:find("\nit%(") then file:write("end)\n") end
end

local annotated = {} -- face -> { name -> { kind, path, line, may_be_absent } }

-- Lua that makes a table of those methods of a class that its values have.
local function methods_of(name, class)
  local names = {}
  for method, item in pairs(annotated[name] or {}) do
    if item.kind == "function" then names[#names + 1] = ("%s = value.%s"):format(method, method) end
  end
  for method in source.read("host/script/api/message.lua"):gmatch("\nfunction " .. class.source .. ":([%w_]+)") do
    names[#names + 1] = ("%s = value.%s"):format(method, method)
  end
  return ("(function(value) return { %s } end)(%s)"):format(table.concat(names, ", "), class.value)
end

-- face -> { name -> type }, as the program has them
local function read_program()
  local path, faces = os.tmpname(), {}
  local script, spec = path .. ".lua", path .. "_spec.lua"
  local shown = {}
  for name, class in pairs(classes) do shown[name] = methods_of(name, class) end
  write(script, probe, shown)
  write(spec, show .. '\nit("shows what it has", function()\n', kit_classes)
  local command = ("%s check %s 2>&1; %s test %s %s 2>&1"):format(program, script, program, script, spec)
  local output <close> = assert(io.popen(command))
  local text = output:read("a")
  for face, name, kind in text:gmatch("face (%S+) (%S+) (%a+)") do
    faces[face] = faces[face] or {}
    faces[face][name] = kind
  end
  for _, name in ipairs { path, script, spec } do os.remove(name) end
  if not faces.bot or not faces["kit.Bot"] then
    error(("%s printed too few names; is it built? It printed: %s"):format(program, text))
  end
  return faces
end

local function annotate(face, name, kind, path, line, may_be_absent)
  annotated[face] = annotated[face] or {}
  annotated[face][name] = { kind = kind, path = path, line = line, may_be_absent = may_be_absent }
end

-- A module's file returns its table; the class of the module, or of one of `classes`, is declared above its functions.
local function read_annotations(path)
  local text = source.read(path)
  local module = text:match("^%-%-%-@meta ([%w_]+)")
  local class
  local variables = {} -- local name -> class
  for number, line in ipairs(source.lines(text)) do
    class = line:match("^%-%-%-@class ([%w_.]+)") or class
    local variable = line:match("^local ([%w_]+) = {}$") or line:match("^([%w_]+) = {}$")
    if variable then variables[variable] = class end
    local field, optional = line:match("^%-%-%-@field ([%w_]+)(%??)")
    local is_face = class == module or (kit_classes[class] or "("):find "^%a+$"
    if field and is_face then annotate(class, field, "value", path, number, optional == "?") end
    local owner, name = line:match("^function ([%w_]+)[.:]([%w_]+)%(")
    if owner and (variables[owner] == module or classes[variables[owner]] or kit_classes[variables[owner]]) then
      annotate(variables[owner], name, "function", path, number)
    end
  end
end

local function check_face(face, program_has)
  local has = annotated[face] or {}
  for name, kind in pairs(program_has) do
    source.files = source.files + 1
    if not has[name] then
      source.complain(folder, 1, "%s.%s (a %s) is not annotated", face, name, kind)
    elseif has[name].kind == "function" and kind ~= "function" then
      source.complain(has[name].path, has[name].line, "%s.%s is a %s", face, name, kind)
    end
  end
  for name, item in pairs(has) do
    if program_has[name] == nil and not item.may_be_absent then
      source.complain(item.path, item.line, "the program has no %s.%s", face, name)
    end
  end
end

for _, path in ipairs(source.list({ folder }, { "lua" })) do
  if path:match("[^/]+$") ~= "telegram_methods.lua" and path:match("[^/]+$") ~= "generate.lua" then read_annotations(path) end
end

local faces = read_program()
source.files = 0 -- from here on it counts names
for face, program_has in pairs(faces) do
  if not without_face[face] then check_face(face, program_has) end
end
for face, names in pairs(annotated) do
  local _, item = next(names)
  if not faces[face] then source.complain(item.path, 1, "the program has no module %s", face) end
end

print(("faces: %d names, %d wrong"):format(source.files, source.wrong))
os.exit(source.wrong == 0 and source.files > 0)

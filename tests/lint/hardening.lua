-- Checks that the built program has the hardening that the Makefile asks for. readelf comes with the compiler; Debian's
-- hardening-check is asked too where it is installed.
local source = require "tests.lint.source"

local program = os.getenv("LUNOKHOD") or "build/lunokhod"
local folder = program:match("^(.*)/") or "."

local function output(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read("a")
end

local function need(is_there, path, what)
  if not is_there then source.complain(path, 1, "built without %s", what) end
end

local elf = output("readelf --wide --file-header --program-headers --dynamic --dyn-syms " .. program)
source.files = #elf > 0 and 1 or 0
need(elf:find("Type:%s+DYN") and elf:find("%(FLAGS_1%)[^\n]*PIE"), program, "-fPIE and -pie")
need(elf:find("GNU_RELRO"), program, "-Wl,-z,relro")
need(elf:find("%(FLAGS%)[^\n]*BIND_NOW"), program, "-Wl,-z,now")
need(elf:find("GNU_STACK[^\n]* RW "), program, "a stack that can't be executed")
need(elf:find("__stack_chk_fail"), program, "-fstack-protector-strong")
need(elf:find("__snprintf_chk"), program, "-D_FORTIFY_SOURCE")

-- Asked of each object: the program has this mark only where the C library's start-up files have it, and Debian 12's do not.
if elf:find("Machine:[^\n]*X86%-64") then
  local marked = {}
  local object
  for line in output(("readelf --wide --notes $(find %s -name '*.a')"):format(folder)):gmatch("[^\n]+") do
    object = line:match("^File: (.+)") or object
    if object then marked[object] = marked[object] or line:find("IBT, SHSTK") ~= nil end
  end
  for path, is_marked in pairs(marked) do
    source.files = source.files + 1
    need(is_marked, path, "-fcf-protection")
  end
end

local report = output("command -v hardening-check >/dev/null && hardening-check " .. program)
local lines = {
  "Position Independent Executable", "Stack protected", "Fortify Source functions", "Read-only relocations",
  "Immediate binding",
}
for _, line in ipairs(report ~= "" and lines or {}) do
  if not report:find(line .. ": yes", 1, true) then source.complain(program, 1, "hardening-check: not %s", line) end
end

source.finish()

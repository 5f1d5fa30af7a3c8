-- Checks that each mutant of the simulation still fits the code that it is a patch of. They are built only where somebody asks
-- for them, so nobody would notice otherwise.
local source = require "tests.lint.source"

for _, path in ipairs(source.list({ "tests/simulation/mutants" }, { "patch" })) do
  source.files = source.files + 1
  if not os.execute(("patch -s --dry-run -p1 < %s >/dev/null"):format(path)) then
    source.complain(path, 1, "this patch does not fit the code any more")
  end
end

source.finish()

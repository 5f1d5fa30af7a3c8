std = "lua54"
max_line_length = 128
include_files = {
  "scripts/**/*.lua", "examples/**/*.lua", "tests/**/*.lua",
  "host/script/**/*.lua", "host/kit/**/*.lua", ".luacheckrc",
}
exclude_files = { "**/node_modules/**" }
-- Specs of bots: what host/kit/lua gives them.
local kit = { "telegram", "clock", "bot", "http", "scripts" }
files["tests/lua"] = { std = "lua54+busted", read_globals = kit }
files["examples/**/*_spec.lua"] = { std = "lua54+busted", read_globals = kit }
files["scripts/**/*_spec.lua"] = { std = "lua54+busted", read_globals = kit }
files["host/kit/lua/runner.lua"].globals = { "describe", "it", "pending", "before_each", "after_each", "scripts", "assert" }
files["tests/fuzz"] = { std = "lua54+busted", read_globals = kit }
files["tests/system"].std = "lua54+busted"
-- What every script sees is made here.
files["host/script/api"].globals = { "print" }
-- The LuaCATS files only name things for an editor.
files["host/script/api/types"].ignore = { "1", "2", "631" }

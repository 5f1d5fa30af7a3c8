std = "lua54"
max_line_length = 132
include_files = { "scripts/**/*.lua", "examples/**/*.lua", "tests/**/*.lua", "host/script/api/**/*.lua", ".luacheckrc" }
exclude_files = { "**/node_modules/**" }
files["tests/lua"].std = "lua54+busted"
files["tests/system"].std = "lua54+busted"
-- What every script sees is made here.
files["host/script/api"].globals = { "print" }
-- The LuaCATS files only name things for an editor.
files["host/script/api/types"].ignore = { "1", "2", "631" }

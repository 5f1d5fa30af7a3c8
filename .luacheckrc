std = "lua54"
max_line_length = 132
include_files = { "scripts", "examples", "tests", "host/script/api", ".luacheckrc" }
exclude_files = { "**/node_modules" }
files["tests/lua"].std = "+busted"
files["tests/system"].std = "+busted"
files["tests/system/scripts"].std = "lua54"
-- The LuaCATS files only name things for an editor.
files["host/script/api/types"].ignore = { "212", "241", "211", "143", "631" }

-- Runs a command with a PostgreSQL server of its own, whose address is in LUNOKHOD_TEST_DATABASE:
--   lua5.4 tests/support/with_postgres.lua build/lunokhod test examples
local postgres = require "tests.support.postgres"
local process = require "tests.support.process"

local server = postgres.start()
local words = { "LUNOKHOD_TEST_DATABASE=" .. process.quote(server:url()) }
for _, argument in ipairs(arg) do words[#words + 1] = process.quote(argument) end
local ok, _, code = os.execute(table.concat(words, " "))
server:remove()
process.finish_all()
os.exit(ok and 0 or code)

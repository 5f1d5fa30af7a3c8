-- Everything that a spec about host and sandbox needs, in one require:
--   local world = require "tests.support.world"
--   local host, sandbox, until_ = world.host, world.sandbox, world.until_
--   describe("...", function() after_each(world.finish) ... end)
local host = require "tests.support.host"
local port = require "tests.support.port"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"

local world = { host = host, sandbox = sandbox, until_ = require "tests.support.until", write_file = process.write_file }

-- Ends all programs of a test. Fails the test for a sanitizer's line, the token in a log, a program that does not end, or an
-- open port.
function world.finish()
  local complaints = process.finish_all()
  host.clean_up()
  port.release_all()
  if complaints then error(complaints, 0) end
end

-- Runs the program to its end: world.run({ "check", "bot.lua" }, { BOT_TOKEN = "..." }) -> code, stdout, stderr
function world.run(arguments, environment)
  local all = table.move(arguments, 1, #arguments, 2, { sandbox.PROGRAM })
  local run = process.start(all, environment)
  return run:wait(), run:stdout(), run:stderr()
end

return world

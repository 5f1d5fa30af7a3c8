-- `lunokhod test` as a program: its files, its report and its exit codes. tests/lua/kit_spec.lua tests the kit itself.
local process = require "tests.support.process"
local world = require "tests.support.world"

local directory

local function write(name, text) process.write_file(directory .. "/" .. name, text) end

local function test(...) return world.run { "test", ... } end

local ECHO = 'local bot = require "bot"\nbot.otherwise(function(message) message:answer(message.text) end)\n'

local function spec_of(body)
  return ('describe("the echo", function()\n  it("answers", function()\n%s\n  end)\nend)\n'):format(body)
end

local GOOD = spec_of 'local anna = telegram:person("Anna") anna:says("hi") anna:sees("hi")'

describe("lunokhod test", function()
  before_each(function() directory = process.new_directory() end)
  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  it("names the spec's line for a mistake that the kit stumbles over", function()
    write("echo.lua", ECHO)
    write("echo_spec.lua", spec_of '    telegram:person("Anna"):joins()')
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("echo_spec%.lua:3: attempt to index a nil value", printed)
    assert.is_nil(printed:find("lunokhod/kit", 1, true), printed)
  end)

  it("finds the specs beside the scripts, and says how many succeeded", function()
    write("echo.lua", ECHO)
    write("echo_spec.lua", GOOD)
    local code, printed, complaints = test(directory)
    assert.equal(0, code)
    assert.matches("^1 success / 0 failures / 0 errors / 0 pending : [%d.]+ seconds\n$", printed)
    assert.equal("", complaints)
  end)

  it("takes specs by name, of scripts by name", function()
    write("echo.lua", ECHO)
    write("broken.lua", "error('not to be loaded')")
    write("one_spec.lua", GOOD)
    write("two_spec.lua", "error('not to be run')")
    assert.equal(0, (test(directory .. "/echo.lua", directory .. "/one_spec.lua")))
  end)

  it("lets a spec name its scripts, from where it stands", function()
    write("echo.lua", ECHO)
    write("other.lua", "error('not to be loaded')")
    write("echo_spec.lua", 'scripts "echo.lua"\n' .. GOOD)
    assert.equal(0, (test(directory)))
  end)

  it("does not keep a directory with specs from running as a bot", function()
    write("echo.lua", ECHO)
    write("echo_spec.lua", GOOD)
    local code, printed = world.run { "check", directory }
    assert.equal(0, code)
    assert.matches("scripts loaded: 1", printed)
  end)

  it("reports a failure with file and line, what was expected, what was seen, and the bot's log", function()
    write("echo.lua", 'print("loaded")\n' .. ECHO)
    write("echo_spec.lua", spec_of 'local anna = telegram:person("Anna")\nanna:says("hi")\nanna:sees("hello")')
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("echo_spec%.lua:5: the echo answers\n", printed)
    assert.matches('expected: "hello"\n    seen:     "hi"\n', printed)
    assert.matches("log:\n      level=info msg=loaded", printed)
    assert.matches("0 successes / 1 failure / 0 errors", printed)
  end)

  it("tells a mistake in a spec from a failure, and goes on", function()
    write("echo.lua", ECHO)
    write("a_spec.lua", spec_of "local nothing\nnothing.field = 1")
    write("b_spec.lua", "local x = = 1")
    write("c_spec.lua", GOOD)
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("a_spec%.lua:4: attempt to index a nil value", printed)
    assert.matches("b_spec%.lua:1: unexpected symbol", printed)
    assert.matches("1 success / 0 failures / 2 errors", printed)
  end)

  it("fails where the bot fails and nobody expected it", function()
    write("bot.lua", 'require "bot".otherwise(function() error("so wrong") end)')
    write("bot_spec.lua", spec_of 'telegram:person("Anna"):says("hi")')
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("a handler failed.*so wrong", printed)
  end)

  it("fails where the bot calls what the sandbox does not emulate, unless the spec looks for it", function()
    write("bot.lua", 'require "bot".otherwise(function() require "telegram".try.getAvailableGifts() end)')
    write("bot_spec.lua", spec_of 'telegram:person("Anna"):says("hi")')
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("does not emulate", printed)
    write("bot_spec.lua", spec_of 'telegram:person("Anna"):says("hi")\nassert.equal(1, #bot:log("does not emulate"))')
    assert.equal(0, (test(directory)))
  end)

  it("fails where the scripts can't be loaded, with their file and line", function()
    write("bot.lua", "\nlocal x = = 1")
    write("bot_spec.lua", spec_of 'telegram:person("Anna"):says("hi")')
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("bot%.lua:2: unexpected symbol", printed)
  end)

  it("ends a bot that does not come to rest", function()
    write("bot.lua", [[
      local bot = require "bot"
      local function again() bot.after(0, again) end
      bot.otherwise(again)
    ]])
    write("bot_spec.lua", spec_of 'telegram:person("Anna"):says("hi")')
    local code, printed = test(directory)
    assert.equal(1, code)
    assert.matches("does not come to rest", printed)
  end)

  it("shows the stack of an error, a line each, without the kit's own frames", function()
    write("echo.lua", ECHO)
    write("echo_spec.lua", "local function inner() error 'amiss' end\nlocal function outer()\n  inner()\n  return 1\nend\n"
      .. "it('fails', function()\n  outer()\n  return 1\nend)\n")
    local _, printed = test(directory)
    assert.matches("echo_spec%.lua:1: amiss\n    stack traceback:\n      [^\n]*echo_spec%.lua:1: in [^\n]*\n"
      .. "      [^\n]*echo_spec%.lua:3: in [^\n]*\n      [^\n]*echo_spec%.lua:7: in [^\n]*\n", printed)
    assert.is_nil(printed:find "lunokhod/kit")
  end)

  it("fails where --filter fits nothing", function()
    write("echo.lua", ECHO)
    write("echo_spec.lua", GOOD)
    local code, _, complaints = test("--filter", "nothing like it", directory)
    assert.equal(1, code)
    assert.equal("lunokhod test: no spec has the text nothing like it in its name\n", complaints)
  end)

  it("runs only what --filter names, and lists it with --verbose", function()
    write("echo.lua", ECHO)
    write("a_spec.lua", 'it("has an a", function() end)\nit("has a b", function() error("no") end)\npending("has a c")')
    local code, printed = test("--filter", "has an a", "--verbose", directory)
    assert.equal(0, code)
    assert.matches("^ok has an a\n1 success / 0 failures / 0 errors / 0 pending", printed)
  end)

  it("says what is wrong with its arguments", function()
    for arguments, complaint in pairs {
      [{}] = "which specs",
      [{ directory }] = "there is no spec here",
      [{ directory .. "/nowhere" }] = "can't read .*nowhere",
      [{ "--frobnicate" }] = "unknown option %-%-frobnicate",
    } do
      local code, _, complaints = test(table.unpack(arguments))
      assert.equal(2, code)
      assert.matches(complaint, complaints)
    end
    local code, printed = test "--help"
    assert.equal(0, code)
    assert.matches("lunokhod test", printed)
  end)
end)

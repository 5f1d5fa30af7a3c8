-- Nobody reads the log: its pipe is full. The host answers, and stops when it is told to.
local process = require "tests.support.process"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local SCRIPT = [[
  local bot = require "bot"
  bot.command("big", function(message)
    for _ = 1, 50 do print(("x"):rep(60000)) end
    message:answer "ok"
  end)
]]

-- A host whose standard error is a pipe that is full at once and that the test may read.
local function unheard(telegram, admin)
  local directory = process.new_directory()
  finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
  process.write_file(directory .. "/bot.lua", SCRIPT)
  os.execute("mkfifo " .. process.quote(directory .. "/pipe"))
  local command = [[exec 9<>"$1/pipe"; exec "$0" run --poll-timeout 1 --admin-id "$2" "$1/bot.lua" 2>&9]]
  local lunokhod = process.start({ "sh", "-c", command, sandbox.PROGRAM, directory, tostring(admin.id) },
    telegram:environment())
  return lunokhod, directory .. "/pipe"
end

describe("a standard error that nobody reads", function()
  after_each(world.finish)

  it("stops neither the answers nor the end", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person "Admin", telegram:person "Anna"
    local lunokhod = unheard(telegram, admin)
    for i = 1, 3 do
      anna:says "/big"
      assert.equal("ok", anna:saw(i)[i])
    end
    lunokhod:signal("TERM")
    assert.equal(0, lunokhod:wait())
  end)

  it("is told what was dropped once it is read", function()
    local telegram = sandbox {}
    local anna = telegram:person "Anna"
    local lunokhod, pipe = unheard(telegram, telegram:person "Admin")
    anna:says "/big"
    anna:saw(1)
    local reader = process.start { "cat", pipe }
    until_(function() return reader:stdout():find("lines of the log were dropped.-count=%d+") end, "the count")
    lunokhod:signal("TERM")
    assert.equal(0, lunokhod:wait())
    assert.equal(0, reader:wait()) -- it has read all when nobody can write any more
    assert.matches("msg=stopped", reader:stdout())
  end)
end)

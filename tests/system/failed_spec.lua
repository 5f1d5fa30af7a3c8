-- bot.failed in a process: after a deadline, in time that passes.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

describe("bot.failed", function()
  after_each(world.finish)

  it("is told of a handler that took too long, and of what was kept", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, options = { "--deadline", "1" }, script = [[
      local bot, db, telegram = require "bot", require "db", require "telegram"
      db.exec "CREATE TABLE IF NOT EXISTS t(x)"
      bot.command("late", function()
        db.exec "INSERT INTO t VALUES(1)"
        while true do telegram.get_me() end
      end)
      bot.failed(function(update, err)
        update.message:reply(("%s; %d rows"):format(err, db.one "SELECT count(*) AS n FROM t".n))
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("/late")
    lunokhod:logged("a handler failed")
    assert.same({ "stopped: the handler took longer than 1 s (it waited for getMe); 1 rows" }, anna:saw(1))
  end)
end)

-- bot.failed in a process: after a deadline, in time that passes.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

describe("bot.failed", function()
  after_each(world.finish)

  it("is told of a handler that took too long, and of what was kept", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, options = { "--deadline", "1" }, script = [[
      local bot, db = require "bot", require "db"
      db.exec "CREATE TABLE IF NOT EXISTS t(x)"
      bot.command("late", function(message)
        db.exec "INSERT INTO t VALUES(1)"
        message:answer "slowly"
        db.exec "INSERT INTO t VALUES(2)"
      end)
      bot.failed(function(update, err)
        update.message:reply(("%s; %d rows"):format(err, db.one "SELECT count(*) AS n FROM t".n))
      end)
    ]] }
    local anna = telegram:person("Анна")
    telegram:fault { method = "sendMessage", kind = "delay", ms = 2500, times = 1 }
    anna:says("/late")
    lunokhod:logged("a handler failed")
    local said = anna:saw(2)
    table.sort(said)
    assert.same({ "slowly", "stopped: the handler took longer than 1 s (it waited for sendMessage); 1 rows" }, said)
  end)
end)

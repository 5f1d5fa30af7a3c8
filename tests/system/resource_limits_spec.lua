-- Low limits of the process (ulimit): fewer connections at once, and nothing else is different.
local process = require "tests.support.process"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local SCRIPT = [[
  local bot, db = require "bot", require "db"
  db.exec "CREATE TABLE IF NOT EXISTS users(chatid INTEGER PRIMARY KEY, click INTEGER)"
  bot.command("start", function(message)
    db.exec("INSERT INTO users VALUES (?, 1) ON CONFLICT DO UPDATE SET click = click + 1", message.chat.id)
    message:answer "hi"
  end)
]]

local function limited(telegram, limit, admin)
  local directory = process.new_directory()
  finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
  process.write_file(directory .. "/bot.lua", SCRIPT)
  local options = "--poll-timeout 2 --backup-interval 1 --admin-id " .. tostring(admin.id)
  local command = ([[ulimit %s; exec "$0" run %s "$1/bot.lua"]]):format(limit, options)
  local lunokhod = process.start({ "sh", "-c", command, sandbox.PROGRAM, directory }, telegram:environment())
  lunokhod:logged("msg=running")
  return lunokhod
end

local function serves(limit)
  local telegram = sandbox { requests = 0 }
  local lunokhod = limited(telegram, limit, telegram:person "Admin")
  assert.matches("connections=%d+ wanted=1000", lunokhod:logged("fewer connections at once"))
  telegram:fault { method = "sendMessage", kind = "delay", ms = 100, times = 2000 }
  telegram:flood { users = 1000, messages_each = 1, text = "/start", first_id = 100000 }
  until_(function() return telegram:sent() >= 300 end, "300 replies")
  lunokhod:signal("HUP") -- in the middle, when every connection is in use
  lunokhod:logged("msg=reloaded")
  telegram:has_sent(1000)
  lunokhod:logged("msg=saved")
  lunokhod:signal("TERM")
  assert.equal(0, lunokhod:wait())
  assert.same({}, lunokhod:log_lines("level=warn"))
  assert.same({}, lunokhod:log_lines("level=error"))
end

describe("a host with a low limit", function()
  after_each(world.finish)

  it("of open files serves everybody, and reloads", function() serves "-n 64" end)

  it("of address space serves everybody, and reloads", function()
    if sandbox.PROGRAM:find("asan", 1, true) then return end -- a sanitizer wants terabytes of it
    serves "-v 80000"
  end)
end)

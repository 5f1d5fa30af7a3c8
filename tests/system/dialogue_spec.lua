-- Dialogues when the process gets a signal, stops or is killed.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local ORDERS = [[
  local bot, backup = require "bot", require "backup"
  bot.command("order", function(message) message:ask("Что?", "what") end)
  bot.step("what", function(message)
    message:ask(("Сколько «%s»?"):format(message.text), "count", { what = message.text })
    backup.now()
  end)
  bot.step("count", function(message, data)
    if message.text == "бросить" then error("no good") end
    message:answer(("%s × %s"):format(message.text, data.what))
  end)
  bot.otherwise(function(message) message:answer("иначе: " .. message.text) end)
]]

-- Without its second step.
local HALF = ORDERS:gsub('  bot.step%("count".-\n  end%)\n', "")

describe("a dialogue", function()
  after_each(world.finish)

  it("goes on after SIGHUP", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ORDERS }
    local anna = telegram:person("Анна")
    anna:says("/order")
    anna:sees_last("Что?")
    assert.matches("level=info", lunokhod:reload())
    anna:says("чай")
    anna:sees_last("Сколько «чай»?")
  end)

  it("goes on after a stop, from the backup", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local lunokhod = backups.host(telegram, admin, { script = ORDERS, options = { "--fresh" } })
    anna:says("/order")
    anna:sees_last("Что?")
    assert.equal(0, lunokhod:stop())
    anna:says("чай") -- while nobody listens
    lunokhod = backups.host(telegram, admin, { script = ORDERS })
    anna:sees_last("Сколько «чай»?")
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin, { script = ORDERS })
    anna:says("3")
    anna:sees_last("3 × чай")
  end)

  it("goes on after a kill, from the question that the last backup has", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local lunokhod = backups.host(telegram, admin, { script = ORDERS, options = { "--fresh" } })
    local before = #lunokhod:log_lines("msg=saved")
    anna:says("/order")
    anna:says("чай") -- asks for a backup
    until_(function() return #lunokhod:log_lines("msg=saved") > before end, "the backup")
    anna:sees_last("Сколько «чай»?")
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
    lunokhod:ends()
    backups.host(telegram, admin, { script = ORDERS, options = { "--takeover" } })
    anna:says("3")
    anna:sees_last("3 × чай")
  end)

  it("whose step is gone keeps the answer for a later reload and SIGUSR1", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ORDERS }
    local anna = telegram:person("Анна")
    anna:says("/order")
    anna:says("чай")
    anna:sees_last("Сколько «чай»?")
    lunokhod:write("bot.lua", HALF)
    lunokhod:reload()
    anna:says("3")
    lunokhod:logged('step .-"count.-no script has that step any more')
    lunokhod:write("bot.lua", ORDERS)
    lunokhod:reload()
    lunokhod:signal("USR1")
    anna:sees_last("3 × чай")
  end)

  it("goes on from a backup of a host that knew no threads, and gives old ids to nobody else", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local environment = telegram:environment()
    environment.ADMIN_ID = tostring(admin.id)
    local lunokhod = backups.host(telegram, admin, { script = ORDERS, options = { "--fresh" } })
    local path = lunokhod.directory .. "/image"
    anna:says("/order")
    anna:says("чай")
    anna:sees_last("Сколько «чай»?")
    assert.equal(0, lunokhod:stop())
    assert.equal(0, (world.run({ "backup", "pull", path }, environment)))
    local old = io.popen("sqlite3 " .. path, "w")
    old:write [[
      CREATE TABLE old(id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, person INTEGER NOT NULL, step TEXT NOT NULL,
        data TEXT, question TEXT, earlier TEXT, expires_at INTEGER, after INTEGER, album TEXT, UNIQUE(chat, person));
      INSERT INTO old SELECT id, chat, person, step, data, question, earlier, expires_at, after, album FROM lunokhod_steps;
      INSERT INTO old(id, chat, person, step) VALUES(100, 5, 5, 'what');
      DELETE FROM old WHERE id = 100;
      DROP TABLE lunokhod_steps;
      ALTER TABLE old RENAME TO lunokhod_steps;]]
    assert.is_true(old:close())
    assert.equal(0, (world.run({ "backup", "push", path }, environment)))
    lunokhod = backups.host(telegram, admin, { script = ORDERS .. [[
      bot.text("rows", function(message)
        message:answer(require "db".one("SELECT group_concat(id || ':' || step) AS rows FROM lunokhod_steps").rows)
      end)]] })
    anna:says("3")
    anna:sees_last("3 × чай")
    anna:says("/order")
    admin:says("rows")
    admin:sees_last("101:what")
    assert.equal(0, lunokhod:stop())
  end)

  it("takes a dead letter for an answer only to a question that was there before it", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = ORDERS }
    local anna = telegram:person("Анна")
    anna:says("/order")
    anna:says("чай")
    anna:says("бросить")
    lunokhod:logged("no good")
    anna:says("/order")
    anna:says("кофе")
    anna:sees_last("Сколько «кофе»?")
    lunokhod:signal("USR1")
    anna:sees_last("иначе: бросить")
    anna:says("2")
    anna:sees_last("2 × кофе")
  end)
end)

-- Scheduled work when the process gets a signal, stops or is killed, and when a restore takes long.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local REMINDERS = [[
  local bot, backup, telegram = require "bot", require "backup", require "telegram"
  bot.job("remind", function(what) telegram.send_message { chat_id = what.chat, text = "⏰ " .. what.text } end)
  bot.match("^через (%d+) (.+)$", function(message, seconds, text)
    bot.after(tonumber(seconds), "remind", { chat = message.chat.id, text = text })
    message:answer("хорошо")
    backup.now()
  end)
  bot.text("?", function(message) message:answer("!") end)
]]

local TICKS = [[
  local bot, db, log, telegram = require "bot", require "db", require "log", require "telegram"
  db.exec "CREATE TABLE IF NOT EXISTS chats(id INTEGER PRIMARY KEY)"
  bot.job("tick", function()
    local chats = db.all "SELECT id FROM chats"
    if #chats == 0 then log.info "nobody is there" end
    for _, chat in ipairs(chats) do
      telegram.send_message { chat_id = chat.id, text = "тик" }
      telegram.send_message { chat_id = chat.id, text = "так" }
    end
  end)
  bot.every(1, "tick")
  bot.command("start", function(message) db.exec("INSERT INTO chats VALUES(?)", message.chat.id) end)
]]

local function count(texts, text)
  local times = 0
  for _, each in ipairs(texts) do times = times + (each == text and 1 or 0) end
  return times
end

local function sees(person, text, times)
  until_(function() return count(person:saw(), text) >= (times or 1) end, function()
    return ("%q; seen: %s"):format(text, table.concat(person:saw(), " | "))
  end)
end

describe("what is due", function()
  after_each(world.finish)

  it("is done though SIGHUP came in between", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = REMINDERS }
    local anna = telegram:person("Анна")
    anna:says("через 1 суп")
    sees(anna, "хорошо")
    lunokhod:reload()
    sees(anna, "⏰ суп")
  end)

  it("is done once, though the host was off when its time came", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local lunokhod = backups.host(telegram, admin, { script = REMINDERS, options = { "--fresh" } })
    anna:says("через 1 суп")
    sees(anna, "хорошо")
    assert.equal(0, lunokhod:stop())
    lunokhod = backups.host(telegram, admin, { script = REMINDERS })
    sees(anna, "⏰ суп")
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin, { script = REMINDERS })
    anna:says("через 1 чай")
    sees(anna, "⏰ чай")
    assert.equal(1, count(anna:saw(), "⏰ суп"))
  end)

  it("is done though the host was killed, if a backup has it", function()
    local telegram = sandbox {}
    local admin, anna = telegram:person("Админ"), telegram:person("Анна")
    local lunokhod = backups.host(telegram, admin, { script = REMINDERS, options = { "--fresh" } })
    anna:says("через 3 суп")
    sees(anna, "хорошо")
    admin:says("/backup")
    until_(function() return backups.told(admin, "Saved in message") == 1 end, "a backup")
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
    lunokhod:ends()
    backups.host(telegram, admin, { script = REMINDERS })
    sees(anna, "⏰ суп")
  end)

  it("waits for the data that a restore brings", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local lunokhod = backups.host(telegram, admin, { script = TICKS, options = { "--fresh" } })
    admin:says("/start")
    sees(admin, "так")
    assert.equal(0, lunokhod:stop())
    telegram:fault { method = "forwardMessage", kind = "delay", ms = 2500, times = 1 }
    lunokhod = backups.host(telegram, admin, { script = TICKS })
    sees(admin, "так", count(admin:saw(), "так") + 1)
    assert.same({}, lunokhod:log_lines("nobody is there"))
  end)

  it("is not begun anew while it is being done, by new scripts neither", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = TICKS }
    local anna = telegram:person("Анна")
    anna:says("/start")
    sees(anna, "так")
    telegram:fault { method = "sendMessage", kind = "delay", ms = 800, times = 4 }
    local seen = count(anna:saw(), "тик")
    sees(anna, "тик", seen + 1)
    lunokhod:reload()
    sees(anna, "так", seen + 3)
    for i, text in ipairs(anna:saw()) do assert.equal(i % 2 == 1 and "тик" or "так", text) end
  end)
end)

-- The timetable in a backup that this program has not written: of an earlier version, or from a machine with other time zones.
local backups = require "tests.support.backups"
local process = require "tests.support.process"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local SCRIPT = [[
  local bot, telegram = require "bot", require "telegram"
  bot.job("ring", function(data) telegram.send_message { chat_id = data[1], text = data[2] } end)
  bot.command("plan", function(message)
    local chat = message.chat.id
    bot.daily("09:00", "ring", { chat, "daily" }, { zone = "Etc/UTC" })
    bot.daily("09:00", "ring", { chat, "other" }, { zone = "Etc/UTC" })
    message:answer "planned"
  end)
  bot.command("weekly", function(message)
    local id = bot.weekly("mon", "09:00", "ring", { message.chat.id, "weekly" }, { zone = "Europe/Berlin" })
    message:answer("planned " .. bot.cancel(id))
  end)
]]

describe("a timetable from elsewhere", function()
  local directory
  before_each(function() directory = process.new_directory() end)
  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  local function command(telegram, admin, ...)
    local environment = telegram:environment()
    environment.ADMIN_ID = tostring(admin.id)
    local code, _, errors = world.run({ "backup", ... }, environment)
    assert.equal(0, code, errors)
  end

  -- A host with what /plan has planned, but for this change of its data.
  local function begin_with(sql)
    local telegram = sandbox {}
    local admin, path = telegram:person "Админ", directory .. "/bot.sqlite"
    admin:says "привет" -- a bot can't write first
    local first = backups.host(telegram, admin, { script = SCRIPT })
    backups.ask(admin, "/plan", "planned")
    assert.equal(0, first:stop())
    command(telegram, admin, "pull", path)
    assert.is_true((os.execute(("sqlite3 %s %s"):format(process.quote(path), process.quote(sql)))))
    command(telegram, admin, "push", path)
    return backups.host(telegram, admin, { script = SCRIPT }), admin
  end

  local function has_said(admin, text)
    return function()
      for _, each in ipairs(admin:saw()) do
        if each == text then return true end
      end
      return false
    end
  end

  it("is taken over from an earlier version", function()
    local lunokhod, admin = begin_with [[
      ALTER TABLE lunokhod_timetable DROP COLUMN cron; ALTER TABLE lunokhod_timetable DROP COLUMN asked_at;
      UPDATE lunokhod_timetable SET due_at = 1, zone = 180 WHERE data LIKE '%daily%']]
    until_(has_said(admin, "daily"), "what is late")
    backups.ask(admin, "/weekly", "planned 1")
    assert.same({}, lunokhod:log_lines "level=error")
  end)

  it("may name a zone that this machine can't read: its job waits, and keeps nobody else from coming", function()
    local lunokhod, admin = begin_with [[
      UPDATE lunokhod_timetable SET due_at = 1; UPDATE lunokhod_timetable SET zone = 'Mars/Olympus' WHERE data LIKE '%other%']]
    until_(has_said(admin, "daily"), "what is late")
    lunokhod:logged "a job waits for its time zone; name=ring error=there is no time zone"
    assert.falsy(has_said(admin, "other")())
  end)
end)

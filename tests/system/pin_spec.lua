-- The pin of the backup, when somebody covers it, takes it off, or deletes the message: the admin is told once, and what can be
-- mended is.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

describe("the pinned backup", function()
  after_each(world.finish)

  local telegram, admin, lunokhod
  before_each(function()
    telegram = sandbox {}
    admin = telegram:person("Админ")
    lunokhod = backups.first_host(telegram, admin, { environment = { BACKUP_INTERVAL = "1" } })
  end)

  local function set_pin(message_id, is_pinned)
    telegram:post("pins", { chat_id = admin.id, message_id = message_id, pinned = is_pinned })
  end

  local function told(pattern, times)
    until_(function() return backups.told(admin, pattern) == times end, function()
      return pattern .. "\n" .. lunokhod.process:stderr()
    end)
  end

  it("is under another pin, which the admin is told once", function()
    local note = admin:says("a note").message_id
    set_pin(note, true)
    told("^A newer message is pinned in this chat, above the backup", 1)
    lunokhod:logged('level=warn msg="another message is pinned above the backup.*unpin that message, or set CONFIG_ID')
    set_pin(note, false)
    lunokhod:logged("the backup's pin is the last one again")
    assert.equal(1, backups.told(admin, "A newer message is pinned"))
  end)

  it("is pinned again when somebody has unpinned it", function()
    local backup = backups.pinned(telegram, admin)
    set_pin(backup, false)
    told("^Somebody had unpinned the backup", 1)
    assert.equal(backup, backups.pinned(telegram, admin))
    set_pin(backup, false)
    until_(function() return backups.pinned(telegram, admin) == backup end, "the pin")
    assert.equal(1, backups.told(admin, "unpinned"))
  end)

  it("is made anew when somebody has deleted it, though nothing has changed", function()
    local backup = backups.pinned(telegram, admin)
    backups.delete(telegram, admin, backup)
    told("^The backup is in a new message now", 1)
    local new = backups.pinned(telegram, admin)
    assert.is_true(new > backup)
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
    lunokhod:ends()
    backups.host(telegram, admin, { options = { "--takeover" } })
    assert.equal(1, backups.add(admin))
  end)
end)

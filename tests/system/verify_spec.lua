-- `lunokhod backup verify`: can the last backup be loaded? It changes nothing, and its exit code is for cron.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local sandbox = world.sandbox

-- Runs `lunokhod backup verify ...` for that admin.
local function verify(telegram, admin, ...)
  local environment = telegram:environment()
  environment.ADMIN_ID = tostring(admin.id)
  return world.run({ "backup", "verify", ... }, environment)
end

-- A bot whose backup has a base, saved and stopped. Returns the message of the backup, too.
local function with_base()
  local telegram = sandbox {}
  local admin = telegram:person("Админ")
  local lunokhod = backups.first_host(telegram, admin)
  backups.grow(admin, 1500)
  backups.save(lunokhod, admin)
  assert.equal(0, lunokhod:stop())
  return telegram, admin, backups.pinned(telegram, admin)
end

describe("lunokhod backup verify", function()
  after_each(world.finish)

  it("says date, age and size of a backup that can be loaded, and changes nothing", function()
    local telegram, admin, message_id = with_base()
    local documents, crown, texts = backups.documents(telegram, admin), backups.crown(telegram, admin), admin:saw()
    local code, out, errors = verify(telegram, admin)
    assert.equal(0, code, errors)
    local text = "^The last backup can be loaded: saved %%d+%%-%%d+%%-%%d+ %%d+:%%d+:%%d+ %%(UTC%%), "
      .. "%%d+ s old, 1%%d%%d%%d%%d%%d%%d bytes of data, message %d%%.\n$"
    assert.matches(text:format(message_id), out)
    assert.same(documents, backups.documents(telegram, admin))
    assert.equal(crown, backups.crown(telegram, admin))
    assert.same(texts, admin:saw())
  end)

  it("checks beside a host that runs, which goes on", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local lunokhod = backups.first_host(telegram, admin)
    backups.save(lunokhod, admin)
    local code, _, errors = verify(telegram, admin)
    assert.equal(0, code, errors)
    assert.equal(2, backups.save(lunokhod, admin))
    assert.same({}, lunokhod:log_lines("another host"))
  end)

  it("says with 3 that the base was changed", function()
    local telegram, admin, message_id = with_base()
    local changed = backups.bytes(telegram, admin, message_id):gsub('("checksum":")(%x)', function(head, digit)
      return head .. (digit == "1" and "2" or "1")
    end)
    backups.unpoint(telegram, admin)
    backups.unpin(telegram, admin)
    local code, out, errors = verify(telegram, admin, "--config-id", backups.send(telegram, admin, changed))
    assert.equal(3, code)
    assert.equal("", out)
    assert.matches("^lunokhod backup: part 1 of 1 of the backup's base .* its bytes are not those that were sent", errors)
  end)

  it("says with 3 that what is there is no backup", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local message_id = backups.send_as_admin(telegram, admin, "a picture of a cat")
    local code, _, errors = verify(telegram, admin, "--config-id", message_id)
    assert.equal(3, code)
    assert.matches("not a backup", errors)
  end)

  it("says with 3 that a backup was cut", function()
    local telegram, admin, message_id = with_base()
    local bytes = backups.bytes(telegram, admin, message_id)
    backups.unpoint(telegram, admin)
    backups.unpin(telegram, admin)
    local cut = backups.send(telegram, admin, bytes:sub(1, -20))
    local code, _, errors = verify(telegram, admin, "--config-id", cut)
    assert.equal(3, code, errors)
  end)

  it("says with 1 that nothing could be checked: no backup, no such chat, no Telegram", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local code, _, errors = verify(telegram, admin)
    assert.equal(1, code)
    assert.matches("there is no backup", errors)
    code, _, errors = verify(telegram, { id = 4503599627370495 })
    assert.equal(1, code)
    assert.matches("does not know the admin's chat", errors)
    code = verify(telegram, admin, "--api-root", "http://127.0.0.1:9")
    assert.equal(1, code)
  end)

  it("says with 1 that the last backup is older than it may be", function()
    local telegram, admin = with_base()
    assert.equal(0, (verify(telegram, admin, "--max-age", "3600")))
    world.until_(function() return (verify(telegram, admin, "--max-age", "1")) == 1 end, "a backup that is older than a second")
    local _, out, errors = verify(telegram, admin, "--max-age", "1")
    assert.matches("can be loaded", out)
    assert.matches("s old, more than 1\n$", errors)
  end)
end)

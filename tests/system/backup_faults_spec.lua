-- Faults in the middle of a backup. What is restored afterwards is a state that the bot really had, and not older than the
-- last backup that was committed.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local KINDS = { "500", "429", "403", "drop_after" } -- of each class one: uncertain, limited, refused, done but unheard

local function begin(what)
  local telegram = sandbox {}
  local admin = telegram:person("Админ")
  return telegram, admin, backups.first_host(telegram, admin, what)
end

-- The steps of the three kinds of backup, as Telegram sees them. Each has been prepared so that the next backup is of its kind.
local BACKUPS = {
  { name = "the first backup", steps = { "getMyCommands", "sendDocument", "pinChatMessage", "setMyCommands" },
    is_first = true, prepare = function() end },
  { name = "a backup", steps = { "getMyCommands", "editMessageMedia" },
    prepare = function(lunokhod, admin) backups.save(lunokhod, admin) end },
  { name = "a new base", steps = { "getMyCommands", "sendDocument", "editMessageMedia", "deleteMessage" },
    prepare = function(lunokhod, admin)
      backups.grow(admin, 1200)
      backups.save(lunokhod, admin)
      backups.grow(admin, 1200)
    end },
}

for _, kind_of_backup in ipairs(BACKUPS) do
  describe("Telegram at a step of " .. kind_of_backup.name, function()
    after_each(world.finish)

    for _, method in ipairs(kind_of_backup.steps) do
      it("failing once, in any way, costs nothing but time: " .. method, function()
        local telegram, admin, lunokhod = begin()
        for _, kind in ipairs(KINDS) do
          kind_of_backup.prepare(lunokhod, admin)
          local chat_id = method:find "Commands" and 0 or admin.id -- so that the answers to the admin suffer nothing
          telegram:fault { method = method, kind = kind, times = 1, retry_after = 1, chat_id = chat_id }
          local count = backups.save(lunokhod, admin)
          assert.equal(0, lunokhod:stop())
          telegram:heal()
          lunokhod = backups.host(telegram, admin)
          assert.equal(count, backups.count(admin), kind)
          if kind_of_backup.is_first then
            assert.equal(0, lunokhod:stop())
            lunokhod = backups.host(telegram, admin, { options = { "--fresh" } })
          end
        end
      end)
    end
  end)

  describe("a kill at a step of " .. kind_of_backup.name, function()
    after_each(world.finish)

    -- The request that is held is lost with the host, or does its work when the host is long dead.
    for _, late in ipairs { false, true } do
      for _, method in ipairs(kind_of_backup.steps) do
        it(("leaves the last state or the new one: %s%s"):format(method, late and ", which arrives" or ""), function()
          local telegram, admin, lunokhod = begin()
          kind_of_backup.prepare(lunokhod, admin)
          local saved = backups.pointer(telegram, admin) and backups.count(admin) or 0
          if backups.status(admin).message_id == 0 then saved = 0 end
          telegram:fault { method = method, kind = "delay", ms = late and 500 or 60000, times = 1 }
          lunokhod.process.may_be_killed = true
          admin:says("save")
          until_(function() return telegram:status().held == 1 end, method)
          lunokhod:signal("KILL")
          lunokhod:ends()
          if late then until_(function() return telegram:status().held == 0 end, "its arrival") end
          telegram:heal()
          local again = backups.host(telegram, admin)
          local count = backups.count(admin)
          assert.is_true(count == saved or count == saved + 1, ("%d after %d"):format(count, saved))
          assert.equal(count + 1, backups.save(again, admin))
          assert.equal(0, again:stop())
          backups.host(telegram, admin)
          assert.equal(count + 1, backups.count(admin))
        end)
      end
    end
  end)
end

describe("backups that fail for long", function()
  after_each(world.finish)

  it("are told to the admin once, and once more when they work again", function()
    local telegram, admin, lunokhod = begin { environment = { BACKUP_INTERVAL = "1" } }
    backups.save(lunokhod, admin)
    telegram:fault { method = "editMessageMedia", kind = "500", times = -1 }
    local count = backups.add(admin)
    until_(function() return backups.told(admin, "^Backups fail") == 1 end, "the word to the admin")
    until_(function() return #telegram:calls("editMessageMedia") >= 5 end, "more failures", 60)
    local status = backups.status(admin)
    assert.is_true(status.unsaved >= 1)
    assert.matches("editMessageMedia", status.error)
    assert.equal(1, #lunokhod:log_lines("level=error"))
    telegram:heal()
    until_(function() return backups.told(admin, "^Backups work again") == 1 end, "the good word", 60)
    assert.equal(1, backups.told(admin, "^Backups fail"))
    assert.equal(0, backups.status(admin).failures)
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin)
    assert.equal(count, backups.count(admin))
  end)

  it("at the stop end it with 1, and say that something is lost", function()
    local telegram, admin, lunokhod = begin()
    backups.save(lunokhod, admin)
    backups.add(admin)
    telegram:fault { method = "editMessageMedia", kind = "500", times = -1 }
    assert.equal(1, lunokhod:stop())
    lunokhod:logged("level=error.*last backup failed")
    backups.host(telegram, admin)
    assert.equal(1, backups.count(admin))
  end)
end)

describe("of two hosts", function()
  after_each(world.finish)

  it("the older one saves nothing any more, and ends with 4", function()
    local telegram, admin, old = begin { environment = { BACKUP_INTERVAL = "1" } }
    backups.save(old, admin)
    telegram:fault { method = "editMessageMedia", kind = "500", times = -1 } -- the old one has something that it could not save
    backups.add(admin)
    until_(function() return #telegram:calls("editMessageMedia") > 0 end, "a backup that fails")
    local new = backups.host(telegram, admin)
    telegram:heal()
    assert.equal(4, old:ends())
    old:logged("level=error.*another host has taken over")
    assert.equal(1, backups.count(admin))
    assert.equal(2, backups.save(new, admin))
    assert.equal(0, new:stop())
    backups.host(telegram, admin)
    assert.equal(2, backups.count(admin))
  end)

  it("the older one's last backup is refused at its stop, too", function()
    local telegram, admin, old = begin()
    backups.save(old, admin)
    backups.add(admin)
    local new = backups.host(telegram, admin)
    local message_id = backups.pointer(telegram, admin)
    local before = backups.bytes(telegram, admin, message_id)
    old:signal("TERM")
    assert.equal(4, old:ends())
    assert.equal(before, backups.bytes(telegram, admin, message_id))
    assert.equal(1, backups.count(admin))
    assert.equal(2, backups.save(new, admin))
  end)

  it("the older one ends with 4 though it has nothing to save, so that it takes no more updates", function()
    local telegram, admin, old = begin()
    backups.save(old, admin)
    local new = backups.host(telegram, admin)
    assert.equal(4, old:ends())
    assert.equal(2, backups.add(admin))
    assert.is_true(new:is_running())
  end)

  it("the newer one leaves alone what the older one wrote after it had been read", function()
    local telegram, admin, old = begin()
    backups.save(old, admin)
    local message_id = backups.pointer(telegram, admin)
    local before = backups.bytes(telegram, admin, message_id)
    telegram:fault { method = "editMessageMedia", kind = "delay", ms = 4000, times = 1 }
    admin:says("save")
    until_(function() return telegram:status().held == 1 end, "the older one's edit")
    local new = backups.host(telegram, admin)
    until_(function() return backups.bytes(telegram, admin, message_id) ~= before end, "its arrival")
    assert.equal(4, old:ends())
    local theirs = backups.bytes(telegram, admin, message_id)
    backups.save(new, admin)
    assert.are_not.equal(message_id, (backups.pointer(telegram, admin)))
    assert.equal(theirs, backups.bytes(telegram, admin, message_id))
    assert.equal(1, backups.told(admin, "The backup is in a new message"))
  end)

  it("that start at the same moment only one stays", function()
    for _ = 1, 3 do
      local telegram, admin, first = begin()
      backups.save(first, admin)
      assert.equal(0, first:stop())
      telegram:fault { method = "setMyCommands", kind = "delay", ms = 1000, times = 2 }
      local options = { environment = { BACKUP_INTERVAL = "1" }, wait = false }
      local hosts = { backups.host(telegram, admin, options), backups.host(telegram, admin, options) }
      until_(function() return telegram:status().held == 2 end, "both to raise the epoch")
      for i = 1, 2 do hosts[i]:logged("msg=running") end
      local gone, stays
      until_(function()
        admin:says("+")
        for i = 1, 2 do
          if not hosts[i]:is_running() then gone, stays = hosts[i], hosts[3 - i] end
        end
        return gone
      end, "the end of one of them")
      assert.equal(4, gone:ends())
      local count = backups.count(admin)
      assert.equal(0, stays:stop())
      backups.host(telegram, admin)
      assert.equal(count, backups.count(admin))
      world.finish()
    end
  end)
end)

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
          local saved = backups.count(admin)
          telegram:fault { method = method, kind = "hold", times = 1 }
          lunokhod.process.may_be_killed = true
          admin:says("save")
          telegram:holds(1)
          lunokhod:signal("KILL")
          lunokhod:ends()
          telegram:let_go(late and "apply" or "drop")
          local again = backups.host(telegram, admin, { options = { "--takeover" } })
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
    for _, method in ipairs { "editMessageMedia", "sendDocument" } do
      telegram:fault { method = method, kind = "500", times = -1 }
    end
    local count = backups.add(admin)
    until_(function() return backups.told(admin, "^Backups fail") == 1 end, "the word to the admin")
    until_(function() return #telegram:calls("sendDocument") >= 5 end, "more failures")
    local status = backups.status(admin)
    assert.is_true(status.unsaved >= 1)
    assert.matches("sendDocument", status.error)
    assert.equal(1, #lunokhod:log_lines("level=error"))
    telegram:heal()
    until_(function() return backups.told(admin, "^Backups work again") == 1 end, "the good word")
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
    for _, method in ipairs { "editMessageMedia", "sendDocument" } do
      telegram:fault { method = method, kind = "500", times = -1 }
    end
    lunokhod:signal("TERM")
    assert.equal(1, lunokhod:ends()) -- it tries for a minute
    lunokhod:logged("level=error.*last backup failed")
    telegram:heal()
    backups.host(telegram, admin, { options = { "--takeover" } })
    assert.equal(1, backups.count(admin))
  end)
end)

describe("the first message of a reign", function()
  after_each(world.finish)

  local STEPS = { "setMyCommands", "getMyCommands", "sendDocument", "pinChatMessage", "editMessageMedia", "deleteMessage" }
  for _, method in ipairs(STEPS) do
    it("is published though Telegram fails once, in any way, at " .. method, function()
      local telegram, admin, lunokhod = begin()
      for _, kind in ipairs(KINDS) do
        local count = backups.save(lunokhod, admin)
        assert.equal(0, lunokhod:stop())
        telegram:fault { method = method, kind = kind, times = 1, retry_after = 1 }
        lunokhod = backups.host(telegram, admin)
        assert.equal(count, backups.count(admin), kind)
        telegram:heal()
      end
    end)

    for _, late in ipairs { false, true } do
      it(("leaves what was there where its host is killed at %s%s"):format(method, late and ", which arrives" or ""), function()
        local telegram, admin, lunokhod = begin()
        local count = backups.save(lunokhod, admin)
        assert.equal(0, lunokhod:stop())
        telegram:fault { method = method, kind = "hold", times = 1 }
        local killed = backups.host(telegram, admin, { wait = false })
        killed.process.may_be_killed = true
        telegram:holds(1)
        killed:signal("KILL")
        killed:ends()
        telegram:let_go(late and "apply" or "drop")
        local again = backups.host(telegram, admin, { options = { "--takeover" } })
        assert.equal(count, backups.count(admin))
        assert.equal(count + 1, backups.save(again, admin))
      end)
    end
  end
end)

describe("of two hosts", function()
  after_each(world.finish)

  it("the newer one waits until the older one has saved what it had, and the older one ends with 4", function()
    local telegram, admin, old = begin()
    backups.save(old, admin)
    local count = backups.add(admin) -- in no backup yet
    local new = backups.host(telegram, admin)
    assert.equal(4, old:ends())
    old:logged("level=warn.*another host has taken over")
    new:logged("the other host has saved and gone")
    assert.equal(count, backups.count(admin))
    assert.equal(count + 1, backups.save(new, admin))
    assert.equal(0, new:stop())
    backups.host(telegram, admin)
    assert.equal(count + 1, backups.count(admin))
  end)

  it("the older one's handlers finish first, and people hear of it", function()
    local telegram, admin, old = begin()
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    admin:says("+")
    telegram:holds(1)
    local new = backups.host(telegram, admin, { wait = false })
    old:logged("another host has taken over")
    telegram:let_go("apply")
    new:logged("msg=running")
    assert.equal(4, old:ends())
    assert.equal(1, backups.told(admin, "^1$"))
    assert.equal(1, backups.count(admin))
    assert.is_true(new:is_running())
  end)

  it("the older one that is asked to stop meanwhile saves all the same, and ends with 4", function()
    local telegram, admin, old = begin()
    local count = backups.save(old, admin)
    backups.add(admin)
    telegram:fault { method = "sendDocument", kind = "delay", ms = 3000, times = 1 }
    local new = backups.host(telegram, admin, { wait = false })
    until_(function() return backups.crown(telegram, admin) and #new:log_lines("this host takes over") == 1 end, "the raise")
    old:signal("TERM")
    local code = old:ends()
    assert.is_true(code == 4)
    new:logged("msg=running")
    assert.equal(count + 1, backups.count(admin))
  end)

  it("what the older one writes late reaches nobody's message but its own", function()
    local telegram, admin, old = begin()
    backups.save(old, admin)
    telegram:fault { method = "editMessageMedia", kind = "hold", times = 1 }
    admin:says("save")
    telegram:holds(1)
    old.process.may_be_killed = true
    old:signal("KILL")
    local new = backups.host(telegram, admin, { options = { "--takeover" } })
    assert.equal(3, (function()
      backups.save(new, admin)
      return backups.save(new, admin)
    end)())
    telegram:let_go("apply")
    assert.equal(0, new:stop())
    backups.host(telegram, admin)
    assert.equal(3, backups.count(admin))
  end)

  it("the newer one does not wait for a dead one longer than it must, and not at all where it is told so", function()
    local telegram, admin, old = begin()
    backups.save(old, admin)
    old.process.may_be_killed = true
    old:signal("KILL")
    old:ends()
    local second = backups.host(telegram, admin)
    second:logged("no sign of life from the other host")
    assert.equal(1, backups.count(admin))
    second.process.may_be_killed = true
    second:signal("KILL")
    second:ends()
    local third = backups.host(telegram, admin, { options = { "--takeover" } })
    assert.equal(0, #third:log_lines("waiting for it"))
    assert.equal(1, backups.count(admin))
  end)

  it("the older one begins anew where the newer one dies before it serves", function()
    local telegram, admin, old = begin()
    local count = backups.save(old, admin)
    telegram:fault { method = "sendDocument", kind = "hold", times = 1 }
    local new = backups.host(telegram, admin, { wait = false })
    telegram:holds(1)
    new.process.may_be_killed = true
    new:signal("KILL")
    new:ends()
    until_(function() return #old:log_lines("msg=running") == 2 end, "the new reign")
    assert.equal(count, backups.count(admin))
    assert.equal(count + 1, backups.save(old, admin))
  end)

  it("that start at the same moment only one stays", function()
    for _ = 1, 3 do
      local telegram, admin, first = begin()
      backups.save(first, admin)
      assert.equal(0, first:stop())
      telegram:fault { method = "setMyCommands", kind = "hold", times = 2 }
      local options = { environment = { BACKUP_INTERVAL = "1" }, wait = false }
      local hosts = { backups.host(telegram, admin, options), backups.host(telegram, admin, options) }
      telegram:holds(2) -- both raise the epoch
      telegram:let_go("apply")
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

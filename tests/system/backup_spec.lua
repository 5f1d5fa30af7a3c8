-- Backups of a running host. A backup is one edit of one message in the admin's chat, made if there is something to save.
-- Whatever happens to that message, the next backup repairs it.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local function begin(what)
  local telegram = sandbox {}
  local admin = telegram:person("Админ")
  return telegram, admin, backups.first_host(telegram, admin, what)
end

local function edits(telegram) return #telegram:calls("editMessageMedia") end

describe("the first run", function()
  after_each(world.finish)

  it("tells whoever writes `admin` his id, keeps nothing, and warns of that once", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = backups.SCRIPT }
    local anna = telegram:person("Анна")
    anna:says("admin")
    assert.same({ "admin_id = " .. anna.id }, anna:saw(1))
    assert.equal(1, #lunokhod:log_lines("level=warn"))
    assert.matches("ADMIN_ID", lunokhod:log_lines("level=warn")[1])
    anna:says("save")
    anna:saw(2)
    assert.equal(0, lunokhod:stop())
    assert.same({}, backups.documents(telegram, anna))
  end)

  it("makes the first backup for the admin, pins it without a sound, and points to it", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local lunokhod = backups.host(telegram, admin)
    admin:says("admin")
    until_(function() return backups.told(admin, "^config_id = %d+$") == 1 end, "the config_id")
    assert.equal(1, backups.told(admin, "^admin_id = " .. admin.id .. "$"))
    local documents = backups.documents(telegram, admin)
    assert.equal(1, #documents)
    local message_id = math.tointeger(documents[1].message_id)
    assert.equal(1, backups.told(admin, "^config_id = " .. message_id .. "$"))
    assert.equal(message_id, backups.pinned(telegram, admin))
    assert.equal(message_id, (backups.pointer(telegram, admin)))
    assert.equal("true", telegram:calls("sendDocument")[1].parameters.disable_notification)
    assert.equal("true", tostring(telegram:calls("pinChatMessage")[1].parameters.disable_notification))
    assert.equal(0, lunokhod:stop())
  end)

  it("tells a stranger his id and nothing else", function()
    local telegram, admin = begin()
    local stranger = telegram:person("Чужой")
    admin:says("admin")
    until_(function() return backups.told(admin, "^config_id") == 1 end, "the config_id")
    stranger:says("admin")
    assert.same({ "admin_id = " .. stranger.id }, stranger:saw(1))
    local before = edits(telegram)
    stranger:says("/backup")
    stranger:says("+")
    assert.same({ "admin_id = " .. stranger.id, "1" }, stranger:saw(2))
    assert.equal(before, edits(telegram))
    assert.same({}, backups.documents(telegram, stranger))
  end)

  it("lets the admin play", function()
    local _, admin = begin()
    assert.equal(1, backups.add(admin))
    assert.equal(1, backups.count(admin))
  end)
end)

describe("a backup", function()
  after_each(world.finish)

  it("is one edit of the same message", function()
    local telegram, admin, lunokhod = begin()
    local before = edits(telegram) -- the start says that it serves
    for _ = 1, 3 do backups.save(lunokhod, admin) end
    assert.equal(before + 3, edits(telegram))
    assert.equal(1, #telegram:calls("sendDocument"))
    assert.equal(1, #telegram:calls("pinChatMessage"))
    assert.equal(1, #backups.documents(telegram, admin))
  end)

  it("is made by itself, and only when something was committed", function()
    local telegram, admin, lunokhod = begin { environment = { BACKUP_INTERVAL = "1" }, options = { "--poll-timeout", "1" } }
    backups.rests(lunokhod)
    local function adds_and_rests() -- a handler has two commits at most: at its answer, and at its end
      local before = edits(telegram)
      backups.add(admin)
      backups.rests(lunokhod)
      local made = edits(telegram) - before
      assert.is_true(made == 1 or made == 2, made .. " backups")
    end
    adds_and_rests()
    local made, looks = edits(telegram), #telegram:calls("getMyCommands")
    until_(function() return #telegram:calls("getMyCommands") >= looks + 3 end, "two looks of the watch, which are 3 s apart")
    assert.equal(made, edits(telegram))
    adds_and_rests()
    made = edits(telegram)
    assert.equal(0, lunokhod:stop())
    assert.equal(made + 1, edits(telegram)) -- the last content says that this host has gone
  end)

  it("is made at a stop, by either signal", function()
    for _, name in ipairs { "TERM", "INT" } do
      local telegram, admin, lunokhod = begin()
      backups.add(admin)
      lunokhod:signal(name)
      assert.equal(0, lunokhod:ends())
      assert.equal(1, #backups.documents(telegram, admin))
      backups.host(telegram, admin)
      assert.equal(1, backups.count(admin))
    end
  end)

  it("that many ask for at once is made once", function()
    local telegram, admin, lunokhod = begin()
    backups.rests(lunokhod)
    telegram:fault { method = "editMessageMedia", kind = "hold", times = 1 }
    admin:says("save")
    telegram:holds(1)
    local before = edits(telegram)
    for i = 2, 20 do
      admin:says("save")
      admin:sees_last(tostring(i))
    end
    telegram:let_go("apply")
    backups.rests(lunokhod)
    local made = edits(telegram) - before -- the one that was held, one for all others, and one for the end of a handler
    assert.is_true(made == 2 or made == 3, made .. " backups")
    assert.equal(20, backups.count(admin))
  end)

  it("is not made of updates that change nothing, which a durable host confirms after a look", function()
    local telegram, admin, lunokhod = begin { options = { "--durable", "--poll-timeout", "1" } }
    backups.add(admin)
    local last = 0
    local function offset()
      for _, call in ipairs(telegram:calls("getUpdates")) do last = math.max(last, tonumber(call.parameters.offset) or 0) end
      return last
    end
    local function says_nothing() -- a poll is logged when it ends, so only the next one is sure to be seen
      local before = offset()
      admin:says("ничего")
      until_(function() return offset() > before end, "a confirmation")
    end
    for _ = 1, 3 do says_nothing() end
    backups.rests(lunokhod)
    local made, looks = edits(telegram), #telegram:calls("getMyCommands")
    for _ = 1, 4 do says_nothing() end
    assert.equal(made, edits(telegram))
    assert.is_true(#telegram:calls("getMyCommands") >= looks + 3)
  end)

  it("tells the scripts how much it has not got yet", function()
    local telegram, admin, lunokhod = begin()
    assert.equal((backups.pointer(telegram, admin)), backups.status(admin).message_id)
    backups.save(lunokhod, admin)
    local status = backups.status(admin)
    assert.equal((backups.pointer(telegram, admin)), status.message_id)
    assert.equal(0, status.unsaved)
    for _ = 1, 3 do backups.add(admin) end
    assert.equal(3, backups.status(admin).unsaved)
  end)

  it("of a few thousand people is small, since it builds on a base", function()
    local telegram, admin, lunokhod = begin()
    backups.grow(admin, 200) -- kB that can't be compressed
    backups.save(lunokhod, admin)
    local documents = backups.documents(telegram, admin)
    assert.equal(2, #documents)
    backups.add(admin)
    backups.save(lunokhod, admin)
    assert.is_true(backups.documents(telegram, admin)[1].document.file_size < 10000)
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin)
    assert.equal(3, backups.count(admin)) -- counted are growing, adding, and asking
  end)

  it("of more than a megabyte has a base, whose first message stays while it serves", function()
    local telegram, admin, lunokhod = begin()
    backups.grow(admin, 1500)
    backups.save(lunokhod, admin)
    local documents = backups.documents(telegram, admin)
    assert.equal(2, #documents) -- the anchor, and the base that it builds on
    assert.is_true(documents[2].document.file_size > 1500000)
    assert.is_true(documents[1].document.file_size < 10000)
    backups.save(lunokhod, admin)
    assert.equal(2, #backups.documents(telegram, admin))
    assert.is_true(backups.documents(telegram, admin)[1].document.file_size < 10000)
    backups.grow(admin, 1000) -- more than a quarter of the base
    backups.save(lunokhod, admin)
    local after = backups.documents(telegram, admin)
    assert.equal(2, #after)
    assert.equal(documents[1].message_id, after[1].message_id)
    assert.is_true(after[2].message_id > documents[2].message_id) -- a new base in place of the old one
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin)
    assert.equal(3, backups.count(admin))
  end)

  it("keeps the other commands of the menu", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    telegram:bot("setMyCommands", { commands = { { command = "start", description = "Начать" } } })
    local lunokhod = backups.host(telegram, admin)
    backups.save(lunokhod, admin)
    local _, menu = telegram:bot("getMyCommands", { scope = { type = "chat", chat_id = admin.id } })
    assert.equal("start", menu.result[1].command)
    assert.equal("backup", menu.result[2].command)
    assert.is_nil(menu.result[3])
  end)

  it("can be asked for by the admin, who hears how large it is", function()
    local telegram, admin = begin()
    admin:says("/backup")
    until_(function() return backups.told(admin, "^Saved in message %d+") == 1 end, "the answer")
    assert.equal(1, #backups.documents(telegram, admin))
  end)
end)

describe("the backup's message", function()
  after_each(world.finish)

  -- Does something to the anchor; the next backup must be in another message, with all that goes with it.
  local function is_replaced(harm)
    local telegram, admin, lunokhod = begin()
    backups.save(lunokhod, admin)
    local old = backups.pointer(telegram, admin)
    harm(telegram, admin, old)
    for _ = 1, 3 do backups.save(lunokhod, admin) end
    local new = backups.pointer(telegram, admin)
    assert.are_not.equal(old, new)
    assert.equal(new, backups.pinned(telegram, admin))
    assert.equal(1, backups.told(admin, "The backup is in a new message"))
    assert.equal(2, #telegram:calls("sendDocument"))
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin)
    assert.equal(4, backups.count(admin))
  end

  it("deleted by the admin is replaced, and he is told once", function()
    is_replaced(function(telegram, admin, old)
      telegram:post("forget", { chat_id = admin.id, message_id = old, delete = true })
    end)
  end)

  it("that Telegram has forgotten is replaced, and the admin is told once", function()
    is_replaced(function(telegram, admin, old) telegram:post("forget", { chat_id = admin.id, message_id = old }) end)
  end)

  it("of somebody else is read, and stays as it is", function()
    local telegram, admin, first = begin()
    backups.save(first, admin)
    assert.equal(0, first:stop())
    local bytes = backups.bytes(telegram, admin, (backups.pointer(telegram, admin)))
    backups.delete(telegram, admin, (backups.pointer(telegram, admin)))
    backups.unpoint(telegram, admin)
    local theirs = backups.send_as_admin(telegram, admin, bytes)
    local second = backups.host(telegram, admin, { environment = { CONFIG_ID = tostring(theirs) } })
    assert.equal(1, backups.count(admin))
    backups.save(second, admin)
    assert.is_true(backups.pointer(telegram, admin) > theirs)
    assert.equal(backups.pointer(telegram, admin), backups.pinned(telegram, admin))
  end)

  it("is found again by a new reign where the crown was removed, and the host begins that by itself", function()
    local telegram, admin, lunokhod = begin()
    local count = backups.save(lunokhod, admin)
    local before = backups.pointer(telegram, admin)
    telegram:bot("deleteMyCommands", { scope = { type = "chat", chat_id = admin.id } })
    until_(function() return #lunokhod:log_lines("msg=running") == 2 end, "the new reign")
    assert.is_true(backups.pointer(telegram, admin) > before)
    assert.equal(count, backups.count(admin))
    assert.equal(count + 1, backups.save(lunokhod, admin))
  end)

  it("that belongs to the base is replaced with a new base, and the admin is told once", function()
    local telegram, admin, lunokhod = begin()
    backups.grow(admin, 1500)
    backups.save(lunokhod, admin)
    local anchor = backups.pointer(telegram, admin)
    local part = backups.documents(telegram, admin)[2].message_id
    telegram:post("forget", { chat_id = admin.id, message_id = part, delete = true })
    for _ = 1, 3 do backups.save(lunokhod, admin) end
    assert.equal(1, backups.told(admin, "deleted a part of the backup's base"))
    assert.equal(anchor, (backups.pointer(telegram, admin)))
    local documents = backups.documents(telegram, admin)
    assert.equal(2, #documents)
    assert.is_true(documents[2].document.file_size > 1500000)
    assert.are_not.equal(part, documents[2].message_id)
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin)
    assert.equal(4, backups.count(admin))
  end)

  it("is found without its pin", function()
    local telegram, admin, lunokhod = begin()
    backups.save(lunokhod, admin)
    backups.unpin(telegram, admin)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    backups.host(telegram, admin)
    assert.equal(2, backups.count(admin))
    assert.equal(1, #backups.documents(telegram, admin))
  end)

  it("is not taken for another one that the admin has pinned since", function()
    local telegram, admin, lunokhod = begin()
    backups.save(lunokhod, admin)
    local other = admin:says("не забыть")
    telegram:post("pins", { chat_id = admin.id, message_id = other.message_id })
    assert.equal(0, lunokhod:stop())
    local again = backups.host(telegram, admin)
    assert.equal(1, backups.count(admin))
    assert.equal(2, backups.save(again, admin))
    assert.is_true(backups.pointer(telegram, admin) > other.message_id) -- so its pin is the newer one
    assert.equal(backups.pointer(telegram, admin), backups.pinned(telegram, admin))
  end)
end)

-- The start of a host with a backup. A backup that can't be read ends the start and is never overwritten.
local backups = require "tests.support.backups"
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

-- An admin's chat with one backup of three counts; the host has stopped. With ballast the backup has a base.
local function with_backup(ballast)
  local telegram = sandbox {}
  local admin = telegram:person("Админ")
  local lunokhod = backups.first_host(telegram, admin)
  if ballast then backups.grow(admin, ballast) end
  for _ = 1, 2 do backups.add(admin) end
  backups.save(lunokhod, admin)
  assert.equal(0, lunokhod:stop())
  return telegram, admin, (backups.pointer(telegram, admin))
end

-- What must not change while a host can't read the backup.
local function shape(telegram, admin)
  local lines = {}
  for _, message in ipairs(backups.documents(telegram, admin)) do
    lines[#lines + 1] = message.message_id .. " " .. message.document.file_unique_id
  end
  return lines
end

-- A start must end with this code, say why in one line, and leave all documents as they are.
local function refuses(telegram, admin, code, pattern, what)
  local before = shape(telegram, admin)
  local lunokhod = backups.host(telegram, admin, { wait = false, environment = what })
  assert.equal(code, lunokhod:ends())
  assert.matches(pattern, lunokhod:log_lines("level=error")[1])
  assert.equal(1, #lunokhod:log_lines("level=error"))
  assert.equal(0, #lunokhod:log_lines("msg=running"))
  assert.same(before, shape(telegram, admin))
end

local function restores(telegram, admin, count, what)
  local lunokhod = backups.host(telegram, admin, what)
  assert.equal(count, backups.count(admin))
  return lunokhod
end

describe("a start", function()
  after_each(world.finish)

  it("restores the backup before it asks for updates, and says what it is", function()
    local telegram, admin, message_id = with_backup()
    admin:says("+") -- is waiting while the host is off
    local lunokhod = restores(telegram, admin, 4)
    lunokhod:logged("msg=restored bytes=%d+ age_s=%d+ message=" .. message_id .. " ms=%d+")
    local fetched, polled
    for _, call in ipairs(telegram:calls()) do
      if call.method == "getMe" then fetched, polled = nil, nil end -- what was before is the first host's
      if call.method == "forwardMessage" then fetched = fetched or call.id end
      if call.method == "getUpdates" then polled = polled or call.id end
    end
    assert.is_true(fetched < polled)
  end)

  it("leaves no copy of the backup in the chat", function()
    local telegram, admin = with_backup(1500)
    local before, anchor = shape(telegram, admin), backups.pointer(telegram, admin)
    restores(telegram, admin, 3)
    until_(function() return #shape(telegram, admin) == #before end, "the copy's deletion, and the old message's")
    assert.equal(1, (backups.documents(telegram, admin)[1].document.file_size > 1000000) and 1 or 0) -- the base stays
    assert.is_true(backups.pointer(telegram, admin) > anchor)
  end)

  it("raises the crown before it reads, and says that it serves before it polls", function()
    local telegram, admin = with_backup()
    local crown, _, epoch = backups.crown(telegram, admin), backups.pointer(telegram, admin)
    local last = 0
    for _, call in ipairs(telegram:calls()) do last = math.max(last, call.id) end
    restores(telegram, admin, 3)
    assert.are_not.equal(crown, backups.crown(telegram, admin))
    assert.is_true(select(2, backups.pointer(telegram, admin)) > epoch)
    local seen, calls = {}, telegram:calls()
    table.sort(calls, function(a, b) return a.id < b.id end)
    for _, call in ipairs(calls) do
      local is_old = call.method == "getUpdates" and tonumber(call.parameters.offset) ~= 0 -- of the host before
      if call.id > last and not is_old and not seen[call.method] then
        seen[call.method], seen[#seen + 1] = true, call.method
      end
    end
    assert.same({ "getMe", "getMyCommands", "setMyCommands", "getChat", "forwardMessage", "getFile" },
      table.move(seen, 1, 6, 1, {}))
    local at = {}
    for place, method in ipairs(seen) do at[method] = place end
    assert.is_true(at.editMessageMedia < at.deleteWebhook and at.deleteWebhook < at.getUpdates)
  end)

  for name, lose in pairs {
    pointer = backups.unpoint,
    pin = backups.unpin,
    ["pin, as it sometimes is missing from Telegram's answer,"] = function(telegram, admin)
      telegram:post("hide_pin", { chat_id = admin.id })
    end,
  } do
    it("finds the backup without its " .. name, function()
      local telegram, admin, message_id = with_backup()
      lose(telegram, admin)
      local lunokhod = restores(telegram, admin, 3)
      backups.save(lunokhod, admin)
      assert.is_true(backups.pointer(telegram, admin) > message_id)
    end)
  end

  it("finds the backup by CONFIG_ID alone", function()
    local telegram, admin, message_id = with_backup()
    backups.unpoint(telegram, admin)
    backups.unpin(telegram, admin)
    local lunokhod = restores(telegram, admin, 3, { environment = { CONFIG_ID = tostring(message_id) } })
    backups.save(lunokhod, admin)
    assert.is_true(backups.pointer(telegram, admin) > message_id)
  end)

  it("takes the latest of what pointer, pin and CONFIG_ID name", function()
    local telegram, admin, message_id = with_backup()
    local old = backups.send(telegram, admin, backups.bytes(telegram, admin, message_id))
    assert.equal(0, (function()
      local lunokhod = restores(telegram, admin, 3)
      backups.save(lunokhod, admin)
      return lunokhod:stop()
    end)())
    local _, epoch = backups.pointer(telegram, admin)
    backups.point(telegram, admin, old, epoch)
    restores(telegram, admin, 4, { environment = { CONFIG_ID = tostring(old) } })
  end)

  it("goes on where the pointer names a message that is gone, if the pin has the backup", function()
    local telegram, admin, message_id = with_backup()
    backups.point(telegram, admin, 9999, 1)
    local lunokhod = restores(telegram, admin, 3)
    lunokhod:logged("level=warn.*9999")
    backups.save(lunokhod, admin)
    assert.is_true(backups.pointer(telegram, admin) > message_id)
  end)

  it("begins empty for an admin who has pinned something else", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local note = backups.send_as_admin(telegram, admin, "shopping list")
    telegram:post("pins", { chat_id = admin.id, message_id = note })
    restores(telegram, admin, 0)
  end)

  it("reads what a version without reigns has saved, and leaves it in the chat", function()
    local telegram, admin, message_id = with_backup(1500)
    local bytes = backups.bytes(telegram, admin, message_id)
    local _, size = string.unpack("<I4I4", bytes)
    local manifest, times = bytes:sub(9, 8 + size):gsub(',"reign":%b{}', "")
    assert.equal(1, times)
    local old = backups.send(telegram, admin, string.pack("<I4I4", 0x184D2A50, #manifest) .. manifest .. bytes:sub(9 + size))
    backups.delete(telegram, admin, message_id)
    backups.unpoint(telegram, admin)
    backups.point(telegram, admin, old, 12)
    local before = backups.bytes(telegram, admin, old)
    local lunokhod = restores(telegram, admin, 3)
    assert.is_true(backups.crown(telegram, admin) > 12) -- which sends a host of that version away
    assert.equal(4, backups.save(lunokhod, admin))
    assert.equal(before, backups.bytes(telegram, admin, old))
    assert.equal(0, lunokhod:stop())
    restores(telegram, admin, 4)
  end)

  it("finds by a pointer what the admin has buried under a pin of his own, also after a crash", function()
    local telegram, admin = with_backup()
    local lunokhod = restores(telegram, admin, 3)
    local other = admin:says("не забыть")
    telegram:post("pins", { chat_id = admin.id, message_id = other.message_id })
    assert.equal(4, backups.save(lunokhod, admin))
    lunokhod.process.may_be_killed = true
    lunokhod:signal("KILL")
    lunokhod:ends()
    restores(telegram, admin, 4, { options = { "--takeover" } })
  end)

  it("waits for an admin whom Telegram does not know yet, and does not begin empty meanwhile", function()
    local telegram = sandbox {}
    local admin = { id = 424242 }
    local lunokhod = backups.host(telegram, admin, { wait = false })
    lunokhod:logged("level=warn.*chat not found")
    assert.equal(0, #telegram:calls("sendDocument"))
    telegram:post("users", { id = admin.id, first_name = "Админ" })
    lunokhod:logged("msg=running")
  end)

  it("with --fresh begins anew beside the old backup", function()
    local telegram, admin, message_id = with_backup()
    local bytes = backups.bytes(telegram, admin, message_id)
    local lunokhod = restores(telegram, admin, 0, { options = { "--fresh" } })
    backups.save(lunokhod, admin)
    assert.equal(bytes, backups.bytes(telegram, admin, message_id))
    assert.equal(0, lunokhod:stop())
    restores(telegram, admin, 1)
  end)
end)

describe("a backup that can't be read", function()
  after_each(world.finish)

  -- The document as bytes, changed, in a new message that pointer and pin name.
  local function with_changed(change, ballast)
    local telegram, admin, message_id = with_backup(ballast)
    local changed = change(backups.bytes(telegram, admin, message_id))
    local sent = backups.send(telegram, admin, changed)
    local _, epoch = backups.pointer(telegram, admin)
    backups.unpoint(telegram, admin)
    backups.point(telegram, admin, sent, epoch)
    backups.unpin(telegram, admin)
    return telegram, admin, sent
  end

  local function flip(bytes, at)
    at = at < 0 and #bytes + 1 + at or at
    return bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 1) .. bytes:sub(at + 1)
  end

  local changes = {
    ["cut in the middle"] = function(bytes) return bytes:sub(1, #bytes // 2) end,
    ["cut by its last byte"] = function(bytes) return bytes:sub(1, -2) end,
    ["cut in its head"] = function(bytes) return bytes:sub(1, 20) end,
    ["with a byte more"] = function(bytes) return bytes .. "x" end,
    ["with a bit flipped in its magic"] = function(bytes) return flip(bytes, 2) end,
    ["with a bit flipped in its manifest"] = function(bytes) return flip(bytes, bytes:find('"format"', 1, true)) end,
    ["with a bit flipped in its data"] = function(bytes) return flip(bytes, -100) end,
    ["with a bit flipped at its end"] = function(bytes) return flip(bytes, -1) end,
    ["of a newer version"] = function(bytes)
      local changed, times = bytes:gsub('"format":%s*1', function(field) return field:sub(1, -2) .. "9" end, 1)
      assert(times == 1)
      return changed
    end,
    ["that is none at all"] = function() return "Dear bot, here is your backup" end,
  }
  for name, change in pairs(changes) do
    it(name .. " ends the start with 3, and nothing is written over", function()
      local telegram, admin, sent = with_changed(change)
      refuses(telegram, admin, 3, "level=error.*%-%-fresh")
      backups.delete(telegram, admin, sent) -- not even now: the pointer says that there is one
      refuses(telegram, admin, 3, "is gone")
      local lunokhod = restores(telegram, admin, 0, { options = { "--fresh" } })
      backups.save(lunokhod, admin)
    end)
  end

  it("says which version could read it", function()
    local telegram, admin = with_changed(changes["of a newer version"])
    local before = #telegram:calls "deleteWebhook"
    refuses(telegram, admin, 3, "use Lunokhod %d+%.%d+")
    assert.equal(before, #telegram:calls "deleteWebhook", "it may be another host's")
  end)

  it("because its message is gone ends the start with 3", function()
    local telegram, admin, message_id = with_backup()
    backups.delete(telegram, admin, message_id)
    refuses(telegram, admin, 3, "message " .. message_id)
  end)

  it("because a part of its base is another one ends the start with 3", function()
    local telegram, admin = with_changed(function(bytes)
      local changed, times = bytes:gsub('("checksum":")(%x)', function(head, digit)
        return head .. (digit == "1" and "2" or "1")
      end)
      assert(times >= 2)
      return changed
    end, 1500)
    refuses(telegram, admin, 3, "level=error")
  end)

  it("because its base was swapped for another one ends the start with 3", function()
    local telegram, admin = with_backup(1500)
    local other = backups.send(telegram, admin, ("x"):rep(1000))
    local id, part
    for _, message in ipairs(backups.documents(telegram, admin)) do
      if message.message_id == other then id = message.document.file_id end
      if message.document.file_size > 1000000 then part = message.document.file_id end
    end
    local anchor, epoch = backups.pointer(telegram, admin)
    local bytes = backups.bytes(telegram, admin, anchor)
    assert.equal(#id, #part)
    local at = bytes:find(part, 1, true)
    bytes = bytes:sub(1, at - 1) .. id .. bytes:sub(at + #part)
    bytes = bytes:gsub('"message_id":%s*%d+', function(field) return (field:gsub("%d", "9")) end, 1)
    backups.unpoint(telegram, admin)
    backups.point(telegram, admin, backups.send(telegram, admin, bytes), epoch)
    backups.unpin(telegram, admin)
    refuses(telegram, admin, 3, "part 1 of 1")
  end)
end)

describe("a document of the seed's Python bot", function()
  after_each(world.finish)

  local CLICKER = { "scripts" }

  local function clicker(telegram, admin, environment)
    local all = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "3600" }
    for name, value in pairs(environment or {}) do all[name] = value end
    local lunokhod = host { telegram = telegram, scripts = CLICKER, environment = all, wait = false }
    lunokhod:logged("msg=running")
    return lunokhod
  end

  for _, named_by in ipairs { "CONFIG_ID", "the pin" } do
    it("named by " .. named_by .. " is read, its clicks go on, and it stays as it is", function()
      local telegram = sandbox {}
      local admin, anna = telegram:person("Админ"), telegram:person("Анна")
      local text = ('[[%d, "Анна", 41, 1], [5, "Бо\\"рис", 7, 1]]'):format(anna.id)
      local seed = backups.send(telegram, admin, text)
      if named_by == "the pin" then telegram:bot("pinChatMessage", { chat_id = admin.id, message_id = seed }) end
      local lunokhod = clicker(telegram, admin, { CONFIG_ID = named_by == "CONFIG_ID" and tostring(seed) or nil })
      anna:says("Клик")
      assert.same({ "Кликов: 42 🏆" }, anna:saw(1))
      assert.equal(0, lunokhod:stop())
      assert.equal(text, backups.bytes(telegram, admin, seed))
      assert.are_not.equal(seed, (backups.pointer(telegram, admin)))
      clicker(telegram, admin, { CONFIG_ID = named_by == "CONFIG_ID" and tostring(seed) or nil })
      anna:says("Клик")
      assert.same({ "Кликов: 42 🏆", "Кликов: 43 🏆" }, anna:saw(2))
    end)
  end

  it("that is no such document after all ends the start with 3", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local seed = backups.send(telegram, admin, '[[1, "a", 2, 1], [2, "b"]]')
    refuses(telegram, admin, 3, "level=error", { CONFIG_ID = tostring(seed) })
  end)
end)

describe("Telegram during a restore", function()
  after_each(world.finish)

  local METHODS = { "getMyCommands", "setMyCommands", "getChat", "forwardMessage", "getFile", "file", "deleteMessage" }
  for _, method in ipairs(METHODS) do
    it("may fail once, in any way, at " .. method, function()
      local telegram, admin = with_backup(1500)
      local count = 3
      for _, kind in ipairs { "500", "429", "drop_before", "drop_after", "truncate", "garbage", "empty" } do
        if not (method == "file" and kind == "429") then
          telegram:fault { method = method, kind = kind, times = 1, retry_after = 1 }
          local lunokhod = restores(telegram, admin, count)
          count = backups.add(admin)
          assert.equal(0, lunokhod:stop())
        end
      end
    end)
  end

  -- The other methods: finding_test.c, base_test.c
  local LASTING = { getMyCommands = "500", setMyCommands = "drop_before", forwardMessage = "500", file = "drop_before" }
  for method, kind in pairs(LASTING) do
    it("failing for long at " .. method .. " is waited for, which the log says", function()
      local telegram, admin = with_backup(1500)
      telegram:fault { method = method, kind = kind, times = -1 }
      local lunokhod = backups.host(telegram, admin, { wait = false })
      lunokhod:logged("level=warn msg=\"can't go on yet: waiting for Telegram\" step=restoring")
      assert.is_true(lunokhod:is_running())
      assert.same({}, lunokhod:log_lines("level=error"))
      telegram:heal()
      lunokhod:logged("msg=running")
      assert.equal(3, backups.count(admin))
      assert.equal(0, lunokhod:stop())
    end)
  end

  it("failing is no reason not to stop", function()
    local telegram, admin = with_backup(1500)
    telegram:fault { method = "forwardMessage", kind = "500", times = -1 }
    local lunokhod = backups.host(telegram, admin, { wait = false })
    lunokhod:logged("can't go on yet: waiting for Telegram\" step=restoring")
    assert.equal(0, lunokhod:stop())
    telegram:heal()
    assert.equal(0, restores(telegram, admin, 3):stop())
  end)
end)

describe("a kill during a restore", function()
  after_each(world.finish)

  for _, method in ipairs { "setMyCommands", "getChat", "forwardMessage", "getFile", "file", "deleteMessage" } do
    it("at " .. method .. " does no harm", function()
      local telegram, admin = with_backup(1500)
      telegram:fault { method = method, kind = "hold" }
      local killed = backups.host(telegram, admin, { wait = false })
      killed.process.may_be_killed = true
      telegram:holds(1)
      killed:signal("KILL")
      killed:ends()
      telegram:let_go("drop")
      local lunokhod = restores(telegram, admin, 3, { options = { "--takeover" } }) -- the killed one may have published
      assert.equal(4, backups.save(lunokhod, admin))
    end)
  end
end)

describe("a database of another page size", function()
  after_each(world.finish)

  local SCHEMA = [[
    CREATE TABLE total(n INTEGER); INSERT INTO total VALUES(2);
    CREATE TABLE log(n INTEGER); INSERT INTO log VALUES(1),(2);
    CREATE TABLE ballast(id INTEGER PRIMARY KEY, bytes BLOB); INSERT INTO ballast(bytes) VALUES(randomblob(%d));]]

  local SIZES = { { page = 512, ballast = 100000 }, { page = 1024, ballast = 1500000 }, { page = 65536, ballast = 1500000 } }
  for _, size in ipairs(SIZES) do
    it(("of %d bytes is restored and goes on to be saved"):format(size.page), function()
      local telegram = sandbox {}
      local admin = telegram:person("Админ")
      local directory = process.new_directory()
      finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
      local path = directory .. "/bot.sqlite"
      local sql = ("PRAGMA page_size = %d; "):format(size.page) .. SCHEMA:format(size.ballast)
      assert.is_truthy(os.execute("sqlite3 " .. process.quote(path) .. " " .. process.quote(sql)))
      local environment = telegram:environment()
      environment.ADMIN_ID = tostring(admin.id)
      local code, _, errors = world.run({ "backup", "push", path }, environment)
      assert.equal(0, code, errors)
      local lunokhod = restores(telegram, admin, 2)
      assert.equal(3, backups.save(lunokhod, admin))
      assert.equal(0, lunokhod:stop())
      restores(telegram, admin, 3)
    end)
  end
end)

describe("a backup too large for one document", function()
  after_each(world.finish)

  it("comes back from all of its parts", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local lunokhod = backups.first_host(telegram, admin, { options = { "--deadline", "120" } })
    backups.grow(admin, 21000)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    local documents = backups.documents(telegram, admin)
    assert.equal(3, #documents)
    for _, message in ipairs(documents) do assert.is_true(message.document.file_size <= 19 << 20) end
    restores(telegram, admin, 1)
  end)
end)

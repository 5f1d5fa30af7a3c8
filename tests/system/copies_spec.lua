-- A second home for the data: copies in a directory and in another chat, and the way back from them to a new admin.
local backups = require "tests.support.backups"
local process = require "tests.support.process"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local BOT = sandbox.TOKEN:match("^%d+")
local NAME = "^lunokhod%-" .. BOT .. "%-%d%d%d%d%-%d%d%-%d%d%.sqlite%.zst$"

local directory

local function lines_of(command)
  local pipe, lines = assert(io.popen(command)), {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function files() return lines_of("ls -A " .. process.quote(directory)) end
local function query(path, sql) return lines_of(("sqlite3 %s %s"):format(process.quote(path), process.quote(sql)))[1] end

-- A name as a host gives it to the copy of a day, so many days ago.
local function name_of(days_ago, bot)
  return ("lunokhod-%s-%s.sqlite.zst"):format(bot or BOT, os.date("!%Y-%m-%d", os.time() - days_ago * 86400))
end

-- A day must not end between two looks at the date. Waits where that is near.
local function stay_in_the_day()
  until_(function() return os.time() % 86400 < 86400 - 120 end, "the next day")
end

local function lunokhod_backup(telegram, admin, ...)
  local environment = telegram:environment()
  environment.ADMIN_ID = admin and tostring(admin.id)
  return world.run({ "backup", ... }, environment)
end

-- The admin has lost the account: somebody else becomes it, and gets the data from a file.
local function expect_count_after_push(telegram, path, count)
  local heir = telegram:person("Наследник")
  heir:says("привет")
  local code, _, errors = lunokhod_backup(telegram, heir, "push", path)
  assert.equal(0, code, errors)
  local lunokhod = backups.host(telegram, heir)
  assert.equal(count, backups.count(heir))
  assert.equal(0, lunokhod:stop())
end

-- The documents in a chat that is not the admin's.
local function documents(telegram, chat) return backups.documents(telegram, chat) end

describe("a copy in a directory", function()
  local telegram, admin
  before_each(function()
    stay_in_the_day()
    directory = process.new_directory()
    telegram = sandbox {}
    admin = telegram:person("Админ")
  end)
  after_each(function()
    os.execute("chmod -R u+w " .. process.quote(directory) .. "; rm -rf " .. process.quote(directory))
    world.finish()
  end)

  it("is made by the first backup of a day, private, whole, and opened by zstd and sqlite3", function()
    local lunokhod = backups.first_host(telegram, admin, { options = { "--copy-dir", directory } })
    lunokhod:logged("copied into the directory")
    local name = files()[1]
    assert.same({ name }, files())
    assert.matches(NAME, name)
    assert.equal("-rw-------", lines_of("ls -l " .. directory)[2]:sub(1, 10))
    assert.equal(0, lunokhod:stop())
    os.execute(("zstd -qd %s/%s -o %s/x.sqlite"):format(directory, name, directory))
    assert.equal("ok", query(directory .. "/x.sqlite", "PRAGMA integrity_check"))
    assert.equal("0", query(directory .. "/x.sqlite", "SELECT n FROM total"))
  end)

  it("is not written over on the same day, by later backups or later hosts", function()
    local options = { "--copy-dir", directory }
    local lunokhod = backups.first_host(telegram, admin, { options = options })
    lunokhod:logged("copied into the directory")
    local path = directory .. "/" .. files()[1]
    local bytes = process.read_file(path)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    lunokhod = backups.host(telegram, admin, { options = options })
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    assert.equal(bytes, process.read_file(path))
    assert.equal(1, #files())
  end)

  it("gives the data to a new admin", function()
    local lunokhod = backups.first_host(telegram, admin)
    backups.save(lunokhod, admin)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    lunokhod = backups.host(telegram, admin, { options = { "--copy-dir", directory } })
    lunokhod:logged("copied into the directory")
    assert.equal(0, lunokhod:stop())
    expect_count_after_push(telegram, directory .. "/" .. files()[1], 2)
  end)

  it("is not pushed over a backup that is newer, though the file is", function()
    local lunokhod = backups.first_host(telegram, admin, { options = { "--copy-dir", directory } })
    lunokhod:logged("copied into the directory")
    local path = directory .. "/" .. files()[1]
    local before = os.time()
    until_(function() return os.time() > before end, "another second")
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    os.execute("touch -d 2101-01-01 " .. path)
    local code, _, errors = lunokhod_backup(telegram, admin, "push", path)
    assert.equal(1, code)
    assert.matches("is newer than", errors)
  end)

  it("stays for 30 days; what has another name stays for ever", function()
    local others = { "notes.txt", name_of(90, "9" .. BOT), name_of(90) .. ".bak", "lunokhod-" .. BOT .. "-2020-1-01.sqlite.zst",
      "x" .. name_of(90), name_of(0) .. ".abcdef" }
    for _, name in ipairs(others) do process.write_file(directory .. "/" .. name, "theirs") end
    for days_ago = 1, 35 do process.write_file(directory .. "/" .. name_of(days_ago), "old") end
    process.write_file(directory .. "/" .. name_of(1) .. ".abcdef", "what a killed host has left")
    local lunokhod = backups.first_host(telegram, admin, { options = { "--copy-dir", directory } })
    lunokhod:logged("copied into the directory")
    local expected = table.move(others, 1, #others, 1, {})
    for days_ago = 0, 29 do expected[#expected + 1] = name_of(days_ago) end
    local found = files()
    table.sort(expected)
    table.sort(found)
    assert.same(expected, found)
    assert.equal(0, lunokhod:stop())
  end)

  it("that can't be written is told once, hinders no backup, and is made when it can", function()
    local path = directory .. "/later"
    local lunokhod = backups.first_host(telegram, admin, { environment = { COPY_DIR = path } })
    lunokhod:logged("level=error.*can't copy the backup.* place=directory .*No such file")
    until_(function()
      backups.save(lunokhod, admin)
      return #lunokhod:log_lines("msg=saved") > 4
    end, "backups without copies")
    assert.equal(1, backups.told(admin, "^Copies of the backup into the directory fail: "))
    assert.equal(0, backups.told(admin, "work again"))
    os.execute("mkdir " .. path)
    until_(function()
      backups.save(lunokhod, admin)
      return backups.told(admin, "^Copies of the backup into the directory work again") == 1
    end, "a copy")
    assert.equal(1, #lines_of("ls -A " .. path))
    assert.equal(1, #lunokhod:log_lines("can't copy the backup"))
    assert.equal(0, lunokhod:stop())
  end)

  it("that a full disk refuses leaves nothing behind", function()
    local lunokhod = backups.first_host(telegram, admin)
    backups.grow(admin, 300)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    local script = process.new_directory()
    process.write_file(script .. "/bot.lua", backups.SCRIPT)
    local environment = telegram:environment()
    environment.ADMIN_ID = tostring(admin.id)
    local command = ('trap "" XFSZ; ulimit -f 100; exec %s run --copy-dir %s %s'):format(sandbox.PROGRAM, directory, script)
    local run = process.start({ "bash", "-c", command }, environment)
    run:logged("can't copy the backup.* place=directory .*File too large")
    assert.same({}, files())
    backups.add(admin)
    run:signal("TERM")
    assert.equal(0, run:wait())
    os.execute("rm -rf " .. script)
  end)

  it("that is no copy, or was cut, is refused", function()
    local lunokhod = backups.first_host(telegram, admin, { options = { "--copy-dir", directory } })
    lunokhod:logged("copied into the directory")
    backups.grow(admin, 1500)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    local path, cut = directory .. "/" .. files()[1], directory .. "/cut"
    process.write_file(cut, process.read_file(path):sub(1, -10))
    local code, _, errors = lunokhod_backup(telegram, admin, "push", "--force", cut)
    assert.equal(1, code, errors)
    process.write_file(cut, backups.bytes(telegram, admin, backups.pinned(telegram, admin)))
    code, _, errors = lunokhod_backup(telegram, admin, "push", "--force", cut)
    assert.equal(1, code)
    assert.matches("only what has changed since a base", errors)
  end)
end)

describe("a copy in another chat", function()
  local telegram, admin
  before_each(function()
    stay_in_the_day()
    directory = process.new_directory()
    telegram = sandbox {}
    admin = telegram:person("Админ")
  end)
  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  for _, kind in ipairs { "channel", "supergroup" } do
    it("is made once a day in a " .. kind .. ", and gives the data to a new admin", function()
      local chat = telegram:chat(kind, "Копии", { admin })
      local what = { options = { "--copy-to", tostring(chat.id) } }
      local lunokhod = backups.first_host(telegram, admin)
      backups.save(lunokhod, admin)
      assert.equal(0, lunokhod:stop())
      lunokhod = backups.host(telegram, admin, what)
      local message = lunokhod:logged("copied to the other chat"):match("message=(%d+)")
      for _ = 1, 2 do backups.save(lunokhod, admin) end
      assert.equal(0, lunokhod:stop())
      lunokhod = backups.host(telegram, admin, what) -- knows from the backup that today's copy is there
      backups.save(lunokhod, admin)
      assert.equal(0, lunokhod:stop())
      assert.equal(1, #documents(telegram, chat))
      assert.matches("^Lunokhod: a copy of the backup, %d+%-%d+%-%d+ ", documents(telegram, chat)[1].caption)
      local path = directory .. "/bot.sqlite"
      local code, _, errors = lunokhod_backup(telegram, nil, "pull", "--from", chat.id .. ":" .. message, path)
      assert.equal(0, code, errors)
      assert.equal("1", query(path, "SELECT n FROM total"))
      assert.equal(1, #documents(telegram, chat)) -- what was forwarded is deleted again
      expect_count_after_push(telegram, path, 1)
    end)
  end

  it("is made again in a chat that takes the place of another", function()
    local first, second = telegram:chat("supergroup", "A", { admin }), telegram:chat("supergroup", "B", { admin })
    for _, chat in ipairs { first, second } do
      local lunokhod = backups.host(telegram, admin, { environment = { COPY_TO = tostring(chat.id) } })
      lunokhod:logged("copied to the other chat")
      assert.equal(0, lunokhod:stop())
      assert.equal(1, #documents(telegram, chat))
    end
  end)

  it("that a bot could not download at once goes in parts", function()
    local chat = telegram:chat("supergroup", "Копии", { admin })
    local lunokhod = backups.first_host(telegram, admin)
    backups.grow(admin, 21000)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    lunokhod = backups.host(telegram, admin, { options = { "--copy-to", tostring(chat.id) } })
    local message = lunokhod:logged("copied to the other chat"):match("message=(%d+)")
    assert.equal(0, lunokhod:stop())
    assert.equal(3, #documents(telegram, chat))
    local path = directory .. "/bot.sqlite"
    local code, _, errors = lunokhod_backup(telegram, nil, "pull", "--from", chat.id .. ":" .. message, path)
    assert.equal(0, code, errors)
    assert.equal("21000", query(path, "SELECT count(*) FROM ballast"))
    local whole = directory .. "/whole.zst" -- and by hand, without a bot
    local bytes = backups.bytes(telegram, chat, documents(telegram, chat)[1].message_id)
      .. backups.bytes(telegram, chat, documents(telegram, chat)[2].message_id)
    process.write_file(whole, bytes)
    expect_count_after_push(telegram, whole, 1)
  end)

  it("whose chat is not found is told once and hinders no backup", function()
    local lunokhod = backups.first_host(telegram, admin, { options = { "--copy-to", "-1009999999999" } })
    lunokhod:logged("level=error.*can't copy the backup.* place=chat .*chat not found")
    for _ = 1, 3 do backups.save(lunokhod, admin) end
    assert.equal(1, backups.told(admin, "^Copies of the backup to the other chat fail: .*chat not found"))
    assert.equal(0, lunokhod:stop())
  end)

  it("is not asked for by what is no chat, and needs an admin", function()
    for _, case in ipairs {
      { { "--copy-to", "копии" }, "--copy-to must be a number" },
      { { "--copy-to", tostring(admin.id) }, "must be another chat than the admin's" },
      { { "--copy-to", "-100", "--admin-id", "0" }, "admin-id" },
    } do
      local arguments = table.move(case[1], 1, #case[1], 2, { "run" })
      arguments[#arguments + 1] = "scripts"
      local environment = telegram:environment()
      environment.ADMIN_ID = tostring(admin.id)
      local code, _, errors = world.run(arguments, environment)
      assert.equal(2, code)
      assert.matches(case[2], errors, 1, true)
    end
    local code, _, errors = world.run({ "run", "--copy-dir", directory, "scripts" }, telegram:environment())
    assert.equal(2, code)
    assert.matches("set ADMIN_ID", errors)
    for _, from in ipairs { "", "1", "1:", ":1", "1:0", "x:1", "1:1x", "0:1", "99999999999999999999:1" } do
      code, _, errors = lunokhod_backup(telegram, nil, "pull", "--from", from, directory .. "/x")
      assert.equal(2, code, from)
      assert.matches("--from is CHAT:MESSAGE", errors, 1, true)
    end
    code, _, errors = lunokhod_backup(telegram, nil, "verify", "--from", "1:1")
    assert.equal(2, code)
    assert.matches("is for pull", errors)
    code = lunokhod_backup(telegram, nil, "pull", "--from", "-1009999999999:1", directory .. "/x")
    assert.is_true(code == 1 or code == 3)
    assert.same({}, files())
  end)
end)

-- Backups that are encrypted: with which key a host reads and writes, and what it says where it has none or another one.
local backups = require "tests.support.backups"
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local world = require "tests.support.world"
local until_ = world.until_

local SECRET = "Подосинкин" -- a name that must be readable nowhere

local SCRIPT = backups.SCRIPT .. ([[
db.exec "CREATE TABLE IF NOT EXISTS secret(name TEXT)"
db.exec "INSERT INTO secret SELECT '%s' WHERE NOT EXISTS (SELECT * FROM secret)"
]]):format(SECRET)

local HUGE = 1 << 28 -- no memory of ours, but the shadow of a sanitizer

-- Where the bytes stand in the memory of a process: "dumped" by a core dump, or "left out". nil where nobody may look, or where
-- a sanitizer keeps what is freed.
local function places_of(secret, pid)
  local memory = io.open(("/proc/%d/mem"):format(pid), "rb")
  local places, found = { dumped = 0, ["left out"] = 0 }, 0
  for line in io.lines(("/proc/%d/smaps"):format(pid)) do
    local first, last, may_read = line:match("^(%x+)%-(%x+) (.)")
    if line:find("libasan", 1, true) then return nil end
    if first then
      local size = tonumber(last, 16) - tonumber(first, 16)
      local bytes = memory and may_read == "r" and size < HUGE and memory:seek("set", tonumber(first, 16)) and memory:read(size)
      found = select(2, (bytes or ""):gsub(secret:gsub("%W", "%%%0"), ""))
    elseif line:find("^VmFlags:") then
      local place = line:find(" dd") and "left out" or "dumped"
      places[place] = places[place] + found
    end
  end
  if memory then memory:close() end
  return memory and places
end

describe("an encrypted backup", function()
  local telegram, admin, directory, key
  before_each(function()
    directory = process.new_directory()
    key = directory .. "/key"
    telegram = sandbox {}
    admin = telegram:person("Админ")
    admin:says("привет")
  end)
  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  local function new_key()
    local code, line = world.run { "backup", "key" }
    assert.equal(0, code)
    assert.matches("^[%w+/]+=\n$", line)
    assert.equal(45, #line)
    return line
  end

  local function write_keys(...)
    process.write_file(key, table.concat({ ... }))
    os.execute("chmod 600 " .. process.quote(key))
  end

  local function with_key(options, what)
    local result = what or {}
    result.script, result.options = SCRIPT, options or { "--backup-key", key }
    return result
  end
  local function start(options) return backups.host(telegram, admin, with_key(options)) end
  local function start_first(options)
    local all = options or { "--backup-key", key }
    table.insert(all, 1, "--fresh")
    return backups.host(telegram, admin, with_key(all))
  end

  local function fails(options)
    local lunokhod = backups.host(telegram, admin, with_key(options, { wait = false }))
    return lunokhod:ends(60), lunokhod.process:stderr()
  end

  local function command(...)
    local environment = telegram:environment()
    environment.ADMIN_ID = tostring(admin.id)
    return world.run({ "backup", ... }, environment)
  end

  -- Fails the test unless it ends with that code and says those words, plain text, on stderr.
  local function expect_command(expected, words, ...)
    local code, _, errors = command(...)
    assert.equal(expected, code, errors)
    assert.matches(words, errors, 1, true)
  end

  local function all_bytes()
    local found = {}
    for _, message in ipairs(backups.documents(telegram, admin)) do
      found[#found + 1] = backups.bytes(telegram, admin, message.message_id)
    end
    return found
  end

  -- Of what must be plain; zstd's frames hide nothing of so little data.
  local function is_plain(bytes)
    local path = directory .. "/document"
    process.write_file(path, bytes)
    local opened = os.execute(("zstd -qdcf %s >%s.out 2>/dev/null"):format(path, path))
    return opened and process.read_file(path .. ".out"):find(SECRET, 1, true) ~= nil
  end

  local function expect_all(plain)
    local documents = all_bytes()
    assert.is_true(#documents > 0)
    for _, bytes in ipairs(documents) do
      assert.equal(plain, is_plain(bytes))
      assert.equal(not plain, bytes:find('"encryption":{"key":"', 1, true) ~= nil)
    end
  end

  it("is read by a restart with its key, and by nobody without it", function()
    local line = new_key()
    write_keys(line)
    local lunokhod = start_first()
    lunokhod:logged("backups are encrypted from now on: keep the key, without it they can't be read\" key=%x+")
    assert.equal(1, backups.save(lunokhod, admin))
    expect_all(false)
    assert.equal(0, lunokhod:stop())
    expect_all(false)

    lunokhod = start()
    assert.equal(1, backups.count(admin))
    assert.same({}, lunokhod:log_lines("encrypted from now on"))
    assert.is_nil(lunokhod.process:stderr():find(line:sub(1, 43), 1, true))
    assert.equal(0, lunokhod:stop())
    expect_all(false)
  end)

  it("has its key in memory that no core dump shows", function()
    local secret = "Wer das liest, hat einen Schatz." -- 32 bytes
    write_keys((secret:gsub(".", function(c) return ("%02x"):format(c:byte()) end)), "\n")
    local lunokhod = start_first()
    for _ = 1, 3 do backups.save(lunokhod, admin) end
    local places = places_of(secret, lunokhod.pid)
    if not places then
      pending("nobody may look into this process, or a sanitizer keeps what is freed")
      return
    end
    assert.same({ dumped = 0, ["left out"] = 1 }, places)
    local file = assert(io.open(("/proc/%d/cmdline"):format(lunokhod.pid)))
    assert.is_nil(file:read("a"):find(secret, 1, true))
    file:close()
  end)

  it("is never begun anew without the key, or with another one", function()
    write_keys(new_key())
    local lunokhod = start_first()
    local id = lunokhod:logged("key=%x+"):match("key=(%x+)")
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    local code, log = fails {}
    assert.equal(3, code)
    assert.matches("the backup is encrypted with key " .. id .. ", and no key was given: --backup-key FILE", log, 1, true)
    write_keys(new_key(), new_key())
    code, log = fails()
    assert.equal(3, code)
    assert.matches(("the backup is encrypted with key %s, which is none of the 2 in %s"):format(id, key), log, 1, true)
    expect_all(false)
  end)

  it("begins with the next save where the last one was plain, and the plain ones are gone from the chat", function()
    local lunokhod = start_first {}
    backups.grow(admin, 1500) -- so there is a base
    assert.equal(1, backups.save(lunokhod, admin))
    assert.equal(0, lunokhod:stop())
    write_keys(new_key())
    lunokhod = start()
    lunokhod:logged("backups are encrypted from now on")
    assert.equal(1, backups.count(admin))
    for _, bytes in ipairs(all_bytes()) do assert.is_false(is_plain(bytes)) end
    assert.equal(2, #all_bytes()) -- the message and its base
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    start()
    assert.equal(2, backups.count(admin))
  end)

  it("changes its key by SIGHUP: the old one is not needed any more, once a backup was made", function()
    local old, new = new_key(), new_key()
    write_keys(old)
    local lunokhod = start_first()
    local old_id = lunokhod:logged("key=%x+"):match("key=(%x+)")
    backups.grow(admin, 1500)
    backups.save(lunokhod, admin)
    write_keys("# the new one, since today\n", new, "\n", old)
    lunokhod:signal("HUP")
    lunokhod:logged("new keys of the backup were read")
    local line = lunokhod:logged("backups are encrypted with another key now\" key=%x+ before=" .. old_id, 60)
    until_(function()
      for _, bytes in ipairs(all_bytes()) do
        if bytes:find(old_id, 1, true) then return false end
      end
      return #all_bytes() == 2
    end, "the parts of the old key to go")
    backups.add(admin)
    assert.equal(0, lunokhod:stop())
    write_keys(new)
    lunokhod = start()
    assert.equal(2, backups.count(admin))
    assert.equal(0, lunokhod:stop())
    local id = line:match(" key=(%x+)")
    for _, bytes in ipairs(all_bytes()) do assert.truthy(bytes:find(id, 1, true)) end
  end)

  it("keeps its keys where the file becomes worthless", function()
    write_keys(new_key())
    local lunokhod = start_first()
    write_keys("c2hvcnQ=\n")
    lunokhod:signal("HUP")
    lunokhod:logged("the backup's keys stay as they were\" error=\"line 1 of .*: this key has 5 bytes, too short for one of 32")
    assert.equal(1, backups.save(lunokhod, admin))
    expect_all(false)
  end)

  it("may have a passphrase, whose key is the same after a restart", function()
    write_keys("passphrase: шесть слов про луну и трактор\n")
    local lunokhod = start_first()
    local id = lunokhod:logged("key=%x+"):match("key=(%x+)")
    assert.equal(1, backups.save(lunokhod, admin))
    assert.equal(0, lunokhod:stop())
    lunokhod = start()
    assert.equal(1, backups.count(admin))
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    for _, bytes in ipairs(all_bytes()) do assert.truthy(bytes:find(id, 1, true)) end
    write_keys("passphrase: шесть слов про луну и трактора\n")
    local code, log = fails()
    assert.equal(3, code)
    local words = "the backup is encrypted with a passphrase, whose key is %s, which is none of the 1 in"
    assert.matches(words:format(id), log, 1, true)
  end)

  it("is warned of where others may read its key, and refused where there is none", function()
    write_keys(new_key())
    os.execute("chmod 644 " .. key)
    local lunokhod = start_first()
    lunokhod:logged("others on this machine may read the key of the backup: chmod 600 it")
    assert.equal(0, lunokhod:stop())
    for text, words in pairs {
      ["c2hvcnQ="] = "line 1 of %s: this key has 5 bytes, too short for one of 32: make one with: lunokhod backup key > FILE",
      ["# nothing\n"] = "%s holds no key of the backup: make one with: lunokhod backup key > FILE",
      ["\npassphrase: short"] = "line 2 of %s: this passphrase is too short: take at least 12 characters",
      ["my dog's name"] = "line 1 of %s: this is no key, which is 32 bytes as base64 or hex (make one with: lunokhod",
    } do
      write_keys(text)
      for _, run in ipairs { { "run", "--backup-key", key, "scripts" }, { "backup", "list", "--key", key } } do
        local environment = telegram:environment()
        environment.ADMIN_ID = tostring(admin.id)
        local code, _, errors = world.run(run, environment)
        assert.equal(2, code)
        assert.matches(words:format(key), errors, 1, true)
      end
    end
    local run = { "run", "--backup-key", directory .. "/none", "--admin-id", tostring(admin.id), "scripts" }
    local code, _, errors = world.run(run, telegram:environment())
    assert.equal(2, code)
    assert.matches("can't read the file of the backup's key " .. directory .. "/none: No such file", errors, 1, true)
  end)

  it("is listed, verified, pulled and pushed by the command with --key", function()
    write_keys(new_key())
    local lunokhod = start_first { "--backup-key", key, "--copy-dir", directory }
    local id = lunokhod:logged("key=%x+"):match("key=(%x+)")
    lunokhod:logged("copied into the directory", 60)
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    local code, out = command("list", "--key", key)
    assert.equal(0, code)
    assert.matches("kB of data in a document of [%d.]+ kB, encrypted with key " .. id, out)
    code, out = command("list")
    assert.equal(0, code)
    assert.matches("encrypted with key " .. id .. ", which is not here", out, 1, true)
    expect_command(0, "", "verify", "--key", key)
    expect_command(3, "is encrypted with key " .. id, "verify")

    local path = directory .. "/pulled.sqlite"
    expect_command(3, "is encrypted with key " .. id, "pull", path)
    expect_command(0, "pulled: saved", "pull", "--key", key, path)
    local pipe = assert(io.popen(("sqlite3 %s 'SELECT name FROM secret'"):format(path)))
    assert.equal(SECRET, pipe:read("l"))
    pipe:close()

    expect_command(1, "the backup in the admin's chat is encrypted, and this one would not be", "push", path)
    expect_command(0, "pushed: message", "push", "--key", key, path)
    expect_all(false)
    lunokhod = start()
    assert.equal(1, backups.count(admin))
    assert.equal(0, lunokhod:stop())

    pipe = assert(io.popen("ls " .. directory .. "/*.encrypted")) -- the day's copy
    local copy = pipe:read("l")
    pipe:close()
    assert.matches("/lunokhod%-%d+%-[%d-]+%.sqlite%.zst%.encrypted$", copy)
    assert.is_nil(process.read_file(copy):find(SECRET, 1, true))
    expect_command(1, "is encrypted with key " .. id, "push", "--force", copy)
    expect_command(0, "pushed: message", "push", "--force", "--key", key, copy)
    start()
    assert.equal(0, backups.count(admin)) -- the first backup of the day
  end)

  it("is told apart from a damaged one", function()
    write_keys(new_key())
    local lunokhod = start_first()
    backups.save(lunokhod, admin)
    assert.equal(0, lunokhod:stop())
    local last = backups.pinned(telegram, admin)
    local bytes = backups.bytes(telegram, admin, last)
    local changed = bytes:sub(1, -10) .. string.char(bytes:byte(-9) ~ 1) .. bytes:sub(-8)
    backups.delete(telegram, admin, last)
    backups.unpoint(telegram, admin)
    local damaged = backups.send(telegram, admin, changed)
    local code, log = fails { "--backup-key", key, "--config-id", tostring(damaged) }
    assert.equal(3, code)
    assert.matches("the backup is damaged: the key is the right one, but its bytes were cut or changed", log, 1, true)
    backups.delete(telegram, admin, damaged)
    local later = bytes:gsub('"sequence":(%d)', '"sequence":9')
    assert.not_equal(bytes, later)
    local forged = backups.send(telegram, admin, later)
    code, log = fails { "--backup-key", key, "--config-id", tostring(forged) }
    assert.equal(3, code)
    assert.matches("the backup is damaged: the key is the right one", log, 1, true)
  end)
end)

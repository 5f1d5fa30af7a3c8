-- Each command line of OPERATING.md is run as it stands there, one after the other, against a Telegram, folders and numbers of
-- the test's own; or it is listed here with the reason why it can't be.
local documents = require "tests.support.documents"
local lfs = require "lfs"
local port = require "tests.support.port"
local postgres = require "tests.support.postgres"
local process = require "tests.support.process"
local world = require "tests.support.world"
local until_ = world.until_

local PAGE = assert(process.read_file "examples/OPERATING.md")

-- ---- what is run ----

local telegram, admin, group, folder, running, server

-- The page's names, and what stands for them here. What is not on a line changes nothing.
local function translate(line)
  local names = {
    ["123456:ABC..."] = telegram.token, ["https://bot.example.org/hook"] = "http://127.0.0.1:%PORT/hook",
    ["127.0.0.1:8080"] = "127.0.0.1:%PORT", ["-1001234567890"] = group.id, ["123456789"] = admin.id,
    ["postgresql://bot:password@db.example.org/bot"] = server and process.quote(server:url()) or "",
    ["/var/lib/bot"] = folder .. "/copies", ["2026-11-23"] = os.date "!%Y-%m-%d", ["sudo "] = "",
  }
  local order = {}
  for name in pairs(names) do order[#order + 1] = name end
  table.sort(order, function(one, other) return #one > #other end)
  for _, name in ipairs(order) do
    local from, to = line:find(name, 1, true)
    if from then line = line:sub(1, from - 1) .. names[name] .. line:sub(to + 1) end
  end
  return line
end

local function start(line)
  local there = ("cd %s && PATH=%s/build:$PATH && exec env "):format(folder, folder)
  local program = process.start({ "sh", "-c", there .. line }, {
    TELEGRAM_API_ROOT = telegram.url, BOT_TOKEN = telegram.token, ADMIN_ID = tostring(admin.id), HOME = folder,
    XDG_RUNTIME_DIR = folder .. "/run",
  })
  program.may_be_killed = true
  return program
end

-- Runs it to its end, which must be a good one. Returns what it has printed.
local function run(line)
  local program = start(translate(line))
  local code = program:wait(60)
  assert(code == 0, ("%s\nended with %s:\n%s"):format(line, code, program:stdout() .. program:stderr()))
  return program:stdout()
end

-- Behind the lines about encryption, by which the last backup was made.
local function run_with_key(line) return run("BACKUP_KEY_FILE=backup.key " .. line) end

local function stop()
  running:signal "TERM"
  assert.equal(0, running:wait(60))
  running = nil
end

-- A host that goes on while the next lines are run.
local function run_host(line, sign)
  if running then stop() end
  running = start(translate(line):gsub("%%PORT", tostring(port.reserve())))
  running:logged(sign or "msg=running", 60)
end

-- The name of the copy's file, without its end.
local function copy_file()
  for name in lfs.dir(folder .. "/copies") do
    local found = name:match "^(lunokhod%-.*)%.sqlite%.zst$"
    if found then return found end
  end
end

-- What these parts of the page are about: the admin's account is gone, and a new one has written to the bot.
local function lose_admin()
  admin = telegram:person "New admin"
  admin:says "admin"
end

local FIRST = "BOT_TOKEN=123456:ABC... ADMIN_ID=123456789 build/lunokhod run scripts"
local copied -- the number of the copy in the other chat

local without_systemd, without_docker = "there is no systemd here", "there is no Docker here"
local by_packaging = "packaging_spec.lua runs it, with a root of its own"

-- In the page's order.
local LINES = {
  { FIRST, run_host },
  { "lunokhod run --webhook https://bot.example.org/hook --listen 127.0.0.1:8080 scripts",
    function(line) run_host(line, "the webhook is set") end },
  { "build/lunokhod run --record bot.jsonl mybot", function(line)
    run_host(line)
    assert.matches('^{"', assert(process.read_file(folder .. "/bot.jsonl")))
    run_host(FIRST) -- the next lines ask the bot of the first
  end },
  { "make install", by_packaging },
  { "make deb", by_packaging },
  { "sudo systemctl enable --now lunokhod", without_systemd },
  { "sudo systemctl reload lunokhod", without_systemd },
  { "sudo lunokhod status", function(line) assert.matches("updates", run(line)) end },
  { "docker build -t bot .", without_docker },
  { "docker run --read-only --tmpfs /run/bot:mode=0700,uid=10001 --stop-timeout 90 --env-file .env bot", without_docker },
  { "build/lunokhod check scripts", run },
  { "build/lunokhod test scripts", "bots of the page's reader have specs; documents_spec.lua runs those of the pages" },
  { "build/lunokhod backup list", function(line) assert.matches("%d", run(line)) end },
  { "build/lunokhod backup verify", run },
  { "build/lunokhod backup pull bot.db", function(line)
    stop() -- else its last backup would be newer than what is pushed
    run(line)
  end },
  { "build/lunokhod backup pull --at 2026-11-23 old.db", run },
  { "build/lunokhod backup push bot.db", run },
  { "BOT_TOKEN=123456:ABC... build/lunokhod run --admin-id 123456789 --copy-to -1001234567890 --copy-dir /var/lib/bot scripts",
    function(line)
      assert(lfs.mkdir(folder .. "/copies"))
      run_host(line)
      copied = running:logged("copied to the other chat", 60):match "message=(%d+)"
      until_(copy_file, "the copy in the folder")
      stop()
    end },
  { "build/lunokhod backup push /var/lib/bot/lunokhod-123456-2026-11-26.sqlite.zst", function(line)
    assert.matches("/var/lib/bot/lunokhod%-123456%-2026%-11%-26%.sqlite%.zst$", line)
    lose_admin()
    local path = folder .. "/copies/" .. copy_file() .. ".sqlite.zst"
    run((line:gsub("/var/lib/bot/%S+", function() return path end)))
  end },
  { "build/lunokhod backup pull --from -1001234567890:42 bot.db", function(line)
    lose_admin()
    os.remove(folder .. "/bot.db")
    run((line:gsub(":42", ":" .. copied):gsub("%-1001234567890", tostring(group.id))))
  end },
  { "build/lunokhod backup push bot.db", run },
  { "build/lunokhod backup verify --max-age 86400", run },
  { "build/lunokhod backup key > backup.key", run },
  { "BOT_TOKEN=123456:ABC... ADMIN_ID=123456789 build/lunokhod run --backup-key backup.key scripts", function(line)
    run_host(line)
    running:logged("backups are encrypted from now on", 60)
    stop()
  end },
  { "LUNOKHOD_DATABASE=postgresql://bot:password@db.example.org/bot BOT_TOKEN=123456:ABC... build/lunokhod run scripts",
    "postgres_spec.lua runs hosts so, on a server of its own" },
  { "build/lunokhod backup pull move.db", run_with_key },
  { "LUNOKHOD_DATABASE=postgresql://bot:password@db.example.org/bot build/lunokhod migrate move.db -", function(line)
    server = postgres.start()
    server:ask "ALTER ROLE lunokhod SET search_path = public"
    run(line)
    assert.equal("t", server:ask "SELECT count(*) > 3 FROM pg_class WHERE relname LIKE 'lunokhod%'")
  end },
  { "LUNOKHOD_DATABASE=postgresql://bot:password@db.example.org/bot build/lunokhod migrate - back.db", run },
  { "build/lunokhod backup push back.db", run_with_key },
}

local function lines_of_page()
  local list = {}
  for _, text in ipairs(documents.blocks(PAGE, "sh")) do
    for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  end
  return list
end

describe("OPERATING.md", function()
  before_each(function()
    folder = process.new_directory()
    telegram = world.sandbox {}
    admin = telegram:person "Admin"
    group = telegram:chat("supergroup", "Copies", { admin })
    local copy = "cp -r " .. lfs.currentdir() .. "/scripts . && cp -r scripts mybot"
    for _, command in ipairs { "mkdir build run && chmod 700 run", copy } do
      assert(os.execute("cd " .. folder .. " && " .. command))
    end
    local program = world.PROGRAM or os.getenv "LUNOKHOD" or "build/lunokhod"
    if not program:find "^/" then program = lfs.currentdir() .. "/" .. program end
    assert(lfs.link(program, folder .. "/build/lunokhod", true))
  end)
  after_each(function()
    if server then server:remove() end
    server = nil
    world.finish()
    os.execute("rm -rf " .. folder)
  end)

  it("has no command but those that are run here, or that can't be", function()
    local known = {}
    for i, item in ipairs(LINES) do known[i] = item[1] end
    assert.same(known, lines_of_page())
  end)

  it("has commands that work one after the other", function()
    for _, item in ipairs(LINES) do
      if type(item[2]) == "function" then item[2](item[1]) end
    end
  end)

  it("has questions to a running host that are answered", function()
    run_host(FIRST)
    local count, stopping = 0, nil
    for _, row in ipairs(documents.table_rows(PAGE, "command")) do
      local line = row[1]:match "^`(lunokhod .*)`$"
      if line == "lunokhod stop" then
        stopping = line
      elseif line then
        run((line:gsub("SELECT %.%.%.", "SELECT 1")))
        count = count + 1
      end
    end
    assert.equal(6, count)
    run(stopping)
    assert.equal(0, running:wait(60))
    running = nil
  end)
end)

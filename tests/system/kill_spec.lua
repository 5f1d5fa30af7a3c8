-- A host that is killed at any moment. It comes back with a state that it really had. Without --durable it loses at most what
-- was not saved yet, with --durable nothing.
local backups = require "tests.support.backups"
local socket = require "socket"
local until_ = require "tests.support.until"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local ROUNDS = tonumber(os.getenv "ROUNDS") or 200 -- of each kind
local CLICKS = 4         -- a round
local LIFE_MAX = 0.06    -- seconds after the last click of a round; a backup takes about as long
local seed = os.time()

-- Two tables that must agree: a handler writes both in one segment. "=" tells both.
local TWO_TABLES = [[
local bot, db, backup = require "bot", require "db", require "backup"
db.exec "CREATE TABLE IF NOT EXISTS total(clicks INTEGER)"
db.exec "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total)"
db.exec "CREATE TABLE IF NOT EXISTS users(id INTEGER PRIMARY KEY, clicks INTEGER)"
bot.text("+", function(message)
  db.exec("INSERT INTO users VALUES(?, 1) ON CONFLICT DO UPDATE SET clicks = clicks + 1", message.chat.id)
  local total = db.one "UPDATE total SET clicks = clicks + 1 RETURNING clicks"
  backup.now()
  message:answer("total " .. total.clicks)
end)
bot.text("=", function(message)
  local total = db.one("SELECT clicks FROM total").clicks
  local users = db.one("SELECT coalesce(sum(clicks), 0) AS clicks FROM users").clicks
  message:answer(("%d %d"):format(total, users))
end)
]]

-- The one before is dead for certain, so nobody is waited for.
local function start(telegram, admin, options)
  local lunokhod = host {
    telegram = telegram, script = TWO_TABLES, wait = false, has_control = true,
    options = table.move(options or {}, 1, 1, 2, { "--takeover" }),
    environment = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "1" },
  }
  lunokhod.process.may_be_killed = true
  return lunokhod
end

local function kill(lunokhod)
  lunokhod:signal("KILL")
  lunokhod:ends()
end

local function live_and_die(telegram, admin, people, options)
  local lunokhod = start(telegram, admin, options)
  lunokhod:logged("running")
  for _ = 1, CLICKS do people[math.random(#people)]:says("+") end
  socket.sleep(math.random() * LIFE_MAX)
  kill(lunokhod)
end

-- Asks one person's bot for both totals.
local function totals(person, lunokhod)
  local asked = math.tointeger(person:says("=").message_id)
  local answer
  until_(function() -- a durable one may answer twice
    for _, message in ipairs(person.telegram:messages(person.id, asked)) do
      answer = message.from.is_bot and message.text and message.text:match("^%d+ %d+$") or answer
    end
    return answer
  end, function() return ("the totals; seed %d\n%s"):format(seed, lunokhod.process:stderr()) end)
  return tonumber(answer:match("^%d+")), tonumber(answer:match("%d+$"))
end

describe("a bot that is killed " .. ROUNDS .. " times at random moments", function()
  before_each(function() math.randomseed(seed) end)
  after_each(world.finish)

  -- Every twentieth host lives until a backup has all that it has counted.
  it("comes back with counts that agree, and with all that a backup had", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local people = { telegram:person("Анна"), telegram:person("Борис"), admin }
    local least = 0
    for round = 1, ROUNDS do
      live_and_die(telegram, admin, people)
      if round % 20 == 0 then
        local lunokhod = start(telegram, admin)
        local total, sum = totals(admin, lunokhod)
        assert.equal(total, sum, "the tables disagree; seed " .. seed)
        assert.is_true(total >= least, ("%d clicks are older than the backup of %d; seed %d"):format(total, least, seed))
        admin:says("+")
        least = totals(admin, lunokhod)
        assert.is_true(least > 0)
        backups.rests(lunokhod)
        kill(lunokhod)
      end
    end
  end)

  -- Every twentieth host lives until it has counted all that those before it were told.
  it("counts each click once where it is durable", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local people = { telegram:person("Анна"), telegram:person("Борис"), admin }
    for round = 1, ROUNDS do
      live_and_die(telegram, admin, people, { "--durable" })
      if round % 20 == 0 then
        local lunokhod = start(telegram, admin, { "--durable" })
        local clicks, total, sum = round * CLICKS, nil, nil
        until_(function() -- what was not confirmed comes again, and its turn may be after the question
          total, sum = totals(admin, lunokhod)
          return total >= clicks
        end, function() return ("all of %d clicks: %d; seed %d"):format(clicks, total, seed) end)
        assert.equal(clicks, total, "seed " .. seed)
        assert.equal(clicks, sum, "seed " .. seed)
        kill(lunokhod)
      end
    end
  end)
end)

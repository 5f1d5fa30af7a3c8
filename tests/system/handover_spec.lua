-- Hosts that follow each other while people click: by a deploy that starts the new one first, by a freeze, by kills. Not one
-- click is lost that was promised to be kept. HANDOVERS, FREEZES and KILLS in the environment make it longer; the seed is told
-- with each failure.
local backups = require "tests.support.backups"
local socket = require "socket"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local HANDOVERS = tonumber(os.getenv "HANDOVERS") or 2 -- by default and durable, each
local FREEZES = tonumber(os.getenv "FREEZES") or 1     -- of each kind
local KILLS = tonumber(os.getenv "KILLS") or 5         -- of either of two hosts, durable
local seed = tonumber(os.getenv "SEED") or os.time()

local function start(telegram, admin, options, wait)
  local lunokhod = backups.host(telegram, admin, {
    options = options, environment = { BACKUP_INTERVAL = "1" }, wait = wait == nil and true or wait,
  })
  lunokhod.process.may_be_killed = true
  return lunokhod
end

local function begin(options)
  math.randomseed(seed)
  local telegram = sandbox { requests = 1000 }
  local admin = telegram:person("Админ")
  local clickers = { admin, telegram:person("Анна"), telegram:person("Борис"), telegram:person("Вера") }
  return telegram, admin, clickers, start(telegram, admin, options)
end

local clicks

-- Somebody clicks every few milliseconds until the condition holds.
local function click_until(clickers, condition, what, ceiling)
  local deadline = socket.gettime() + (ceiling or 300)
  repeat
    assert(socket.gettime() < deadline, "still waiting for " .. what .. "; seed " .. seed)
    clickers[math.random(#clickers)]:says("+")
    clicks = clicks + 1
    socket.sleep(math.random() * 0.03)
  until condition()
end

-- All clicks are counted, each once. What is still on its way may come after the question.
local function assert_all_are_counted(admin)
  local count
  until_(function()
    count = backups.count(admin)
    return count >= clicks
  end, function() return ("all of %d clicks: %d; seed %d"):format(clicks, count, seed) end)
  assert.equal(clicks, count, "seed " .. seed)
end

local function has_said(lunokhod, words) return function() return #lunokhod:log_lines(words) > 0 end end

for _, durable in ipairs { false, true } do
  local options = durable and { "--durable" } or {}
  local name = durable and "durable" or "by default"

  describe(("%d handovers under load, %s,"):format(HANDOVERS, name), function()
    before_each(function() clicks = 0 end)
    after_each(world.finish)

    it("lose no click and count none twice, and the old host ends with 4", function()
      local telegram, admin, clickers, old = begin(options)
      for _ = 1, HANDOVERS do
        local new = start(telegram, admin, options, false)
        click_until(clickers, has_said(new, "msg=running"), "the new host to serve")
        click_until(clickers, function() return not old:is_running() end, "the old host to go")
        assert.equal(4, old:ends(), "seed " .. seed)
        old = new
      end
      assert_all_are_counted(admin)
    end)

    it("by a stop and a start lose no click either", function()
      local telegram, admin, clickers, old = begin(options)
      for _ = 1, HANDOVERS do
        click_until(clickers, function() return math.random() < 0.02 end, "a moment")
        old:signal("TERM")
        click_until(clickers, function() return not old:is_running() end, "the stop")
        assert.equal(0, old:ends(), "seed " .. seed)
        old = start(telegram, admin, options)
        assert.equal(0, #old:log_lines("waiting for it to save"), "a usual restart waits for nobody")
      end
      assert_all_are_counted(admin)
    end)
  end)
end

describe("two hosts that a supervisor starts again though they end with 4", function()
  before_each(function() clicks = 0 end)
  after_each(world.finish)

  it("lose nothing, and the admin is told once that they take turns", function()
    local telegram, admin, clickers, old = begin {}
    for turn = 1, 7 do
      local new = start(telegram, admin, {}, false)
      click_until(clickers, has_said(new, "msg=running"), "the new host to serve")
      click_until(clickers, function() return not old:is_running() end, "the old host to go")
      assert.equal(turn >= 5 and 1 or 0, #new:log_lines("level=warn msg=\"two hosts of this bot take turns"))
      old = new
    end
    assert_all_are_counted(admin)
    assert.equal(1, backups.told(admin, "two hosts that take turns"))
  end)

  it("are not meant where one host is stopped and started", function()
    local telegram, admin, clickers, old = begin {}
    for _ = 1, 7 do
      assert.equal(0, old:stop())
      old = start(telegram, admin, {})
    end
    click_until(clickers, function() return clicks > 20 end, "clicks")
    assert_all_are_counted(admin)
    assert.equal(0, backups.told(admin, "two hosts"))
  end)
end)

describe("a stop with nothing left to save", function()
  before_each(function() clicks = 0 end)
  after_each(world.finish)

  it("whose last word has no answer ends with 0, and says what that costs", function()
    local telegram, admin, clickers, lunokhod = begin {}
    click_until(clickers, function() return clicks > 5 end, "clicks")
    backups.save(lunokhod, admin)
    clicks = clicks + 1
    telegram:fault { method = "editMessageMedia", kind = "hold", times = 1 }
    assert.equal(0, lunokhod:stop())
    assert.same({}, lunokhod:log_lines("level=error"))
    assert.equal(1, #lunokhod:log_lines("level=warn msg=\"can't say that this host has gone, so the next start waits for it"))
    telegram:let_go("drop")
    start(telegram, admin, {})
    assert_all_are_counted(admin)
  end)
end)

describe("a host that is frozen", function()
  before_each(function() clicks = 0 end)
  after_each(world.finish)

  -- Frozen with that request on its way; thawed when the other host has served for a while.
  for _, method in ipairs { "getMyCommands", "editMessageMedia", "getUpdates" } do
    it("at " .. method .. " writes over nothing when it wakes up, durable, and leaves", function()
      for _ = 1, FREEZES do
        local telegram, admin, clickers, old = begin { "--durable" }
        click_until(clickers, function() return clicks > 20 end, "clicks")
        telegram:fault { method = method, kind = "hold", times = 1 }
        click_until(clickers, function() return telegram:status().held > 0 end, method)
        old:signal("STOP")
        telegram:let_go("apply")
        local new = start(telegram, admin, { "--durable" }, false)
        click_until(clickers, has_said(new, "msg=running"), "the new host to serve")
        new:logged("no sign of life from the other host")
        local served = clicks
        click_until(clickers, function() return clicks > served + 50 end, "clicks")
        old:signal("CONT")
        click_until(clickers, function() return not old:is_running() end, "the old host to go")
        assert.equal(4, old:ends())
        assert_all_are_counted(admin)
        world.finish()
        clicks = 0
      end
    end)
  end
end)

describe(("two hosts of which either is killed, %d times, durable,"):format(KILLS), function()
  before_each(function() clicks = 0 end)
  after_each(world.finish)

  it("lose no click", function()
    local telegram, admin, clickers, first = begin { "--durable" }
    local hosts = { first }
    for _ = 1, KILLS do
      hosts[2] = start(telegram, admin, { "--durable", "--takeover" }, false)
      local until_at = socket.gettime() + math.random() * 4
      click_until(clickers, function() return socket.gettime() > until_at end, "a moment")
      local killed = math.random(2)
      hosts[killed]:signal("KILL")
      hosts[killed]:ends()
      local left = hosts[3 - killed]
      if not left:is_running() then left = start(telegram, admin, { "--durable", "--takeover" }, false) end
      hosts = { left }
    end
    -- Whoever is left may be on its way out, or wait half a minute for the killed one.
    start(telegram, admin, { "--durable", "--takeover" })
    assert_all_are_counted(admin)
  end)
end)

-- A bot that is upgraded again and again while people click: each new host is started first, and the old one hands over. Not
-- one click is lost, none counts twice, and under supervisors that restart what ends two hosts come to rest. UPGRADES in the
-- environment makes it longer; the seed is told with each failure.
local backups = require "tests.support.backups"
local socket = require "socket"
local world = require "tests.support.world"
local until_ = world.until_

local UPGRADES = tonumber(os.getenv "UPGRADES") or 20
local PEOPLE = 4
local seed = tonumber(os.getenv "SEED") or os.time()

-- By default and durable in turns of two, so that each follows each.
local function is_durable(upgrade) return upgrade // 2 % 2 == 1 end

local function start(telegram, admin, options, wait)
  local lunokhod = backups.host(telegram, admin, {
    options = options, environment = { BACKUP_INTERVAL = "1" }, wait = wait,
  })
  lunokhod.process.may_be_killed = true
  return lunokhod
end

describe("a bot that is upgraded under load", function()
  local telegram, admin, people, clicks
  before_each(function()
    math.randomseed(seed)
    clicks = 0
    telegram = world.sandbox { requests = 1000 }
    admin = telegram:person "Admin"
    people = { admin }
    for i = 2, PEOPLE do people[i] = telegram:person("P" .. i) end
  end)
  after_each(world.finish)

  -- Somebody clicks every few milliseconds until the condition holds. Each twentieth click asks for a backup, before which a
  -- host looks whether it still reigns: so no upgrade takes longer than it must.
  local function click_until(condition, what)
    local deadline = socket.gettime() + 120
    repeat
      assert(socket.gettime() < deadline, "still waiting for " .. what .. "; seed " .. seed)
      clicks = clicks + 1
      people[math.random(#people)]:says(clicks % 20 == 0 and "save" or "+")
      socket.sleep(math.random() * 0.02)
    until condition()
  end

  local function assert_all_are_counted()
    local count
    until_(function()
      count = backups.count(admin)
      return count >= clicks
    end, function() return ("all of %d clicks: %d; seed %d"):format(clicks, count, seed) end, 60)
    assert.equal(clicks, count, "seed " .. seed)
  end

  -- Each person has had every number once: so no answer was lost, and none given twice.
  local function assert_each_was_answered()
    local seen, total = {}, 0
    for _, person in ipairs(people) do
      for _, text in ipairs(person:saw()) do
        local number = tonumber(text:match "^%d+$")
        if number then
          assert.is_nil(seen[number], ("the click %d was answered twice; seed %d"):format(number, seed))
          seen[number], total = true, total + 1
        end
      end
    end
    assert.equal(clicks, total, "seed " .. seed)
  end

  it(UPGRADES .. " times loses no click, counts none twice, and each old host ends with 4", function()
    local hosts = { start(telegram, admin, { "--fresh" }, true) }
    for upgrade = 1, UPGRADES do -- the host before the last may still be about to go
      local new = start(telegram, admin, is_durable(upgrade) and { "--durable" } or {}, false)
      click_until(function() return #new:log_lines "msg=running" > 0 end, "the new host to serve")
      hosts[#hosts + 1] = new
    end
    for i = 1, UPGRADES do assert.equal(4, hosts[i]:ends(), ("host %d; seed %d"):format(i, seed)) end
    assert_all_are_counted()
    assert_each_was_answered()
  end)

  -- As systemd with Restart=always and RestartPreventExitStatus=4: whatever ends is started again, but what has ended with 4.
  local function supervise(unit)
    if unit.host and unit.host:is_running() then return end
    unit.code = unit.host and unit.host:ends()
    if unit.code == 4 then return end
    unit.starts = (unit.starts or 0) + 1
    unit.host = start(telegram, admin, {}, false)
  end

  it("by two supervisors that restart always comes to rest with one of them", function()
    local first, second = {}, {}
    local function go_on() supervise(first) supervise(second) end
    local function serves(unit)
      return function()
        go_on()
        return unit.host:is_running() and #unit.host:log_lines "msg=running" > 0
      end
    end
    supervise(first)
    click_until(function() return #first.host:log_lines "msg=running" > 0 end, "the first")
    click_until(serves(second), "the second")
    click_until(function() go_on() return first.code == 4 end, "the end of the first")
    assert.same({ 1, 1 }, { first.starts, second.starts })
    -- The operator starts the first one again: now that one stays.
    first.host, first.code = nil, nil
    click_until(serves(first), "the first again")
    click_until(function() go_on() return second.code == 4 end, "the end of the second")
    assert.same({ 2, 1 }, { first.starts, second.starts })
    assert.is_true(first.host:is_running())
    assert.equal(0, backups.told(admin, "two hosts that take turns"))
  end)
end)

-- bot.daily in the machine's zone, on days on which clocks change: these run as processes with a zone of their own, and with
-- what libc knows of it. Zones by name are known to another library, and tests/lua/recurrence_spec.lua has them.
local process = require "tests.support.process"
local world = require "tests.support.world"

-- The next `count` times of a daily job after an instant (seconds since 1970), as the zone's clocks show them. name: of the
-- zone that the job names; nil: none, so it is the machine's.
local function times(zone, time, from, count, name)
  local directory = process.new_directory()
  process.write_file(directory .. "/bot.lua", ([[
    local recurrence = require "core.recurrence"
    local at = %d
    for _ = 1, %d do
      at = recurrence.next(%q, %s, at)
      print("at " .. os.date("%%m-%%d %%H:%%M %%Z", at))
    end
    require "bot".command("a", print)
  ]]):format(from, count, ("%d %d * * *"):format(time:sub(4), time:sub(1, 2)), name and ("%q"):format(name) or "nil"))
  local code, printed, log = world.run({ "check", directory }, { TZ = zone })
  os.execute("rm -rf " .. process.quote(directory))
  assert.equal(0, code, log)
  local found = {}
  for each in (printed .. log):gmatch("at (%d%d%-%d%d %d%d:%d%d [%w+-]+)") do found[#found + 1] = each end
  return found
end

local SPRING = 1711753200 -- 2024-03-29 23:00 UTC, two days before the clocks of Berlin go forward
local AUTUMN = 1729893600 -- 2024-10-25 22:00 UTC, two days before they go back

describe("a daily job", function()
  after_each(world.finish)

  it("comes at its local time, once each day, when the clocks go forward", function()
    assert.same({ "03-30 09:00 CET", "03-31 09:00 CEST", "04-01 09:00 CEST" }, times("Europe/Berlin", "09:00", SPRING, 3))
  end)

  it("comes at its local time, once each day, when they go back", function()
    assert.same({ "10-26 09:00 CEST", "10-27 09:00 CET", "10-28 09:00 CET" }, times("Europe/Berlin", "09:00", AUTUMN, 3))
  end)

  it("comes when clocks are put forward on the day that has no such time, and only on that day", function()
    assert.same({ "03-30 02:30 CET", "03-31 03:00 CEST", "04-01 02:30 CEST" }, times("Europe/Berlin", "02:30", SPRING, 3))
  end)

  it("comes once on the day that has its time twice", function()
    assert.same({ "10-26 02:30 CEST", "10-27 02:30 CEST", "10-28 02:30 CET" }, times("Europe/Berlin", "02:30", AUTUMN, 3))
  end)

  it("comes once, too, where the zone itself changed, without summer time", function()
    local MOSCOW = 1414180800 -- 2014-10-24 20:00 UTC; on the 26th Moscow went from UTC+4 to UTC+3 at 02:00
    assert.same({ "10-25 01:30 MSK", "10-26 01:30 MSK", "10-27 01:30 MSK" }, times("Europe/Moscow", "01:30", MOSCOW, 3))
  end)

  it("comes once a day where the day itself begins at one o'clock", function()
    local CAIRO = 1714003200 -- 2024-04-25 00:00 UTC; on the 26th Egypt's clocks went from 00:00 to 01:00
    assert.same({ "04-26 01:00 EEST", "04-27 00:10 EEST" }, times("Africa/Cairo", "00:10", CAIRO, 2))
  end)

  it("has the same times where it names the zone, whatever the machine's is", function()
    for _, case in ipairs {
      { "Europe/Berlin", "02:30", SPRING }, { "Europe/Berlin", "02:30", AUTUMN }, { "Africa/Cairo", "00:10", 1714003200 },
      { "Australia/Lord_Howe", "02:15", 1727913600 }, { "America/St_Johns", "00:30", 1710028800 },
      { "Pacific/Apia", "12:00", 1325160000 },
    } do
      local zone, time, from = table.unpack(case)
      assert.same(times(zone, time, from, 4), times(zone, time, from, 4, zone), zone)
    end
  end)
end)

describe("a zone by its name", function()
  after_each(world.finish)

  it("is an error where the machine has no database of zones", function()
    local directory = process.new_directory()
    process.write_file(directory .. "/bot.lua", [[print(require "time".format("%H", 0, "Europe/Berlin"))]])
    local code, _, log = world.run({ "check", directory }, { TZDIR = "/nowhere" })
    os.execute("rm -rf " .. process.quote(directory))
    assert.equal(1, code, log)
    assert.truthy(log:find("time zones by name need the tz database (Debian's tzdata)", 1, true), log)
  end)
end)

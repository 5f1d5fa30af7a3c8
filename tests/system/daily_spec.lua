-- bot.daily on the days on which clocks change. A spec of the kit runs at UTC, so these run as processes with a zone of their
-- own.
local process = require "tests.support.process"
local world = require "tests.support.world"

-- The next `count` times of a daily job after an instant (seconds since 1970), as the zone's clocks show them.
local function times(zone, time, from, count)
  local directory = process.new_directory()
  process.write_file(directory .. "/bot.lua", ([[
    local timetable = require "core.timetable"
    local at = %d
    for _ = 1, %d do
      at = timetable.next_daily(%d, nil, at)
      print("at " .. os.date("%%m-%%d %%H:%%M %%Z", at))
    end
    require "bot".command("a", print)
  ]]):format(from, count, time:sub(1, 2) * 60 + time:sub(4)))
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

  it("comes later on the day that has no such time, and only on that day", function()
    assert.same({ "03-30 02:30 CET", "03-31 03:30 CEST", "04-01 02:30 CEST" }, times("Europe/Berlin", "02:30", SPRING, 3))
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
    assert.same({ "04-26 01:10 EEST", "04-27 00:10 EEST" }, times("Africa/Cairo", "00:10", CAIRO, 2))
  end)
end)

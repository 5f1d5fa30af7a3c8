-- The module time: zones, fields, texts. In 2024 clocks in Berlin are put forward on March 31st at 02:00, and back on October
-- 27th at 03:00.
scripts "time/bot.lua"

local anna
before_each(function() anna = telegram:person "Анна" end)

local function same(code, answer)
  anna:says("= " .. code)
  assert.equal(answer, (anna:last().text:gsub("^.*bot%.lua:9: ", "")), code)
end

it("tells the time with milliseconds, by the clock of the spec", function()
  same("time.now()", "1704110400")
  clock:advance "1500ms"
  same("time.now()", "1704110401.5")
end)

describe("a zone", function()
  it("has its summer time, in this century and the next", function()
    same('time.format(nil, 1704110400, "Europe/Berlin")', "2024-01-01T13:00:00+01:00")
    same('time.format(nil, 1719835200, "Europe/Berlin")', "2024-07-01T14:00:00+02:00")
    same('time.format("%d.%m.%Y %H:%M %Z %z", 1719835200, "Europe/Berlin")', "01.07.2024 14:00 CEST +0200")
    same('time.format("%Z", time.at({ year = 2060, month = 7, day = 1 }, "Europe/Berlin"), "Europe/Berlin")', "CEST")
    same('time.format("%H:%M %Z", 1704110400, "Asia/Kolkata")', "17:30 IST")
    same('time.format("%c|%x|%X|%h|%C|%r", 1704110400, "UTC")', "Mon Jan  1 12:00:00 2024|01/01/24|12:00:00|Jan|20|12:00:00 PM")
  end)

  it("may be an offset, by text or by minutes", function()
    same('time.format(nil, 1704110400, "+05:30")', "2024-01-01T17:30:00+05:30")
    same('time.format(nil, 1704110400, -210)', "2024-01-01T08:30:00-03:30")
    same('time.format("%H %Z", 1704110400, "-3")', "09 -03:00")
    same('time.format("%H %Z", 1704110400, "UTC")', "12 UTC")
  end)

  it("is that of the machine where none is given, which a spec chooses", function()
    same('time.format("%H:%M %Z")', "12:00 UTC")
    clock:zone "America/New_York"
    same('time.format("%H:%M %Z")', "07:00 EST")
    same('os.date("%H:%M")', "07:00")
    clock:zone "+05:30"
    same('time.format("%H:%M %z")', "17:30 +0530")
    clock:zone "-3"
    same('time.format("%H:%M %z")', "09:00 -0300")
    clock:zone "+05:30"
    clock:set "2024-02-29 09:30"
    same('time.format()', "2024-02-29T09:30:00+05:30")
    assert.has_error(function() clock:zone "Moscow" end, 'there is no time zone "Moscow"')
    assert.has_error(function() clock:set "tomorrow" end, "2024-03-31 01:59")
  end)

  it("that is not known is an error, and never UTC", function()
    for _, zone in ipairs {
      "Europe/Berln", "MSK", "MSK-3", "UTC+3", "europe/berlin", "/etc/passwd", "../../../etc/localtime",
      "Europe/../Europe/Berlin",
      "+99", "+5:3", "Europe", "",
    } do
      same(("time.is_zone(%q)"):format(zone), "false")
      same(("time.format('%%H', 0, %q)"):format(zone), ('there is no time zone "%s"'):format(zone))
    end
    same('time.is_zone "Europe/Berlin", time.is_zone "America/Argentina/Buenos_Aires", time.is_zone "Etc/GMT+3"',
      "true | true | true")
    same("time.is_zone(180), time.is_zone(1.5), time.is_zone(2000), time.is_zone()", "true | false | false | false")
  end)
end)

describe("fields", function()
  it("are those of the zone", function()
    same('time.in_zone("Asia/Tokyo", 1704121200).day, time.in_zone("Asia/Tokyo", 1704121200).hour', "2 | 0")
    same('(function(f) return f.year, f.month, f.wday, f.yday, f.isdst, f.offset, f.zone end)(time.in_zone("Europe/Berlin", '
      .. "1719835200))", "2024 | 7 | 2 | 183 | true | 7200 | CEST")
  end)

  it("become a time, also where clocks leave it out or show it twice", function()
    local function berlin(month, day, hour, min)
      return ('time.format(nil, time.at({ year = 2024, month = %d, day = %d, hour = %d, min = %d }, "Europe/Berlin"), "UTC")')
        :format(month, day, hour, min)
    end
    same(berlin(3, 31, 1, 59), "2024-03-31T00:59:00+00:00")
    same(berlin(3, 31, 2, 30), "2024-03-31T01:00:00+00:00") -- when they are put forward
    same(berlin(3, 31, 3, 0), "2024-03-31T01:00:00+00:00")
    same(berlin(10, 27, 2, 30), "2024-10-27T00:30:00+00:00") -- the first of both
    same(berlin(10, 27, 3, 0), "2024-10-27T02:00:00+00:00")
    same(berlin(14, 1, 0, 0), "2025-01-31T23:00:00+00:00") -- a month that is too large goes on in the next year
  end)

  it("skip a whole day where a country has done so", function()
    same('time.format(nil, time.at({ year = 2011, month = 12, day = 30, hour = 12 }, "Pacific/Apia"), "Pacific/Apia")',
      "2011-12-31T00:00:00+14:00")
  end)

  it("must be whole numbers", function()
    same("time.at { year = 2024, month = 1 }", "time.at: the field day must be a whole number")
    same("time.at { year = 1e300, month = 1, day = 1 }", "time.at: the field year must be a whole number")
    same("time.at { year = 99999, month = 1, day = 1 }",
      "a time from the year 1 to 9999 expected")
  end)
end)

describe("adding", function()
  local function added(from, parts)
    return ([[(function(zone)
      return time.format("%%Y-%%m-%%d %%H:%%M", time.add(time.parse(%q, nil, zone), %s, zone), zone)
    end)("Europe/Berlin")]]):format(from, parts)
  end

  it("days keeps the time of the clock, and hours do not", function()
    same(added("2024-03-30 09:30", "{ days = 1 }"), "2024-03-31 09:30")
    same(added("2024-03-30 09:30", "{ hours = 24 }"), "2024-03-31 10:30")
    same(added("2024-03-30 09:30", "{ weeks = 1, hours = 1 }"), "2024-04-06 10:30")
    same(added("2024-01-01 00:00", "{ days = -1, minutes = -1 }"), "2023-12-30 23:59")
  end)

  it("months keeps the day, or takes the last one", function()
    same(added("2024-01-31 09:30", "{ months = 1 }"), "2024-02-29 09:30")
    same(added("2024-01-31 09:30", "{ months = 13 }"), "2025-02-28 09:30")
    same(added("2024-03-31 09:30", "{ months = -1 }"), "2024-02-29 09:30")
    same(added("2024-02-29 09:30", "{ years = 1, days = 1 }"), "2025-03-01 09:30")
  end)

  it("keeps the second of two hours, and fractions", function()
    same('time.add(1729992600.25, { seconds = 1 }, "Europe/Berlin")', "1729992601.25") -- 02:30 for the second time
    same('time.add(1704110400.5, { days = 1 }, "Europe/Berlin")', "1704196800.5")
  end)

  it("says what is wrong", function()
    same("time.add(0, { day = 1 })", 'time.add: there is no "day", did you mean days?')
    same("time.add(0, { days = 0.5 })", "time.add: days must be a whole number")
    same("time.add('x', {})", "time.add: a number of seconds since 1970 expected, not a string")
  end)
end)

describe("a text", function()
  it("is read as ISO 8601 has it", function()
    same('time.parse "2024-03-31"', "1711843200")
    same('time.parse("2024-03-31 09:30", nil, "Europe/Berlin")', "1711870200")
    same('time.parse "2024-03-31T09:30:15Z"', "1711877415")
    same('time.parse "2024-03-31T09:30:15.25+02:00"', "1711870215.25")
    same('time.parse(time.format(nil, 1719835200, "Asia/Kolkata"))', "1719835200")
  end)

  it("is read by a pattern", function()
    same('time.parse("31.3.2024 9:30", "%d.%m.%Y %H:%M", "Europe/Berlin")', "1711870200")
    same('time.parse("5 Mar 24", "%d %b %y")', "1709596800")
    same('time.parse("Sun, 31 Mar 2024 09:30:00 +0200", "Sun, %d %b %Y %H:%M:%S %z")', "1711870200")
    same('time.parse("20240331", "%Y%m%d")', "1711843200")
    same('time.parse("100% 2024", "100%% %Y")', "1704067200")
  end)

  it("without a date is of today, in the zone", function()
    clock:zone "Asia/Tokyo"
    same('time.format(nil, time.parse("09:30", "%H:%M"), "UTC")', "2024-01-01T00:30:00+00:00")
    clock:advance "4h" -- it is the next day there
    same('time.format(nil, time.parse("09:30", "%H:%M"), "UTC")', "2024-01-02T00:30:00+00:00")
    same('time.format(nil, time.parse("24.12.", "%d.%m."), "UTC")', "2024-12-23T15:00:00+00:00")
  end)

  it("that tells no time is nil and why", function()
    for text, why in pairs {
      ["tomorrow"] = "it does not look like 2024-03-31", ["2023-02-29"] = "the month has no such day",
      ["2024-13-01"] = "month is out of range", ["2024-01-01 25:00"] = "hour is out of range",
      ["2024-01-01 9:30"] = "its time does not look like", ["2024-01-01 09:30:"] = "its time does not look like",
      ["2024-01-01 09:30+2"] = "+2 is not understood", ["0000-01-01"] = "year is out of range",
      ["2024-01-01T00:00:00+99:00"] = "there is no such offset",
    } do
      anna:says(("= time.parse(%q)"):format(text))
      anna:sees("nil | " .. why)
    end
    same('time.parse("31/12", "%d.%m")', "nil | it does not look like %d.%m")
    same('time.parse("31 Foo", "%d %b")', "nil | Foo is not understood")
  end)

  it("is written and read by known letters only", function()
    same('time.format("%q")', "time.format: there is no %q")
    same('time.format("%")', "time.format: there is no %")
    same('time.parse("x", "%q")', "time.parse: there is no %q")
    same('time.format("%a %A %b %B %j %u %V %y %e %p %s %%", 1709596800, "UTC")',
      "Tue Tuesday Mar March 065 2 10 24  5 AM 1709596800 %")
  end)
end)

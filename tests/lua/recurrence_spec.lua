-- What comes again by the calendar, in time zones. In 2024 clocks in Berlin are put forward on Sunday, March 31st at 02:00, and
-- back on October 27th at 03:00.
scripts "recurrence/bot.lua"

local anna, seen
before_each(function() anna, seen = telegram:person "Анна", 0 end)

-- The answers until the clock has been turned by so much, in UTC, without those that were asked for before.
local function rings(time)
  clock:advance(time)
  local answers = anna:saw()
  local new = { table.unpack(answers, seen + 1) }
  seen = #answers
  return new
end

describe("a zone with summer time", function()
  it("keeps the time of the day", function()
    clock:set "2024-03-29 12:00"
    anna:says '= bot.daily("09:00", work, chat, { zone = "Europe/Berlin" })'
    assert.same({ "Sat 30.03. 08:00:00", "Sun 31.03. 07:00:00", "Mon 01.04. 07:00:00" }, rings "3d")
    bot:stop()
    clock:set "2024-10-25 12:00"
    bot:start()
    assert.same({ "Fri 25.10. 12:00:00", "Sat 26.10. 07:00:00", "Sun 27.10. 08:00:00", "Mon 28.10. 08:00:00" }, rings "3d")
  end)

  it("has times that do not exist: they come when clocks are put forward", function()
    clock:set "2024-03-30 12:00"
    anna:says '= bot.daily("02:30", work, chat, { zone = "Europe/Berlin" })'
    assert.same({ "Sun 31.03. 01:00:00", "Mon 01.04. 00:30:00" }, rings "2d")
  end)

  it("has times that exist twice: they come once", function()
    clock:set "2024-10-26 12:00"
    anna:says '= bot.daily("02:30", work, chat, { zone = "Europe/Berlin" })'
    assert.same({ "Sun 27.10. 00:30:00", "Mon 28.10. 01:30:00" }, rings "2d")
  end)

  it("has times within an hour that are left out, or shown twice", function()
    clock:set "2024-03-31 00:25"
    anna:says '= bot.cron("*/30 * * * *", work, chat, { zone = "Europe/Berlin" })'
    assert.same({ "Sun 31.03. 00:30:00", "Sun 31.03. 01:00:00", "Sun 31.03. 01:30:00" }, rings "90m")
    clock:set "2024-10-26 23:40"
    assert.equal(1, #rings "1m") -- one that is late, since the clock was set
    assert.same({ "Sun 27.10. 00:00:00", "Sun 27.10. 00:30:00", "Sun 27.10. 02:00:00" }, rings "2h45m")
  end)

  it("is that of the machine where none is given", function()
    clock:zone "Europe/Berlin"
    clock:set "2024-03-30 12:00"
    anna:says '= bot.daily("02:30", work, chat)'
    assert.same({ "Sun 31.03. 01:00:00", "Mon 01.04. 00:30:00" }, rings "2d")
  end)
end)

describe("bot.weekly", function()
  it("comes on its days", function()
    anna:says '= bot.weekly("wed, mon", "09:30", work, chat)' -- it is Monday noon
    assert.same({ "Wed 03.01. 09:30:00" }, rings "2d")
    clock:set "2024-01-08 09:29"
    assert.same({ "Mon 08.01. 09:30:00" }, rings "1d")
    anna:says '= bot.weekly("thu-fri", "09:30", work, chat)'
    assert.same({ "Thu 11.01. 09:30:00", "Fri 12.01. 09:30:00" }, rings "3d1h")
  end)

  it("survives a restart, and comes once for all that was missed", function()
    anna:says '= bot.weekly("tue", "09:30", work, chat)'
    bot:stop()
    clock:advance "15d"
    bot:start()
    assert.same({ "Tue 16.01. 12:00:00" }, rings "1m")
    clock:set "2024-01-23 09:29"
    assert.same({ "Tue 23.01. 09:30:00" }, rings "2m")
  end)
end)

describe("bot.monthly", function()
  it("comes on its day, or on the last one", function()
    anna:says '= bot.monthly(31, "09:30", work, chat)'
    clock:set "2024-01-31 09:29"
    assert.same({ "Wed 31.01. 09:30:00" }, rings "2m")
    clock:set "2024-02-29 09:29"
    assert.same({ "Thu 29.02. 09:30:00" }, rings "2m")
    anna:says '= bot.monthly(3, "09:30", work, chat)'
    clock:set "2024-03-03 09:29"
    assert.same({ "Sun 03.03. 09:30:00" }, rings "2m")
  end)
end)

describe("bot.cron", function()
  it("understands what a cron line may have", function()
    local lines = {
      ["0 9 * * 1-5"] = "Tue 02.01. 09:00:00", ["30 9 * * sat,SUN"] = "Sat 06.01. 09:30:00",
      ["0 9 * * 7"] = "Sun 07.01. 09:00:00",
      ["15,45 8-10/2 * * *"] = "Tue 02.01. 08:15:00", ["0 0 1 */3 *"] = "Mon 01.04. 00:00:00",
      ["0 0 L feb *"] = "Thu 29.02. 00:00:00",
      ["0 0 13 * fri"] = "Fri 05.01. 00:00:00", ["5/20 13 * * *"] = "Mon 01.01. 13:05:00",
      ["0 12 29 2 *"] = "Thu 29.02. 12:00:00",
    }
    for line, first in pairs(lines) do
      anna:says("next " .. line)
      anna:sees(first)
    end
  end)

  it("finds February 29th in eight years, and on the last days of months of any length", function()
    clock:set "2096-03-01 00:00"
    anna:says "next 0 0 29 2 *"
    anna:sees "Fri 29.02. 00:00:00"
    anna:says "next 0 0 30L 2,4 fri"
    anna:sees "Fri 06.04. 00:00:00"
  end)

  it("refuses what is none, or never comes", function()
    for _, line in ipairs {
      "0 9 * *", "0 9 * * 1-5 2", "60 9 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8", "0 0 * oct-feb *",
      "*/0 * * * *", "1- * * * *", "1,,2 * * * *", "a * * * *", "-1 * * * *", "1.5 * * * *", "@every 5", "@daily", "*/ * * * *",
      "L * * * *", "0 0 32L * *", "0 0 LL * *",
    } do
      anna:says(("= bot.cron(%q, work, chat)"):format(line))
      anna:sees "bot.cron: "
    end
    anna:says '= bot.cron("0 0 31 2 *", work, chat)'
    anna:sees "never comes"
  end)
end)

describe("bot.every", function()
  it("takes words for its interval", function()
    anna:says '= bot.every("1h30m", work, chat)'
    assert.same({ "Mon 01.01. 13:30:00", "Mon 01.01. 15:00:00" }, rings "3h")
  end)

  it("may come at once, and again after a while; not for a reload or a restart", function()
    anna:says '= bot.every("12h", work, chat, { at_start = true })'
    assert.same({ "Mon 01.01. 12:00:00" }, rings "1s")
    bot:reload()
    anna:says '= bot.every("12h", work, chat, { at_start = true })'
    bot:restart()
    assert.same({ "Tue 02.01. 00:00:00", "Tue 02.01. 12:00:00" }, rings "1d")
  end)

  it("counts from midnight where it has a zone", function()
    clock:advance "10m"
    anna:says '= bot.every("6h", work, chat, { zone = "Asia/Kolkata" })' -- UTC+5:30
    assert.same({ "Mon 01.01. 12:30:00", "Mon 01.01. 18:30:00", "Tue 02.01. 00:30:00" }, rings "15h")
    anna:says '= bot.every("7h", work, chat, { zone = "Asia/Kolkata" })'
    anna:sees "the interval must be minutes of which a day has a whole number"
  end)
end)

describe("a function", function()
  it("comes by the same rules", function()
    anna:says 'fn bot.every("12h", work, nil, { at_start = true })'
    anna:says 'fn bot.weekly("tue", "09:30", work, nil, { zone = "Europe/Berlin" })'
    anna:says 'fn bot.cron("0 */8 * * *", work)'
    bot:reload()
    assert.same({ "fn Mon 01.01. 12:00:00", "fn Mon 01.01. 16:00:00" }, rings "4h1s")
    local answers = rings "16h30m"
    table.sort(answers)
    assert.same({
      "fn Tue 02.01. 00:00:00", "fn Tue 02.01. 00:00:00", "fn Tue 02.01. 08:00:00", "fn Tue 02.01. 08:30:00",
    }, answers)
  end)

  it("comes at its next time where the clock was set back by days", function()
    anna:says 'fn bot.weekly("thu", "09:30", work)'
    bot:reload()
    clock:jump "-12d"
    assert.same({ "fn Thu 21.12. 09:30:00" }, rings "1d")
  end)
end)

describe("a row", function()
  it("of a rule is planned anew where the clock was set back by days, and not for an hour", function()
    anna:says '= bot.weekly("mon", "12:30", work, chat)'
    assert.same({ "Mon 01.01. 12:30:00" }, rings "45m")
    clock:jump "-30m"
    assert.same({}, rings "1d")
    clock:jump "-16d"
    assert.same({ "Mon 18.12. 12:30:00" }, rings "1d12h")
  end)
end)

it("says what is wrong with a call", function()
  for code, why in pairs {
    ['bot.daily("09:00", work, chat, { zone = "Mars/Olympus" })'] = 'bot.daily: there is no time zone "Mars/Olympus"',
    ['bot.daily("09:00", work, chat, { zone = 1.5 })'] = "bot.daily: a time zone is a name such as",
    ['bot.daily("9 o\'clock", work, chat)'] = 'bot.daily: a time like "09:30" expected',
    ['bot.weekly("someday", "09:00", work, chat)'] = 'bot.weekly: days like "mon"',
    ['bot.weekly("*", "09:00", work, chat)'] = 'bot.weekly: days like "mon"',
    ['bot.monthly(32, "09:00", work, chat)'] = "bot.monthly: a day from 1 to 31 expected, not 32",
    ['bot.monthly(1, "24:00", work, chat)'] = 'bot.monthly: a time like "09:30" expected',
    ['bot.every("often", work, chat)'] = 'or a time like "12h" expected',
    ['bot.every(math.huge, work, chat)'] = "at most 100 years",
    ['bot.after(1e17, work, chat)'] = "at most 100 years",
    ['bot.every("0s", work, chat)'] = "at least 0.1",
    ['bot.every(0/0, work, chat)'] = "at least 0.1",
    ['bot.every("1h", work, chat, { at_strat = true })'] = 'there is no option "at_strat", did you mean at_start?',
    ['bot.every("1h", work, chat, 5)'] = "bot.every: the options must be a table, not a number",
    ['bot.cron("0 9 * * *", "nobody", chat)'] = 'there is no job "nobody"',
    ['bot.cron("0 9 * * *", 5)'] = "the handler must be a function",
  } do
    anna:says("= " .. code)
    anna:sees(why)
  end
end)

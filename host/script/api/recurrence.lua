-- When something comes again by the calendar: rules, and the next time after a given one. A rule is a text, so that a row can
-- keep it: five fields as cron has them, or "@every N", which is every so many minutes of a day, from its midnight on.
--
-- A rule names wall times of a zone. One that clocks leave out is the moment at which they are put forward; one that they show
-- twice is the first of both. Several wall times that are one moment are one time.
local core_time = require "core.time"

local recurrence = {}

local DAY = 86400
local DAYS_AHEAD = 3300 -- February 29th is eight years away at most, but for the longest of months
local KEPT = 200        -- parsed rules

local MONTHS = { jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12 }
local WEEKDAYS = { sun = 0, mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6 }

-- ---- days ----

--- The number of a day since 1970-01-01, in the calendar of today. month and day may be outside of their bounds.
function recurrence.day_number(year, month, day)
  year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
  if month <= 2 then year, month = year - 1, month + 12 end -- so that leap days end a year
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

function recurrence.days_of_month(year, month)
  return recurrence.day_number(year, month + 1, 1) - recurrence.day_number(year, month, 1)
end

-- ---- reading a rule ----

local function number_of(text, names)
  return math.tointeger(tonumber(text:match "^%d%d?$")) or names and names[text:lower()]
end

-- "*", "5", "1-5", each with "/2" perhaps -> first, last, step. Only weekdays may go on at their beginning: "sat-mon".
local function read_range(text, low, high, names)
  local range, step = text:match "^([^/]+)/?(%d*)$"
  if not range or text:find "/$" or step == "0" then return nil end
  local from, to = range:match "^(%w+)%-(%w+)$"
  local first = range == "*" and low or number_of(from or range, names)
  local last = range == "*" and high or to and number_of(to, names) or not to and (step ~= "" and high or first)
  if not first or not last or first < low or first > high or last < low or last > high then return nil end
  if first > last and names == WEEKDAYS then last = last + 7 end
  if first <= last then
    return first, last, math.tointeger(tonumber(step)) or 1
  end
end

-- A set of numbers; nil: it is no field. is_any: it leaves nothing out.
local function read_field(text, low, high, names)
  local set = { is_any = text == "*" }
  for part in (text .. ","):gmatch "([^,]*)," do
    local first, last, step = read_range(part, low, high, names)
    if not first then return nil end
    for number = first, last, step do set[number] = true end
  end
  return set
end

-- Days of a month. "L" is the last one, and "30L" the 30th, or the last one of a month that has none.
local function read_days(text)
  local latest
  local rest = text:gsub("%f[%w](%d*)L%f[%W]", function(day)
    latest = math.tointeger(tonumber(day)) or 31
    return day == "" and "31" or day
  end)
  local set = read_field(rest, 1, 31)
  if set and latest then set.latest = latest end
  return set
end

local function minutes_of(hours, minutes)
  local list = {}
  for hour = 0, 23 do
    for minute = 0, 59 do
      if hours[hour] and minutes[minute] then list[#list + 1] = hour * 60 + minute end
    end
  end
  return list
end

local function read_cron(text)
  local fields = {}
  for field in text:gmatch "%S+" do fields[#fields + 1] = field end
  if #fields ~= 5 then return nil, "five fields expected: minute, hour, day of the month, month, day of the week" end
  local minutes, hours = read_field(fields[1], 0, 59), read_field(fields[2], 0, 23)
  local days, months = read_days(fields[3]), read_field(fields[4], 1, 12, MONTHS)
  local weekdays = read_field(fields[5], 0, 7, WEEKDAYS)
  for i, set in ipairs { minutes or false, hours or false, days or false, months or false, weekdays or false } do
    if not set then return nil, ("its field %d is wrong: %q"):format(i, fields[i]) end
  end
  for weekday = 7, 13 do weekdays[weekday - 7] = weekdays[weekday - 7] or weekdays[weekday] end
  return { minutes = minutes_of(hours, minutes), days = days, months = months, weekdays = weekdays }
end

local function read_every(text)
  local step = math.tointeger(tonumber(text:match "^@every (%d+)$"))
  if not step then return nil end
  local any = { is_any = true }
  local rule = { minutes = {}, days = any, months = any, weekdays = any }
  for minute = 0, 1439, step do rule.minutes[#rule.minutes + 1] = minute end
  return rule
end

local rules, rule_count = {}, 0

--- Reads a rule. nil: it is none; then the second result says why.
function recurrence.read(text)
  if rules[text] then return rules[text] end
  local rule, why = read_every(text)
  if not rule then rule, why = read_cron(text) end
  if not rule then return nil, why end
  if rule_count >= KEPT then rules, rule_count = {}, 0 end
  rules[text], rule_count = rule, rule_count + 1
  return rule
end

-- ---- the next time ----

local function is_in_days(rule, date)
  local days = rule.days
  if days.is_any or days[date.day] then return true end
  local last = days.latest and recurrence.days_of_month(date.year, date.month)
  return last and date.day == last and days.latest > last
end

-- As in every cron: where both kinds of days are given, either will do.
local function is_wanted(rule, day)
  local date = os.date("!*t", day * DAY)
  if not (rule.months.is_any or rule.months[date.month]) then return false end
  local is_weekday = rule.weekdays.is_any or rule.weekdays[date.wday - 1]
  if rule.days.is_any or rule.weekdays.is_any then return is_in_days(rule, date) and is_weekday end
  return is_in_days(rule, date) or is_weekday
end

--- The first time of the rule after that one, in seconds since 1970; nil: it never comes. Raises where there is no such zone.
function recurrence.next(text, zone, after)
  local rule = assert(recurrence.read(text))
  after = math.floor(after)
  local wall = after + core_time.offset(after, zone)
  local today, this_minute = wall // DAY, wall % DAY // 60
  for day = today, today + DAYS_AHEAD do
    if is_wanted(rule, day) then
      for _, minute in ipairs(rule.minutes) do
        local at = (day > today or minute >= this_minute) and core_time.moment(day * DAY + minute * 60, zone)
        if at and at > after then return at end
      end
    end
  end
end

-- ---- words of bot.every, bot.daily and the others ----

local UNITS = { d = DAY, h = 3600, m = 60, s = 1 }

--- "12h", "1d12h", "90s" in seconds; nil: it is no such text.
function recurrence.seconds(text)
  local sum, rest = 0, text
  repeat
    local number, unit, after = rest:match "^%s*(%d+)%s*([dhms])%s*(.*)$"
    if not number then return nil end
    sum, rest = sum + tonumber(number) * UNITS[unit], after
  until rest == ""
  return sum
end

--- "09:30" as hour and minute; nil: it is none.
function recurrence.read_clock(text)
  local hour, minute = tostring(text):match "^(%d%d?):(%d%d)$"
  hour, minute = math.tointeger(tonumber(hour)), math.tointeger(tonumber(minute))
  if hour and hour <= 23 and minute <= 59 then return hour, minute end
end

return recurrence

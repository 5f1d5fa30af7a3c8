-- time: times in zones. A time is a number of seconds since 1970, as os.time() gives it. A zone is a name such as
-- "Europe/Berlin", an offset such as "+05:30", or a number of minutes east of Greenwich; without it, the machine's.
local core = require "core.script"
local core_time = require "core.time"
local recurrence = require "core.recurrence"
local spelling = require "core.spelling"

local time = {}

local DAY = 86400
local MONTHS = {
  "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
}

local function check_time(at, name)
  if at == nil then return core_time.now() end
  if math.type(at) == nil then
    core.misuse(("time.%s: a number of seconds since 1970 expected, not a %s"):format(name, type(at)))
  end
  return at
end

--- Seconds since 1970, with milliseconds.
time.now = core_time.now

--- Is there such a zone?
function time.is_zone(zone)
  return zone ~= nil and (core_time.check(zone))
end

-- ---- fields ----

--- What calendar and clock of the zone show: year, month, day, hour, min, sec, wday (1: Sunday), yday, isdst as os.date("*t")
--- has them, offset (seconds east of Greenwich) and zone ("CEST").
function time.in_zone(zone, at)
  at = math.floor(check_time(at, "in_zone"))
  local offset, is_summer, name = core_time.offset(at, zone)
  local fields = os.date("!*t", at + offset)
  fields.isdst, fields.offset, fields.zone = is_summer, offset, name
  return fields
end

local function field(fields, name, default)
  local value = fields[name]
  if value == nil then value = default end
  local whole = math.type(value) and math.tointeger(value)
  if not whole or whole < -1e9 or whole > 1e9 then
    core.misuse(("time.at: the field %s must be a whole number"):format(name))
  end
  return whole
end

local function wall_of(fields)
  local day = recurrence.day_number(field(fields, "year"), field(fields, "month"), field(fields, "day"))
  return day * DAY + field(fields, "hour", 0) * 3600 + field(fields, "min", 0) * 60 + field(fields, "sec", 0)
end

--- The time at which calendar and clock of the zone show these fields: { year =, month =, day =, hour =, min =, sec = }.
function time.at(fields, zone)
  if type(fields) ~= "table" then core.misuse("time.at: a table with year, month and day expected") end
  return core_time.moment(wall_of(fields), zone)
end

-- ---- later ----

local PARTS = { years = true, months = true, weeks = true, days = true, hours = true, minutes = true, seconds = true }

local function check_parts(parts)
  if type(parts) ~= "table" then core.misuse("time.add: a table such as { days = 1 } expected") end
  for name, value in pairs(parts) do
    if not PARTS[name] then
      core.misuse(("time.add: there is no %q%s"):format(tostring(name), spelling.hint_among(tostring(name), PARTS)))
    elseif math.type(value) ~= "integer" or value < -1e9 or value > 1e9 then
      core.misuse(("time.add: %s must be a whole number"):format(name))
    end
  end
end

local function add_days(at, parts, zone)
  local months, days = (parts.years or 0) * 12 + (parts.months or 0), (parts.weeks or 0) * 7 + (parts.days or 0)
  if months == 0 and days == 0 then return at end -- of an hour that comes twice, it may be the second
  local date = time.in_zone(zone, at)
  local month = date.month + months
  local last = recurrence.days_of_month(date.year, month)
  local day = recurrence.day_number(date.year, month, math.min(date.day, last)) + days
  return core_time.moment(day * DAY + date.hour * 3600 + date.min * 60 + date.sec, zone) + at % 1
end

--- The time so many years, months, weeks, days, hours, minutes and seconds later. Of days and more, the clock of the zone shows
--- the same time as before; a day that the month does not have is its last one.
function time.add(at, parts, zone)
  at = check_time(at, "add")
  check_parts(parts)
  at = add_days(at, parts, zone)
  return at + (parts.hours or 0) * 3600 + (parts.minutes or 0) * 60 + (parts.seconds or 0)
end

-- ---- texts ----

local function offset_text(offset, colon)
  local minutes = math.abs(offset) // 60
  return ("%s%02d%s%02d"):format(offset < 0 and "-" or "+", minutes // 60, colon, minutes % 60)
end

local LETTERS = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyY" -- os.date() knows them, and they need no zone

--- The time as a text, by the letters of os.date(). Without a pattern: "2024-03-31T09:30:00+02:00".
function time.format(pattern, at, zone)
  at = math.floor(check_time(at, "format"))
  local offset, _, name = core_time.offset(at, zone)
  if pattern == nil then
    return os.date("!%Y-%m-%dT%H:%M:%S", at + offset) .. offset_text(offset, ":")
  elseif type(pattern) ~= "string" then
    core.misuse("time.format: a pattern such as \"%d.%m.%Y %H:%M\" expected")
  end
  local own = { z = offset_text(offset, ""), Z = name, s = ("%d"):format(at), ["%"] = "%" }
  return (pattern:gsub("%%(.?)", function(letter)
    if own[letter] then return own[letter] end
    if letter == "" or not LETTERS:find(letter, 1, true) then
      core.misuse(("time.format: there is no %%%s"):format(letter))
    end
    return os.date("!%" .. letter, at + offset)
  end))
end

local function month_of(text)
  for i, name in ipairs(MONTHS) do
    if text:lower() == name or text:lower() == name:sub(1, 3) then return i end
  end
end

local function offset_of(text)
  local sign, hours, minutes = text:match "^([+-])(%d%d):?(%d%d)$"
  if text == "Z" then return 0 end
  local seconds = hours and tonumber(hours) * 3600 + tonumber(minutes) * 60
  return seconds and math.tointeger(sign == "-" and -seconds or seconds)
end

-- Letter of a pattern -> the Lua pattern of what it stands for, the field, what makes a number of the text.
local READERS = {
  Y = { "%d%d%d%d", "year" }, m = { "%d%d?", "month" }, d = { "%d%d?", "day" }, e = { "%s*%d%d?", "day" },
  H = { "%d%d?", "hour" }, M = { "%d%d?", "min" }, S = { "%d%d?", "sec" },
  y = { "%d%d", "year", function(text) return (tonumber(text) < 69 and 2000 or 1900) + tonumber(text) end },
  b = { "%a+", "month", month_of }, B = { "%a+", "month", month_of }, z = { "[Z+-][%d:]*", "offset", offset_of },
}

-- The Lua pattern, and the readers of its captures.
local function compile(pattern)
  local readers, at = {}, 1
  local text = "^%s*"
  while at <= #pattern do
    local letter = pattern:match("^%%(.?)", at)
    if letter == "%" then
      text = text .. "%%"
    elseif letter then
      readers[#readers + 1] = READERS[letter] or core.misuse(("time.parse: there is no %%%s"):format(letter))
      text = text .. "(" .. READERS[letter][1] .. ")"
    else
      text = text .. (pattern:find("^%s", at) and "%s*" or pattern:sub(at, at):gsub("%p", "%%%0"))
    end
    at = at + (letter and 2 or 1)
  end
  return text .. "%s*$", readers
end

local LIMITS = { month = { 1, 12 }, day = { 1, 31 }, hour = { 0, 23 }, min = { 0, 59 }, sec = { 0, 60 } }

-- What is not given of the date is that of today; or the first, where a greater part of it is given.
local function complete(fields, zone)
  local today = time.in_zone(fields.offset and fields.offset // 60 or zone)
  local is_any = fields.year or fields.month or fields.day
  fields.month = fields.month or (fields.year and 1 or today.month)
  fields.day = fields.day or (is_any and 1 or today.day)
  fields.year = fields.year or today.year
end

local function time_of(fields, zone)
  if fields.offset and math.abs(fields.offset) > 16 * 3600 then return nil, "there is no such offset" end
  complete(fields, zone)
  for name, limits in pairs(LIMITS) do
    local value = fields[name]
    if value and (value < limits[1] or value > limits[2]) then return nil, ("%s is out of range"):format(name) end
  end
  if fields.year < 2 or fields.year > 9998 then return nil, "year is out of range" end
  if fields.day > recurrence.days_of_month(fields.year, fields.month) then return nil, "the month has no such day" end
  if fields.offset then return wall_of(fields) - fields.offset end
  return core_time.moment(wall_of(fields), zone)
end

local function parse_by(text, pattern, zone)
  local fitting, readers = compile(pattern)
  local found = { text:match(fitting) }
  if not found[1] then return nil, ("it does not look like %s"):format(pattern) end
  local fields = {}
  for i, reader in ipairs(readers) do
    local value = (reader[3] or tonumber)(found[i])
    if not value then return nil, ("%s is not understood"):format(found[i]) end
    fields[reader[2]] = value
  end
  return time_of(fields, zone)
end

-- "2024-03-31", "2024-03-31 09:30", "2024-03-31T09:30:00.5+02:00"
local function parse_iso(text, zone)
  local date, rest = text:match "^%s*(%d%d%d%d%-%d%d%-%d%d)(.-)%s*$"
  if not date then return nil, "it does not look like 2024-03-31 or 2024-03-31T09:30:00+02:00" end
  if rest == "" then return parse_by(date, "%Y-%m-%d", zone) end
  local clock, seconds, fraction, offset = rest:match "^[T ](%d%d:%d%d)(:?%d*)(%.?%d*)(.*)$"
  if not clock or seconds ~= "" and not seconds:find "^:%d%d$" or seconds == "" and fraction ~= "" or fraction == "." then
    return nil, "its time does not look like 09:30 or 09:30:00"
  end
  local pattern = "%Y-%m-%d %H:%M:%S" .. (offset ~= "" and "%z" or "")
  local at, why = parse_by(date .. " " .. clock .. (seconds ~= "" and seconds or ":00") .. offset, pattern, zone)
  if not at then return nil, why end
  return at + (fraction ~= "" and tonumber("0" .. fraction) or 0)
end

--- The time that a text tells, by the letters %Y %y %m %d %e %b %B %H %M %S %z; without a pattern, as ISO 8601 has it. nil,
--- why: it tells none.
function time.parse(text, pattern, zone)
  if type(text) ~= "string" then core.misuse(("time.parse: a text expected, not a %s"):format(type(text))) end
  if pattern == nil then return parse_iso(text, zone) end
  if type(pattern) ~= "string" then core.misuse("time.parse: a pattern such as \"%d.%m.%Y %H:%M\" expected") end
  return parse_by(text, pattern, zone)
end

return time

---@meta time
-- The module time: times in time zones. A time is a number of seconds since 1970, as in os.time(). A zone is a name of the tz
-- database such as "Europe/Berlin", which knows summer time; an offset such as "+05:30"; or a number of minutes east of Greenwich.
-- Without a zone, it is the machine's, or that of the variable TZ. An unknown zone is an error.
--
-- When clocks are put forward, they leave out an hour: a time in it means the moment at which they are put forward. When they are
-- put back, they show an hour twice: a time in it means the first of both.

---@class time
local time = {}

---@alias time.Zone string|integer

--- Returns the time, with milliseconds.
---@return number at seconds since 1970
function time.now() end

--- Tells whether there is such a zone, for a zone that a person has typed.
---@param zone any
---@return boolean is_zone
function time.is_zone(zone) end

---@class time.Fields
---@field year integer
---@field month integer
---@field day integer
---@field hour? integer without: 0
---@field min? integer without: 0
---@field sec? integer without: 0

---@class time.ZoneFields : time.Fields
---@field wday integer 1 is Sunday, as in os.date("*t")
---@field yday integer 1 is January 1st
---@field isdst boolean whether it is summer time
---@field offset integer seconds east of Greenwich
---@field zone string its short name at that time: "CET", "CEST"

--- Returns what calendar and clock of a zone show.
---@param zone? time.Zone
---@param at? number without: now
---@return time.ZoneFields fields
function time.in_zone(zone, at) end

--- Returns the time at which calendar and clock of a zone show these fields. Fields may be too large or too small: day 0 is the last
--- one of the month before.
---@param fields time.Fields
---@param zone? time.Zone
---@return integer at
function time.at(fields, zone) end

---@class time.Parts
---@field years? integer
---@field months? integer
---@field weeks? integer
---@field days? integer
---@field hours? integer
---@field minutes? integer
---@field seconds? integer

--- Returns a later time, or an earlier one where the parts are negative. After days, weeks, months and years the clock of the zone
--- shows the same time. A month that does not have the day takes its last one. Hours and less are added after that.
---@param at number
---@param parts time.Parts
---@param zone? time.Zone
---@return number at
function time.add(at, parts, zone) end

--- Writes a time by the letters of os.date: "%d.%m.%Y %H:%M". %Z is the zone's short name, %z its offset, %s the number of seconds
--- since 1970. Names of days and months are English. Without a pattern it is ISO 8601: "2024-03-31T09:30:00+02:00".
---@param pattern? string
---@param at? number without: now
---@param zone? time.Zone
---@return string text
function time.format(pattern, at, zone) end

--- Reads a time by the letters %Y, %y, %m, %d, %e, %b or %B (an English name), %H, %M, %S and %z. The text must fit as a whole; a
--- blank of the pattern stands for any number of them. What is missing of the date is that of today; after a year or a month, it is
--- the first. Without a pattern it reads ISO 8601: "2024-03-31", "2024-03-31 09:30", "2024-03-31T09:30:00.5+02:00".
---@param text string
---@param pattern? string
---@param zone? time.Zone ignored for a text that has its offset
---@return number? at
---@return string? why the text tells no time; then at is nil
function time.parse(text, pattern, zone) end

return time

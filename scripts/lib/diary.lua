-- The data of the calorie counter: people and meals. Times are seconds since 1970. A day is a number that changes at the
-- person's own midnight. Amounts are tenths of a kcal, so that sums are exact.
local db = require "db"
local time = require "time"

db.exec [[
  CREATE TABLE IF NOT EXISTS eaters(person INTEGER PRIMARY KEY, norm INTEGER, zone TEXT);
  CREATE TABLE IF NOT EXISTS meals(
    id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL, eaten_at INTEGER NOT NULL, tenths INTEGER NOT NULL,
    note TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS meals_of ON meals(person, eaten_at)]]

local diary = {}

--- Returns { person, norm, zone }. What the person has not told yet is nil.
function diary.eater(person)
  local eater = db.one("SELECT * FROM eaters WHERE person = ?", person) or { person = person }
  eater.zone = tonumber(eater.zone or "") or eater.zone
  return eater
end

-- norm: in tenths of a kcal.
function diary.set_norm(person, norm)
  db.exec("INSERT INTO eaters(person, norm) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET norm = ?2", person, norm)
end

-- zone: a name such as "Europe/Berlin", or minutes east of Greenwich.
function diary.set_zone(person, zone)
  db.exec("INSERT INTO eaters(person, zone) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET zone = ?2", person, zone)
end

-- ---- days; the zone must be known ----

function diary.day_of(eater, at) return (at + time.in_zone(eater.zone, at).offset) // 86400 end
function diary.today(eater) return diary.day_of(eater, os.time()) end

--- Returns a day as "17.11", or in another format of os.date.
function diary.date(day, format) return os.date(format or "!%d.%m", day * 86400) end
function diary.clock(eater, at) return time.format("%H:%M", at, eater.zone) end

-- A day on which clocks change has 23 or 25 hours.
local function bounds(eater, day)
  local function midnight(number) return time.at({ year = 1970, month = 1, day = 1 + number }, eater.zone) end
  return midnight(day), midnight(day + 1)
end

-- ---- meals ----

function diary.add(person, meal, eaten_at)
  db.exec("INSERT INTO meals(person, eaten_at, tenths, note) VALUES(?, ?, ?, ?)", person, eaten_at, meal.tenths, meal.note)
end

--- Returns the meals of a day, oldest first.
function diary.meals(eater, day)
  return db.all("SELECT * FROM meals WHERE person = ? AND eaten_at >= ? AND eaten_at < ? ORDER BY eaten_at, id",
    eater.person, bounds(eater, day))
end

function diary.all_meals(eater)
  return db.all("SELECT * FROM meals WHERE person = ? ORDER BY eaten_at, id", eater.person)
end

--- Returns the sum of a day. It is never below 0, also when a meal is deleted that was partly taken back.
function diary.sum(eater, day)
  local start, stop = bounds(eater, day)
  return db.one([[SELECT max(coalesce(sum(tenths), 0), 0) AS tenths FROM meals
    WHERE person = ? AND eaten_at >= ? AND eaten_at < ?]], eater.person, start, stop).tenths
end

--- Deletes a meal of the person. Returns the meal, or nil if the person has no such meal.
function diary.remove(person, id)
  return db.one("DELETE FROM meals WHERE id = ? AND person = ? RETURNING *", id, person)
end

function diary.forget(person)
  db.exec("DELETE FROM meals WHERE person = ?", person)
  db.exec("DELETE FROM eaters WHERE person = ?", person)
end

return diary

-- Who counts calories, and what has been eaten. Times are seconds since 1970; a day is a number that changes at the eater's own
-- midnight; amounts are tenths of a kcal, so that sums are exact.
local db = require "db"

db.exec [[
  CREATE TABLE IF NOT EXISTS eaters(person INTEGER PRIMARY KEY, norm INTEGER, zone INTEGER);
  CREATE TABLE IF NOT EXISTS meals(
    id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL, eaten_at INTEGER NOT NULL, tenths INTEGER NOT NULL,
    note TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS meals_of ON meals(person, eaten_at)]]

local diary = {}

--- { person, norm, zone }, with gaps where something has not been told yet.
function diary.eater(person)
  return db.one("SELECT * FROM eaters WHERE person = ?", person) or { person = person }
end

-- norm: tenths of a kcal a day.
function diary.set_norm(person, norm)
  db.exec("INSERT INTO eaters(person, norm) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET norm = ?2", person, norm)
end

-- zone: minutes east of Greenwich.
function diary.set_zone(person, zone)
  db.exec("INSERT INTO eaters(person, zone) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET zone = ?2", person, zone)
end

-- ---- days, of who has told the zone ----

function diary.day_of(eater, at) return (at + eater.zone * 60) // 86400 end
function diary.today(eater) return diary.day_of(eater, os.time()) end

--- "17.11", or by another format of os.date.
function diary.date(day, format) return os.date(format or "!%d.%m", day * 86400) end
function diary.clock(eater, at) return os.date("!%H:%M", at + eater.zone * 60) end

local function bounds(eater, day)
  local start = day * 86400 - eater.zone * 60
  return start, start + 86400
end

-- ---- meals ----

function diary.add(person, meal, eaten_at)
  db.exec("INSERT INTO meals(person, eaten_at, tenths, note) VALUES(?, ?, ?, ?)", person, eaten_at, meal.tenths, meal.note)
end

--- What was eaten that day, the oldest first.
function diary.meals(eater, day)
  return db.all("SELECT * FROM meals WHERE person = ? AND eaten_at >= ? AND eaten_at < ? ORDER BY eaten_at, id",
    eater.person, bounds(eater, day))
end

function diary.all_meals(eater)
  return db.all("SELECT * FROM meals WHERE person = ? ORDER BY eaten_at, id", eater.person)
end

--- Never below zero: who deletes what he has partly taken back has not eaten less than nothing.
function diary.sum(eater, day)
  local start, stop = bounds(eater, day)
  return db.one("SELECT max(coalesce(sum(tenths), 0), 0) AS tenths FROM meals WHERE person = ? AND eaten_at >= ? AND eaten_at < ?",
    eater.person, start, stop).tenths
end

--- Takes one meal away; only its owner can. Returns it, or nil.
function diary.remove(person, id)
  return db.one("DELETE FROM meals WHERE id = ? AND person = ? RETURNING *", id, person)
end

function diary.forget(person)
  db.exec("DELETE FROM meals WHERE person = ?", person)
  db.exec("DELETE FROM eaters WHERE person = ?", person)
end

return diary

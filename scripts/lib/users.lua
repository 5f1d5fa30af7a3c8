-- The users of the clicker: the table that the clicker writes and the rating reads.
local db = require "db"

-- `registered` counts up. It orders users who have the same number of clicks.
db.exec [[
  CREATE TABLE IF NOT EXISTS users(chatid INTEGER PRIMARY KEY, name TEXT, click INTEGER, state INTEGER, registered INTEGER);
  CREATE TABLE IF NOT EXISTS registrations(count INTEGER);
  INSERT INTO registrations
    SELECT (SELECT coalesce(max(registered), 0) FROM users) WHERE NOT EXISTS (SELECT * FROM registrations)]]

local users = {}

-- In a group every member counts alone. A private chat has the id of its person.
function users.id_of(message)
  return (message.from or message.chat).id
end

function users.is_registered(id)
  return db.one("SELECT 1 FROM users WHERE chatid = ?", id) ~= nil
end

--- Returns true if the user is new.
function users.register(id, name)
  if users.is_registered(id) then
    return false
  end
  local place = db.one("UPDATE registrations SET count = count + 1 RETURNING count").count
  db.exec("INSERT INTO users(chatid, name, click, state, registered) VALUES (?, ?, 0, 0, ?)", id, name, place)
  return true
end

--- Counts a click. Returns the number of clicks, or nil for an unknown user. One statement with RETURNING would take twice as
--- long.
function users.click(id)
  if db.exec("UPDATE users SET click = click + 1 WHERE chatid = ?", id) > 0 then
    return db.one("SELECT click FROM users WHERE chatid = ?", id).click
  end
end

function users.count()
  return db.one("SELECT count(*) AS count FROM users").count
end

function users.best(limit)
  return db.rows("SELECT name, click FROM users ORDER BY click DESC, registered LIMIT ?", limit)
end

return users

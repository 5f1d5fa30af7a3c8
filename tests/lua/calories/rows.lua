-- /rows 7 answers with the tables that have a row of that person.
local bot = require "bot"
local db = require "db"

bot.command("rows", function(message, person)
  local names = {}
  for _, each in ipairs {
    { "eaters", "person" }, { "meals", "person" }, { "lunokhod_steps", "person" }, { "users", "chatid" },
  } do
    local name, column = each[1], each[2]
    local is_there = db.one("SELECT 1 FROM sqlite_master WHERE name = ?", name)
    if is_there and db.one(("SELECT 1 FROM %s WHERE %s = ?"):format(name, column), tonumber(person)) then
      names[#names + 1] = name
    end
  end
  message:answer("rows: " .. table.concat(names, " "))
end)

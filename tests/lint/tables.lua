-- What a restored image must hold of the host's own tables, in host/database/host_tables.c, is what makes these tables: the
-- CREATE TABLE of each room, without the columns that the room adds itself to a table that an older host has made.
local source = require "tests.lint.source"

local CHECK = "host/database/host_tables.c"
-- Never in an image: PostgreSQL's, and the note of `backup pull`.
local OTHERS = {
  lunokhod_hosts = true, lunokhod_fences = true, lunokhod_webhook = true, lunokhod_lanes = true, lunokhod_pulled = true,
}
local ADDED = { lunokhod_steps = { thread = true }, lunokhod_timetable = { cron = true, asked_at = true } }

-- The definitions between a pair of parentheses, which commas part.
local function parts(list)
  local found = {}
  local flat = list:sub(2, -2):gsub("%b()", function(inner) return (inner:gsub(",", " ")) end)
  for part in flat:gmatch "[^,]+" do found[#found + 1] = part:match "^%s*(.-)%s*$" end
  return found
end

-- "key, key | column column", columns in order of their names.
local function describe(keys, columns)
  table.sort(columns)
  return table.concat(keys, ", ") .. " | " .. table.concat(columns, " ")
end

local function read_definition(name, list)
  local keys, columns = {}, {}
  for _, part in ipairs(parts(list)) do
    local of_table = part:match "^PRIMARY KEY%s*%((.-)%)"
    local column = part:match "^[%l_]+"
    for key in (of_table or ""):gmatch "[%l_]+" do keys[#keys + 1] = key end
    if column and part:find "PRIMARY KEY" then keys[#keys + 1] = column end
    if column and not (ADDED[name] or {})[column] then columns[#columns + 1] = column end
  end
  return describe(keys, columns)
end

local made, where, checked = {}, {}, {}
for _, path in ipairs(source.list({ "host" }, { "c", "lua" })) do
  local text = source.read(path):gsub('"%s*"', "")
  for name, list in text:gmatch "CREATE TABLE[%u ]* main%.(lunokhod_[%l_]+)(%b())" do made[name], where[name] = list, path end
  for name, list in text:gmatch "CREATE TABLE[%u ]* (lunokhod_[%l_]+)(%b())" do made[name], where[name] = list, path end
end
local text = source.read(CHECK)
local most = tonumber(text:match "COLUMNS_MOST = (%d+)")
for name, count, list in text:gmatch '{"(lunokhod_[%l_]+)",%s*(%d+),%s*(%b{})}' do
  local keys, columns = {}, {}
  for column in list:gmatch '"([%l_]+)"' do
    if #keys < tonumber(count) then keys[#keys + 1] = column end
    columns[#columns + 1] = column
  end
  checked[name] = describe(keys, columns)
  if #columns > most then source.complain(CHECK, 1, "%s has more columns than COLUMNS_MOST", name) end
  if not made[name] then source.complain(CHECK, 1, "no room makes the table %s", name) end
end
for name, list in pairs(made) do
  local expected = read_definition(name, list)
  if not OTHERS[name] and checked[name] ~= expected then
    source.complain(CHECK, 1, "%s of %s is (%s), and not (%s)", name, where[name], expected, checked[name] or "")
  end
end

source.finish()

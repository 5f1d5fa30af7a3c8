-- Checks the SQL that stands in a script as a text: each statement is prepared against the tables that the load has made. It is
-- not run. What makes and changes tables is read for its syntax only, since its tables may be there already, or not yet.
local sql_check = {}

local METHODS = { ["db.exec"] = true, ["db.one"] = true, ["db.all"] = true, ["db.rows"] = true }

local function is_schema(statement)
  local verb = statement:gsub("%-%-[^\n]*", ""):gsub("/%*.-%*/", ""):match "^[%s;]*(%a+)"
  verb = verb and verb:upper()
  return verb == "CREATE" or verb == "ALTER" or verb == "DROP", verb
end

local function is_syntax_error(complaint)
  return complaint:find("syntax error", 1, true) or complaint:find("incomplete input", 1, true)
    or complaint:find("unrecognized token", 1, true)
end

-- All names of a statement that changes the schema: what it makes or drops may be there at another time.
local function note_names(sql, names)
  for name in sql:gmatch "[%w_\x80-\xff]+" do
    names[name:lower()] = true
  end
end

--- The names in statements of the file that make tables which are not there, or change or drop some: added to `names`.
function sql_check.passing_names(inspection, names)
  for _, call in ipairs(inspection.file.calls) do
    local name = call.tag == "Call" and inspection:function_name(call[1])
    local sql = METHODS[name] and call[2] and inspection:text(call[2])
    for statement in (sql or ""):gmatch "[^;]+" do
      local is_change, verb = is_schema(statement)
      local is_there = verb == "CREATE" and inspection.world.has_table(statement)
      if is_change and not is_there then note_names(statement, names) end
    end
  end
end

local function is_passing(inspection, complaint)
  local name = complaint:match "no such %a+: ([%w_.\x80-\xff]+)" or complaint:match "has no column named ([%w_\x80-\xff]+)"
  return name and inspection.world.passing[name:match("[^.]+$"):lower()]
end

-- The values of the call: how many there are at least, whether that is all, and the table of named values, if it is one.
local function read_values(inspection, call)
  local count, last = #call - 2, call[#call]
  local is_whole = count == 0 or last.tag ~= "Call" and last.tag ~= "Invoke" and last.tag ~= "Dots"
  local only = count == 1 and inspection:value(last)
  return is_whole and count or count - 1, is_whole, only and only.tag == "Table" and only or nil,
    count == 1 and (not only or only.tag ~= "String" and only.tag ~= "Number")
end

local function check_named(inspection, call, values, names)
  local known = {}
  for _, name in ipairs(names) do
    if name then known[name:sub(2)] = true end
  end
  for _, key in ipairs((inspection:read_table(values))) do
    if not known[key.name] then
      inspection:warn(key.line, "a value is given for :%s, which the SQL does not have", key.name)
    end
  end
  if #names > 0 and not names[1] then
    inspection:warn(call.line, "a table of values needs names in the SQL: :name instead of ?")
  end
end

local function check_values(inspection, call, names)
  local count, is_whole, named, may_be_table = read_values(inspection, call)
  if named then
    check_named(inspection, call, named, names)
  elseif may_be_table and names[1] then
    return
  elseif count > #names or is_whole and count < #names then
    inspection:warn(call.line, "the SQL has %d parameters, but %d values are given", #names, count)
  end
end

-- Its first statement: the names of its parameters, and what follows it. nil: it can't be examined.
local function examine(inspection, sql, line)
  local ok, names, rest = pcall(inspection.world.statement, sql)
  if ok then return names, rest end
  local complaint = tostring(names):gsub("^[^\n:]+%.lua:%d+: ", "")
  if not is_schema(sql) and not is_passing(inspection, complaint) or is_syntax_error(complaint) then
    inspection:warn(line, "%s", complaint)
  end
end

-- Each statement of the text. elsewhere() says nothing of what is wrong in SQLite already.
local function check_elsewhere(inspection, sql, line)
  while sql and inspection.world.is_elsewhere do
    local complaint, rest = inspection.world.elsewhere(sql)
    if complaint then inspection:warn(line, "%s", complaint) end
    sql = rest
  end
end

--- Warns of what is wrong with the SQL of a call, if it is one of the module db.
function sql_check.check(inspection, call)
  local name = call.tag == "Call" and inspection:function_name(call[1])
  local sql = METHODS[name] and call[2] and inspection:text(call[2])
  if not sql then return end
  check_elsewhere(inspection, sql, call.line)
  local names, rest = examine(inspection, sql, call.line)
  if not names then return end
  local is_script = name == "db.exec" and #call == 2
  if not is_script and not is_schema(sql) then check_values(inspection, call, names) end
  while is_script and names and rest ~= "" do
    if #names > 0 then
      inspection:warn(call.line, "the SQL has %d parameters, but 0 values are given", #names)
      return
    end
    names, rest = examine(inspection, rest, call.line)
  end
end

return sql_check

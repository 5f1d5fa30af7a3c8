-- Finds handlers that can never match, for `lunokhod check` and for a reload: the routes are tried with updates that each of
-- them should match. A route that a script's own function decides may depend on anything, so it takes nothing from others.
local unreachable = {}

local texts = { "x", "Клик 🏆", "1", "-1.5", "/start", "/start 7", "two\nlines", "https://example.org", ("long "):rep(300) }

local function messages(list)
  local payloads = {}
  for i, text in ipairs(list) do
    payloads[i] = { text = text, chat = { id = 1, type = "private" }, from = { id = 1 } }
  end
  return payloads
end

local function queries(list)
  local payloads = {}
  for i, data in ipairs(list) do
    payloads[i] = { data = data, from = { id = 1 } }
  end
  return payloads
end

-- The reverse of %q.
local function unquoted(text)
  local content = text:match('^"(.*)"$') or text
  return (content:gsub("\\(.)(%d?%d?)", function(first, rest)
    return first:find("%d") and string.char(tonumber(first .. rest)) or first .. rest
  end))
end

-- Sample updates for a route: if it gets none of them, it never matches. There are enough that an earlier route which takes all
-- of them takes everything.
local samples = {
  command = function(argument) return messages { argument, argument .. " 7", argument .. " a b" } end,
  text = function(argument) return messages { unquoted(argument) } end,
  match = function() return messages(texts) end,
  otherwise = function() return messages(texts) end,
  callback = function() return queries(texts) end,
  on = function(argument)
    local field = argument:match(":(.+)$")
    if field == "text" then
      return messages(texts)
    elseif field then
      return { { [field] = {}, chat = { id = 1, type = "private" } } }
    end
    local payloads = messages(texts)
    payloads[#payloads + 1] = { chat = { id = 1, type = "private" } }
    return payloads
  end,
}

local function takes_all(route, payloads)
  for _, payload in ipairs(payloads) do
    local ok, is_match = pcall(route.try, payload)
    if not ok or not is_match then
      return false
    end
  end
  return true
end

local function is_by_function(route) return route.what:find " by a function$" ~= nil end

local function is_twin(route, other) return route.what == other.what and not is_by_function(route) end

-- Why the route never gets an update, or nil. `earlier` are tried before it.
local function obstacle(route, earlier)
  local kind, argument = route.what:match("^(%a+) ?(.*)$")
  local payloads = samples[kind] and samples[kind](argument)
  for _, other in ipairs(earlier) do
    if other.update_type == route.update_type and not is_by_function(other) and not other.is_filtered then
      if is_twin(route, other) then
        return ("%s has the same"):format(other.where)
      elseif payloads and takes_all(other, payloads) then
        return ("%s takes it first (%s)"):format(other.where, other.what)
      end
    end
  end
end

--- The warnings about routes that can never match. `routes` is in the order in which they are tried; each is
--- {what, where, update_type, try}, as core.routes keeps them.
function unreachable.find(routes)
  local warnings, earlier = {}, {}
  for _, route in ipairs(routes) do
    local why = obstacle(route, earlier)
    if why then
      warnings[#warnings + 1] = ("%s: %s can never match: %s"):format(route.where, route.what, why)
    end
    earlier[#earlier + 1] = route
  end
  return warnings
end

return unreachable

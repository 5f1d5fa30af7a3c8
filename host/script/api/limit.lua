-- limit: so many times in so many seconds, for each person or each chat. What was counted is in memory: a reload forgets it.
local core = require "core.script"
local spelling = require "core.spelling"
local whose = require "core.whose"

local limit = {}

local KNOWN = { count = true, seconds = true, scope = true, exceeded = true }
local COUNT_MOST, IDS_MOST = 1000, 10000

local Limit = {}
local meta = { __index = Limit, __name = "limit", __metatable = false }

local function check(options, name)
  if type(options) ~= "table" then core.misuse(name .. ": { count = 5, seconds = 60 } expected") end
  spelling.check_options(name, options, KNOWN)
  local count, seconds, scope = options.count, options.seconds, options.scope or "person"
  if math.type(count) ~= "integer" or count < 1 or count > COUNT_MOST then
    core.misuse(("%s: count is a number from 1 to %d"):format(name, COUNT_MOST))
  elseif math.type(seconds) == nil or seconds < 1 then
    core.misuse(name .. ": seconds is a number, at least 1")
  elseif scope ~= "person" and scope ~= "chat" then
    core.misuse(name .. ': scope is "person" or "chat"')
  end
  return { count = count, seconds = seconds, scope = scope, times = {}, id_count = 0 }
end

-- Forgets those whose time is over.
local function tidy(self, now)
  self.id_count = 0
  for id, times in pairs(self.times) do
    if times[#times] + self.seconds <= now then self.times[id] = nil else self.id_count = self.id_count + 1 end
  end
end

--- Counts one more. true; or false and the seconds until the next one is allowed, which counts as none.
function Limit:allows(what)
  local id = self.scope == "chat" and whose.chat(what, "limit:allows") or whose.person(what, "limit:allows").id
  local now, times = os.time(), self.times[id]
  if not times then
    if self.id_count >= IDS_MOST then tidy(self, now) end
    times, self.id_count = {}, self.id_count + 1
    self.times[id] = times
  end
  while times[1] and times[1] + self.seconds <= now do table.remove(times, 1) end
  if #times >= self.count then return false, times[1] + self.seconds - now end
  times[#times + 1] = now
  return true
end

--- limit.new{ count = 5, seconds = 60 }: a limit for each person; scope = "chat": for each chat.
function limit.new(options) return setmetatable(check(options, "limit.new"), meta) end

-- Has the update a person, or a chat, to count for?
local function is_about_somebody(update, scope)
  return pcall(scope == "chat" and whose.chat or whose.person, update, "")
end

--- bot.use(limit.middleware{ count = 20, seconds = 60 }): more updates than that are left out. exceeded(update, seconds) is
--- called for the first one that is.
function limit.middleware(options)
  local self = setmetatable(check(options, "limit.middleware"), meta)
  local exceeded, told = options.exceeded, {}
  if exceeded ~= nil and type(exceeded) ~= "function" then core.misuse "limit.middleware: exceeded must be a function" end
  return function(update, next)
    if not is_about_somebody(update, self.scope) then return next() end
    local is_allowed, seconds = self:allows(update)
    local id = self.scope == "chat" and whose.chat(update, "") or whose.person(update, "").id
    if is_allowed then
      told[id] = nil
      return next()
    end
    if exceeded and not told[id] then
      told[id] = true
      exceeded(update, seconds)
    end
  end
end

return limit

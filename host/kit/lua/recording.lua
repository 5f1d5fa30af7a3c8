-- Reads the file of `lunokhod run --record`, whose lines host/recording/recording.h describes. What belongs together is put
-- together: the calls of a handler with its update, an answer with its call.
local json = require "json"

local recording = {}

-- ---- what belongs together ----

local book = {}
book.__index = book

--- Takes lines one by one, in the order in which they were written.
function recording.new_book()
  return setmetatable({ groups = {}, by_key = {}, queries = {}, calls = {}, requests = {}, failures = {} }, book)
end

-- Of an update by its id; of what no update has caused by a text.
function book:group(key)
  local group = self.by_key[key]
  if not group then
    group = { key = key, calls = {} }
    self.by_key[key] = group
    self.groups[#self.groups + 1] = group
  end
  return group
end

local QUERIES = { "callback_query", "inline_query", "pre_checkout_query", "shipping_query" }

function book:take_update(line)
  local update = line.update
  local group = self:group(update.update_id)
  group.update, group.at = update, line.at
  for _, kind in ipairs(QUERIES) do
    if update[kind] then self.queries[kind .. tostring(update[kind].id)] = group end
  end
end

function book:take_begin(line)
  local group = self:group(line.begin)
  group.lane, group.last_at = line.lane, line.at
end

function book:take_end(line)
  local group = self:group(line["end"])
  line.waited = line.at - (group.last_at or 0)
  group.has_ended, group.error = true, line.error
end

-- The update that has caused a call: the one whose query it answers, else the one whose handler has made it. Of a job there is
-- none.
function book:cause(line, parameters)
  for _, kind in ipairs(QUERIES) do
    local group = self.queries[kind .. tostring(parameters[kind .. "_id"])]
    if group then return group end
  end
  if line.of then return self:group(line.of) end
  local chat = parameters.chat_id
  return self:group(chat and "chat " .. tostring(chat) or "no chat")
end

function book:take_call(line)
  local call = {
    method = line.method, parameters = type(line.parameters) == "table" and line.parameters or {}, at = line.at,
    number = line.call,
  }
  call.group = self:cause(line, call.parameters)
  call.group.at = call.group.at or line.at
  call.waited = line.at - (call.group.last_at or 0) -- ms since its handler has begun, or had the last answer
  -- "typing" is told by the clock, while something takes long: how often says nothing about the bot.
  if call.method ~= "sendChatAction" then table.insert(call.group.calls, call) end
  self.calls[line.call] = call
  return call
end

--- Returns the call, where the line is one.
function book:take(line)
  if line.update then
    self:take_update(line)
  elseif line.begin then
    self:take_begin(line)
  elseif line["end"] then
    self:take_end(line)
  elseif line.call then
    return self:take_call(line)
  elseif line.http then
    table.insert(self.requests, line)
  elseif line.failed then
    table.insert(self.failures, line.error or "")
  elseif line.answer and self.calls[line.answer] then
    self.calls[line.answer].answer = line
    self.calls[line.answer].group.last_at = line.at
  end
end

--- The keyboard of a call, which in an upload is a text; {}: there is none.
function recording.markup_of(call)
  local markup = call.parameters.reply_markup
  if type(markup) == "string" then markup = select(2, pcall(json.decode, markup)) end
  return type(markup) == "table" and markup or {}
end

-- ---- the file ----

local function decode(text)
  local ok, line = pcall(json.decode, text)
  return ok and type(line) == "table" and line or nil
end

-- A host that died may have left half a line: at the end of the file, or before the next host began.
local function read_lines(path)
  local file, problem = io.open(path, "r")
  if not file then error(problem, 0) end
  problem = select(2, file:read(0)) -- lines() would blame this script, and not the file
  if problem then error(path .. ": " .. problem, 0) end
  local lines, number, broken = {}, 0, nil
  for text in file:lines() do
    number = number + 1
    local line = text ~= "" and decode(text) or nil
    if broken and text ~= "" and not (line and line.recording) then
      error(("%s:%d: this is no line of a recording"):format(path, broken), 0)
    end
    if line then
      lines[#lines + 1], broken = line, nil
    elseif text ~= "" then
      broken = number
    end
  end
  file:close()
  return lines, broken ~= nil
end

--- Returns { hosts = { { head =, database =, events = { line, ... }, book = }, ... }, replaced = set, is_cut =, updates =,
--- calls = }: one entry a start of the host. Raises what is wrong with the file.
function recording.read(path)
  local lines, is_cut = read_lines(path)
  local result = { hosts = {}, replaced = {}, is_cut = is_cut, updates = 0, calls = 0 }
  local host
  for _, line in ipairs(lines) do
    if line.recording then
      if line.recording ~= 1 then error(path .. ": a newer lunokhod has recorded this", 0) end
      host = { head = line, events = {}, book = recording.new_book() }
      result.hosts[#result.hosts + 1] = host
    elseif not host then
      error(path .. ": this is no recording of lunokhod run --record", 0)
    elseif line.database then
      host.database = line.database
    else
      host.events[#host.events + 1] = line
      host.book:take(line)
      if line.update then result.updates = result.updates + 1 end
      if line.call then result.calls = result.calls + 1 end
    end
    for _, word in ipairs(line.replaced or {}) do result.replaced[word] = true end
  end
  if not host then error(path .. ": this is no recording of lunokhod run --record", 0) end
  return result
end

return recording

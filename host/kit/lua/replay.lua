-- Plays a recording: turns the clock to the recorded times, hands out the recorded updates, answers calls as they were
-- answered, and tells what the scripts do otherwise. Chats are lanes, so calls are compared update by update, whatever came
-- between.
local core = require "kit.core"
local difference = require "kit.difference"
local json = require "json"
local player = require "kit.player"
local recording = require "kit.recording"
local wording = require "kit.wording"

local FIRST_OWN_ID = 1000000 -- of messages that were not recorded: a script must not take them for others

local told -- the recording
local host -- of the recording, whose part is being played
local book -- of the replay's host
local is_step
local pairs_of = {} -- a call of the replay -> the recorded one
local current -- the call that the host is about to make
local keys = {} -- of buttons: as recorded -> as the replay's host has drawn it
local known = {} -- ids that the local Telegram has
local count = 0 -- of differences

-- ---- what a person reads ----

local function say(text) io.stdout:write(text, "\n") end
local function date(at) return at and os.date("%Y-%m-%d %H:%M:%S", at // 1000) or "" end

-- What an update is about, and who has sent it.
local function content_of(update)
  for kind, content in pairs(update or {}) do
    if type(content) == "table" then return kind, content end
  end
  return "update", {}
end

local function describe(group)
  local kind, content = content_of(group.update)
  local from = content.from or content.user or {}
  local words = content.text or content.caption or content.data or content.query
  local who = from.first_name and ("%s (%s)"):format(from.first_name, tostring(from.id)) or group.lane and tostring(group.lane)
  local what = words and wording.show(words) or kind
  if kind ~= "message" and words then what = kind .. " " .. what end
  return ("%s  %s: %s"):format(date(group.at), who or group.key, group.update and what or "by itself")
end

-- ---- answers ----

local function answer_of(call, is_same)
  local answer = call.answer
  local ms = answer and math.max(0, answer.at - call.at)
  if not answer or (not is_same and answer.status ~= 200) then return nil end -- another call may not be refused
  if answer.kind then return nil, answer.error or answer.kind, ms, answer.kind end
  if answer.body then return answer.status, json.encode(answer.body), ms end
  return answer.status, (" "):rep(answer.bytes or 0), ms
end

-- Rows of buttons under a message.
local function buttons_of(call)
  local markup = recording.markup_of(call)
  return type(markup.inline_keyboard) == "table" and markup.inline_keyboard or {}
end

local function learn_keys(recorded, replayed)
  local rows = buttons_of(replayed)
  for r, row in ipairs(buttons_of(recorded)) do
    for c, button in ipairs(row) do
      local other = rows[r] and rows[r][c]
      if button.callback_data and other and other.callback_data then keys[button.callback_data] = other.callback_data end
    end
  end
end

local function on_call(method, is_of_script)
  if method == "getMe" then return 200, json.encode { ok = true, result = host.head.bot }, 0 end
  local call = is_of_script and current
  local recorded = call and pairs_of[call]
  current = nil
  if not recorded then return nil end
  learn_keys(recorded, call)
  return answer_of(recorded, call.is_same)
end

local UNKNOWN_HERE = {
  "not found", "too old", "query ID is invalid", "wrong file", "Wrong file", "can't initiate", "Unauthorized",
}

-- The local Telegram has not seen what was before the recording. What it does not know is taken for done.
local function on_check(_, status, body)
  local ok, answer = pcall(json.decode, body)
  if not ok or type(answer) ~= "table" then return nil end
  local result = answer.result
  if status == 200 then
    if type(result) ~= "table" or not result.message_id or result.message_id >= FIRST_OWN_ID then return nil end
    result.message_id = result.message_id + FIRST_OWN_ID
    return json.encode(answer)
  end
  for _, words in ipairs(UNKNOWN_HERE) do
    if tostring(answer.description):find(words, 1, true) then return json.encode { ok = true, result = true } end
  end
end

-- ---- other services ----

local function decode_address(url)
  return (url:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local request -- that is being answered: its recorded line; false: there is none

local function on_http(method, url)
  request = false
  for _, line in ipairs(host.book.requests) do
    local is_it = line.http.method == method and difference.is_none(line.http.url, decode_address(url), told.replaced)
    if is_it and not line.is_taken then
      line.is_taken, request = true, line
      break
    end
  end
  local answer = request and request.answer
  if not answer then return nil, "there is no recorded answer for " .. url, "network" end
  if answer.kind then return nil, answer.error or answer.kind, answer.kind end
  local body = answer.body
  if type(body) == "table" then body = body.json ~= nil and json.encode(body.json) or (" "):rep(body.bytes or 0) end
  return answer.status, body or "", answer.content_type
end

-- ---- what the replay's host does ----

local function show_step(call)
  local recorded = pairs_of[call]
  local mark = recorded and (call.is_same and "=" or "~") or "+"
  say(("  %s %s"):format(mark, difference.show_call(call)))
end

local function on_line(text)
  local line = json.decode(text)
  if line.recording or line.database then return end
  if line.http then
    line.recorded = request
    request = nil
  end
  local call = book:take(line)
  if call then
    local group = host.book.by_key[call.group.key]
    if group then pairs_of[call], call.is_same = difference.find(group.calls, call, told.replaced) end
    current = call
    if is_step then show_step(call) end
  elseif is_step and line.error and (line["end"] or line.failed) then
    say("  fails: " .. line.error)
  end
end

-- ---- people and groups ----

local function post(path, input) pcall(core.ask, "POST", path, json.encode(input)) end

-- Whoever an update names is there, and has written to the bot: else it could not write to them.
local function meet(value)
  if type(value) ~= "table" then return end
  local id = math.tointeger(value.id)
  if id and value.first_name and not value.is_bot and not known[id] then
    known[id] = true
    post("users", { id = id, first_name = value.first_name, username = value.username, language_code = value.language_code })
    post("messages", { chat_id = id, text = "/start" })
  elseif id and value.title and value.type and not known[id] then
    known[id] = true
    post("chats", { id = id, type = value.type, title = value.title, is_forum = value.is_forum, members = json.array {} })
  end
  for _, inner in pairs(value) do meet(inner) end
end

-- ---- playing ----

local function work(ms)
  core.work(ms)
  local problem = player.problem()
  if problem then error(problem, 0) end
end

local function turn_to(at)
  local ms = at - core.now()
  work(ms > 0 and ms or 0)
end

local function wait_for_person()
  io.stdout:write("-- Enter goes on: ")
  io.stdout:flush()
  if not io.read "l" then is_step = false end
end

local function hand_out(line)
  local update = line.update
  local query = update.callback_query
  if query and keys[query.data] then query.data = keys[query.data] end
  meet(update)
  if is_step then
    wait_for_person()
    say(describe { update = update, at = line.at, key = "?" })
  end
  player.push(json.encode(update))
  work(0)
end

local function start(part, scripts)
  local head = part.head
  local problem = head.zone and core.zone(head.zone)
  if not head.zone or problem then core.zone "UTC" end
  player.begin {
    on_call = on_call, on_check = on_check, on_http = on_http, on_line = on_line,
    seed = head.seed and head.seed + (head.loaded and 0 or 1), -- after a restore it is the second VM that works
    admin = head.admin, deadline = head.deadline, database = part.database,
  }
  core.start(scripts, nil)
  work(0)
end

local function play(part, scripts)
  host, book = part, recording.new_book()
  turn_to(part.head.loaded or part.head.at)
  start(part, scripts)
  for _, line in ipairs(part.events) do
    turn_to(line.at)
    if line.update then
      hand_out(line)
    elseif line.reload then
      core.reload()
    end
  end
  work(0)
  core.kill()
end

-- ---- the report ----

local function tell(list, text)
  list[#list + 1] = text
  count = count + 1
end

local function compare_errors(list, recorded, replayed)
  local old, new = recorded and recorded.error, replayed and replayed.error
  if old and new then
    if difference.is_same_error(old, new, told.replaced) then return new end
    tell(list, "  ~ fails otherwise: " .. new .. "\n    was: " .. old)
  elseif old then
    tell(list, "  - does not fail any more: " .. old)
  elseif new then
    tell(list, "  + fails: " .. new)
  end
end

local function compare_calls(list, recorded, replayed)
  local old, new = recorded and recorded.calls or {}, replayed and replayed.calls or {}
  for _, each in ipairs(difference.calls(old, new, told.replaced)) do
    if each.fields then
      local lines = {}
      for i, field in ipairs(each.fields) do lines[i] = "\n    " .. difference.show_field(field) end
      tell(list, "  ~ " .. each.replayed.method .. table.concat(lines))
    elseif each.recorded then
      tell(list, "  - " .. difference.show_call(each.recorded))
    else
      tell(list, "  + " .. difference.show_call(each.replayed))
    end
  end
end

local function report_group(recorded, replayed)
  local list = {}
  local same_error = compare_errors(list, recorded, replayed)
  compare_calls(list, recorded, replayed)
  if same_error then table.insert(list, 1, "  fails as recorded: " .. same_error) end
  if #list > 0 then say(describe(recorded or replayed) .. "\n" .. table.concat(list, "\n")) end
end

local function report_requests(part, list)
  for _, line in ipairs(part.book.requests) do
    if not line.is_taken then tell(list, ("  - %s %s"):format(line.http.method, line.http.url)) end
  end
  for _, line in ipairs(book.requests) do
    if not line.recorded then
      tell(list, ("  + %s %s"):format(line.http.method, line.http.url))
    elseif not difference.is_none(line.recorded.http.body, line.http.body, told.replaced) then
      tell(list, ("  ~ %s %s: another body"):format(line.http.method, line.http.url))
    end
  end
  if #list > 0 then say("other services\n" .. table.concat(list, "\n")) end
end

local function report_failures(part, list)
  for i = 1, math.max(#part.book.failures, #book.failures) do
    compare_errors(list, { error = part.book.failures[i] }, { error = book.failures[i] })
  end
  if #list > 0 then say("what the scripts have scheduled\n" .. table.concat(list, "\n")) end
end

local function report(part)
  for _, group in ipairs(part.book.groups) do report_group(group, book.by_key[group.key]) end
  for _, group in ipairs(book.groups) do
    if not part.book.by_key[group.key] then report_group(nil, group) end
  end
  report_requests(part, {})
  report_failures(part, {})
end

local function plural(number, word) return ("%d %s%s"):format(number, word, number == 1 and "" or "s") end

local function tell_head()
  local first = told.hosts[1]
  local last = told.hosts[#told.hosts]
  local last_line = last.events[#last.events] or last.head
  say(("%s to %s: %s, %s, %s"):format(date(first.head.at), date(last_line.at), plural(told.updates, "update"),
    plural(told.calls, "call"), first.head.texts and "with texts" or "without texts"))
  if not first.database then say "The recording has no data of the bot: the replay begins with an empty database." end
  if told.is_cut then say "The last line is cut off, and left out." end
end

--- Returns how many differences there are.
return function(path, scripts, shows_steps)
  told, is_step = recording.read(path), shows_steps
  core.clear()
  core.zone "UTC"
  core.jump((told.hosts[1].head.loaded or told.hosts[1].head.at) - core.now())
  core.zone(told.hosts[1].head.zone or "UTC")
  tell_head()
  for _, part in ipairs(told.hosts) do
    play(part, scripts)
    report(part)
  end
  say(count == 0 and "nothing differs" or plural(count, "difference"))
  return count
end

-- Makes a spec of a recording, in the words of the kit: what people did, and what the bot let them see. It is a beginning: a
-- person takes out what does not matter.
local core = require "kit.core"
local difference = require "kit.difference"
local recording = require "kit.recording"
local wording = require "kit.wording"

local WAIT_MS = 300 -- a bot that says nothing for so long waits for time; less is the way to Telegram and back

local told -- the recording
local out -- lines of the `it`
local variables -- id -> the name of a person or a group
local inputs -- words that people have sent, their names among them
local now -- the time of the spec, ms
local seen -- what is still to be expected of this moment: { chat =, message_id =, line = }, ...
local keyboards -- chat -> set of labels
local edited -- message ids that people change later

local show = wording.show

local function add(line, ...) out[#out + 1] = "  " .. line:format(...) end

-- ---- names of variables ----

local LATIN = {} -- of letters in either case
local SMALL = "абвгдеёжзийклмнопрстуфхцчшщыэюя"
local CAPITAL = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЫЭЮЯ"
local SPELLINGS = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya"
for spelling in SPELLINGS:gmatch "%S+" do LATIN[#LATIN + 1] = spelling end
for number = 1, #LATIN do
  for _, letters in ipairs { SMALL, CAPITAL } do
    local from, to = utf8.offset(letters, number), utf8.offset(letters, number + 1)
    LATIN[letters:sub(from, to - 1)] = LATIN[number]
  end
end

local TAKEN = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until while
  telegram clock bot http scripts assert describe it pending require print type]]):gmatch "%S+" do
  TAKEN[word] = true
end

-- Letters that were drawn make no name.
local function variable_of(name, kind, names)
  local latin = {}
  if not told.hosts[1].head.texts then name = "" end
  for _, code in utf8.codes(utf8.len(name) and name or "") do
    local letter = utf8.char(code)
    latin[#latin + 1] = LATIN[letter] or letter:match "^[%a%d_]$" or ""
  end
  local base = table.concat(latin):lower():gsub("^%d+", "")
  if base == "" then base = kind end
  local result, number = base, 1
  while TAKEN[result] or names[result] do
    number = number + 1
    result = base .. number
  end
  names[result] = true
  return result
end

-- ---- who is there ----

local GROUPS = { group = "group", supergroup = "supergroup", channel = "channel" }

local function learn_words(text)
  for _, piece in ipairs(difference.pieces(text)) do inputs[piece.text] = true end
end

local function meet_chat(world, chat, person_id)
  local kind = GROUPS[chat.type]
  if not kind then return end
  local group = world.groups[chat.id]
  if not group then
    if chat.is_forum then kind = "forum" end
    group = { id = chat.id, title = chat.title or "group", kind = kind, members = {}, username = chat.username }
    world.groups[chat.id] = group
    world.order[#world.order + 1] = group
  end
  if person_id and not group.members[person_id] then
    group.members[person_id] = true
    table.insert(group.members, person_id)
  end
end

-- Everybody and every group of an update, and the words in it.
local function meet(world, value, chat)
  if type(value) == "string" then learn_words(value) end
  if type(value) ~= "table" then return end
  local here = type(value.chat) == "table" and value.chat or chat
  if value.first_name and math.tointeger(value.id) and not value.is_bot and not value.type and not world.people[value.id] then
    world.people[value.id] = value
    world.order[#world.order + 1] = value
  end
  local from = type(value.from) == "table" and not value.from.is_bot and value.from.id
  if here then meet_chat(world, here, from or nil) end
  for _, inner in pairs(value) do meet(world, inner, here) end
end

local function find_world(part)
  local world = { people = {}, groups = {}, order = {} }
  for _, line in ipairs(part.events) do
    local update = line.update
    if update then meet(world, update, nil) end
    local message = update and update.edited_message
    if message then edited[message.chat.id .. " " .. message.message_id] = true end
  end
  return world
end

local function write_people(world)
  local names = {}
  for _, each in ipairs(world.order) do
    if each.first_name then
      variables[each.id] = variable_of(each.first_name, "person", names)
      add("local %s = telegram:person %s", variables[each.id], show {
        first_name = each.first_name, last_name = each.last_name, username = each.username, language_code = each.language_code,
        id = each.id,
      })
    end
  end
  for _, each in ipairs(world.order) do
    if each.title then
      local members = {}
      for i, id in ipairs(each.members) do members[i] = variables[id] end
      variables[each.id] = variable_of(each.title, "group", names)
      add("local %s = telegram:%s(%s, { %s })", variables[each.id], each.kind,
        show { title = each.title, id = each.id, username = each.username }, table.concat(members, ", "))
    end
  end
end

-- ---- what is expected ----

-- A word that was drawn and that nobody has sent comes from data that the spec does not have.
local function is_unknown(word) return told.replaced[word] and not inputs[word] end

-- The text as `sees` takes it: itself, or a pattern.
local function expectation(text)
  local pattern, is_pattern = {}, false
  for _, piece in ipairs(difference.pieces(text)) do
    if piece.kind and is_unknown(piece.text) then
      is_pattern = true
      pattern[#pattern + 1] = piece.kind == "digit" and "%d+" or "%S+"
    else
      pattern[#pattern + 1] = piece.text:gsub("%p", "%%%0")
    end
  end
  return is_pattern and table.concat(pattern) or nil
end

-- The longest stretch that stands in a line of the log as it is here.
local function loggable(text)
  local best = ""
  for stretch in text:gsub("^[^%s]-:%d+: ", ""):gmatch '[^"\\\n]+' do
    local known = {}
    for _, piece in ipairs(difference.pieces(stretch)) do known[#known + 1] = is_unknown(piece.text) and "\n" or piece.text end
    for part in table.concat(known):gmatch "[^\n]+" do
      if #part > #best then best = part end
    end
  end
  return best
end

local function flush()
  for _, each in ipairs(seen) do out[#out + 1] = each.line end
  seen = {}
end

-- Whatever changes within a moment is seen as it is at its end.
local function drop(chat, message_id)
  for i = #seen, 1, -1 do
    if seen[i].chat == chat and seen[i].message_id == message_id then table.remove(seen, i) end
  end
end

local function expect(chat, message_id, line)
  seen[#seen + 1] = { chat = chat, message_id = message_id, line = "  " .. line }
end

local function advance(tenths)
  if tenths < 1 then return end
  flush()
  now = now + tenths * 100
  local seconds = tenths // 10
  local days, hours, minutes, rest = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
  local text = ""
  for _, each in ipairs { { days, "d" }, { hours, "h" }, { minutes, "m" } } do
    if each[1] > 0 then text = text .. each[1] .. each[2] end
  end
  if tenths % 10 > 0 then rest = ("%d.%d"):format(rest, tenths % 10) end
  add('clock:advance "%s"', text .. (rest ~= 0 and rest .. "s" or ""))
end

-- Before somebody does something: not further than it was then. Less is how fast machines are.
local function pass_time(at)
  if at - now >= WAIT_MS then advance((at - now) // 100) end
end

-- Before what the bot does by the clock: as far as it was then.
local function reach_time(at, waited)
  if waited >= WAIT_MS then advance((at - now + 99) // 100) end
end

-- ---- what the bot did ----

local function note_keyboard(call)
  local markup = recording.markup_of(call)
  if not (markup.keyboard or markup.remove_keyboard) then return end
  local labels = {}
  for _, row in ipairs(markup.keyboard or {}) do
    for _, button in ipairs(row) do labels[type(button) == "table" and button.text or button] = true end
  end
  keyboards[call.parameters.chat_id] = labels
end

local function expect_message(message)
  local name = type(message) == "table" and message.chat and variables[message.chat.id]
  local words = name and wording.words_of(message)
  if not words then return end
  local pattern = expectation(words)
  drop(message.chat.id, message.message_id)
  expect(message.chat.id, message.message_id,
    pattern and ("%s:sees { pattern = %s }"):format(name, show(pattern)) or ("%s:sees(%s)"):format(name, show(words)))
end

local function expect_popup(call)
  local query = call.group.update and call.group.update.callback_query
  local name, text = query and variables[query.from.id], call.parameters.text
  if not name or not text or text == "" then return end
  local pattern = expectation(text)
  expect(nil, nil, pattern and ("assert.matches(%s, %s:popup())"):format(show(pattern), name)
    or ("assert.equal(%s, %s:popup())"):format(show(text), name))
end

-- What went to Telegram as the answer to a webhook's request has no result: only a text without markup is known.
local function expect_reply(call, result)
  local parameters = call.parameters
  if result ~= true or call.method ~= "sendMessage" or parameters.parse_mode or parameters.entities then return end
  expect_message { chat = { id = parameters.chat_id }, message_id = {}, text = parameters.text }
end

local function write_answered(call)
  local body = call.answer and call.answer.body
  if call.answer.status ~= 200 or type(body) ~= "table" or not body.ok then return end
  reach_time(call.at, call.waited)
  note_keyboard(call)
  if call.method == "answerCallbackQuery" then
    expect_popup(call)
  elseif call.method == "deleteMessage" then
    drop(call.parameters.chat_id, call.parameters.message_id)
  elseif type(body.result) == "table" and #body.result > 0 then
    for _, message in ipairs(body.result) do expect_message(message) end
  elseif call.method:find "^send" or call.method:find "^edit" then
    expect_message(body.result)
    expect_reply(call, body.result)
  end
end

-- ---- what people did ----

local function is_refused(call)
  local status = call.answer and call.answer.status
  return status == 400 or status == 403 or status == 429 or status == 500
end

-- Telegram refuses again what it has refused.
local function write_faults(group)
  local before = {}
  for _, call in ipairs(group.calls) do
    local chat = math.tointeger(call.parameters.chat_id)
    local key = call.method .. " " .. tostring(chat)
    if is_refused(call) then
      local parameters = type(call.answer.body) == "table" and call.answer.body.parameters or {}
      add("telegram:fault %s", show {
        method = call.method, chat_id = chat, kind = tostring(call.answer.status), after = before[key],
        retry_after = parameters.retry_after,
      })
      add('bot:log "nobody looked at its error"')
    end
    before[key] = (before[key] or 0) + 1
  end
end

local SENT = { "photo", "animation", "sticker", "voice", "audio", "video", "video_note" }

local function content_of(message)
  local caption = message.caption and ", caption = " .. show(message.caption) or ""
  for _, kind in ipairs(SENT) do
    if message[kind] then return ("{ %s = {}%s }"):format(kind, caption) end
  end
  if message.document then
    return ('{ document = { name = %s, bytes = "..." }%s }'):format(show(message.document.file_name or "file"), caption)
  end
  local location = message.location
  return location and not message.venue and show {
    location = { latitude = location.latitude, longitude = location.longitude },
  }
end

local function write_text(message, name, where)
  local id = message.chat.id
  local handle = edited[id .. " " .. message.message_id] and ("message%d = "):format(message.message_id) or ""
  if handle ~= "" then handle = "local " .. handle end
  local reply = message.reply_to_message
  if reply and reply.from and reply.from.is_bot then
    add("%s%s:sends({ text = %s, reply_to_message_id = %s:last().message_id }%s)", handle, name, show(message.text),
      variables[id], where)
  elseif handle == "" and keyboards[id] and keyboards[id][message.text] then
    add("%s:press(%s%s)", name, show(message.text), where)
  else
    add("%s%s:says(%s%s)", handle, name, show(message.text), where)
  end
end

-- True: it is written.
local function write_message(message)
  local name = message.from and variables[message.from.id]
  local group = message.chat.id ~= (message.from or {}).id and variables[message.chat.id]
  local where = group and ", " .. group or ""
  if not name or message.is_topic_message or message.business_connection_id then return false end
  if message.text then
    write_text(message, name, where)
  elseif message.contact and message.contact.user_id == message.from.id then
    add("%s:shares_contact(%s%s)", name, show(message.contact.phone_number), where)
  elseif content_of(message) then
    add("%s:sends(%s%s)", name, content_of(message), where)
  else
    return false
  end
  return true
end

local function write_edit(message)
  local name = message.from and variables[message.from.id]
  if not name or not message.text then return false end
  local group = message.chat.id ~= message.from.id and variables[message.chat.id]
  add("%s:edits(message%d, %s%s)", name, message.message_id, show(message.text), group and ", " .. group or "")
  return true
end

local function write_press(query)
  local name = variables[query.from.id]
  local message = query.message
  local markup = message and message.reply_markup or {}
  for _, row in ipairs(markup.inline_keyboard or {}) do
    for _, button in ipairs(row) do
      if name and button.callback_data == query.data then
        local group = message.chat.id ~= query.from.id and variables[message.chat.id]
        add("%s:press(%s%s)", name, show(button.text), group and ", " .. group or "")
        return true
      end
    end
  end
  return false
end

local function write_query(query, group)
  local name = variables[query.from.id]
  for _, call in ipairs(name and group.calls or {}) do
    if call.method == "answerInlineQuery" and call.answer and call.answer.status == 200 then
      add("%s:asks(%s)", name, show(query.query))
      return true
    end
  end
  return false
end

local function write_update(line, group)
  local update = line.update
  pass_time(line.at)
  flush()
  write_faults(group)
  local is_written = update.message and write_message(update.message)
    or update.edited_message and write_edit(update.edited_message)
    or update.callback_query and write_press(update.callback_query)
    or update.inline_query and write_query(update.inline_query, group)
  if is_written then return end
  local copy = {}
  for key, value in pairs(update) do
    if key ~= "update_id" then copy[key] = value end
  end
  add("telegram:update %s", show(copy))
end

local function write_failure(line)
  if not line.error then return end
  reach_time(line.at, line.waited or WAIT_MS)
  flush()
  add("-- It failed here. When that is mended, this line goes, and what is seen instead comes in its place.")
  add("assert.is_true(#bot:log(%s) > 0)", show(loggable(line.error)))
end

-- ---- other services ----

-- The part of an address that a spec can know: up to its parameters, or to a word that was drawn.
local function known_address(url)
  local known = {}
  for _, piece in ipairs(difference.pieces(url:match "^[^?]*")) do
    if told.replaced[piece.text] then break end
    known[#known + 1] = piece.text
  end
  return table.concat(known)
end

local function show_answer(answer)
  if answer.kind then return "{ unreachable = true }" end
  local body = answer.body
  if type(body) == "table" then body = body.json ~= nil and body.json or (" "):rep(body.bytes or 0) end
  if answer.status == 200 and type(body) == "string" then return show(body) end
  return ("{ status = %d, body = %s }"):format(answer.status, show(body))
end

local function write_services(part)
  local addresses, answers = {}, {}
  for _, line in ipairs(part.book.requests) do
    local address = known_address(line.http.url)
    if not answers[address] then
      answers[address] = {}
      addresses[#addresses + 1] = address
    end
    table.insert(answers[address], show_answer(line.answer))
  end
  for _, address in ipairs(addresses) do add("http:answers(%s, %s)", show(address), table.concat(answers[address], ", ")) end
end

-- ---- the spec ----

local function write_world(part)
  local head = part.head
  add('clock:zone "%s"', head.zone or "UTC")
  add('clock:set "%s"', os.date("%Y-%m-%d %H:%M:%S", head.at // 1000))
  write_people(find_world(part))
  if head.admin and variables[head.admin] then add("bot:admin(%s)", variables[head.admin]) end
  write_services(part)
end

local function write_part(part)
  out, variables, inputs, seen, keyboards, edited = {}, {}, {}, {}, {}, {}
  now = part.head.loaded or part.head.at
  if part.head.zone and core.zone(part.head.zone) then part.head.zone = "UTC" end
  write_world(part)
  for _, line in ipairs(part.events) do
    if line.update then
      write_update(line, part.book.by_key[line.update.update_id])
    elseif line.answer and not line.http and part.book.calls[line.answer] then
      write_answered(part.book.calls[line.answer])
    elseif line["end"] or line.failed then
      write_failure(line)
    elseif line.reload then
      add("bot:reload()")
    end
  end
  flush()
end

local function write_head(scripts)
  local words = table.concat(scripts, " ")
  print("-- Made from a recording. Take out what does not matter, and say in the names what does.")
  print(("-- lunokhod test %s THIS_spec.lua"):format(words == "" and "SCRIPT|DIR..." or words))
  if told.hosts[1].database then print "-- The host had data when the recording began. Here the bot begins without." end
  if not told.hosts[1].head.texts then
    print "-- Names and texts are not those of people: they were replaced when it was recorded."
  end
end

--- Prints it.
return function(path, scripts)
  told = recording.read(path)
  write_head(#scripts > 0 and scripts or told.hosts[1].head.scripts or {})
  for _, part in ipairs(told.hosts) do
    core.zone(part.head.zone or "UTC")
    write_part(part)
    print(("\nit(%s, function()"):format(show(os.date("does as on %Y-%m-%d at %H:%M:%S", part.head.at // 1000))))
    print(table.concat(out, "\n"))
    print "end)"
  end
  return 0
end

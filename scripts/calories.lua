-- The calorie counter. A person writes the number of kilocalories eaten, and the bot answers with the rest of the day.
-- It works in private chats only, because what people eat is private.
local bot = require "bot"
local chart = require "chart"
local diary = require "diary"
local keyboard = require "keyboard"
local locale = require "locale"
local log = require "log"
local meal = require "meal"
local speaker = require "calorie_texts"
local telegram = require "telegram"
local zone = require "zone"

local shown = 30 -- meals in the list of a day; each has a button

-- ---- what is left ----

local function show(say, tenths)
  return (meal.show(tenths):gsub(",", say "point"))
end

local function describe(say, eaten, length)
  return (meal.describe(eaten, show(say, eaten.tenths) .. " " .. say "kcal", length))
end

local function left(say, eater)
  local sum = diary.sum(eater, diary.today(eater))
  local rest = eater.norm - sum
  return say(rest < 0 and "over" or "left",
    { over = show(say, -rest), left = show(say, rest), sum = show(say, sum), norm = show(say, eater.norm) })
end

-- ---- norm and time zone: asked at first, changed by /norm and /tz ----

local norms = keyboard.inline {
  { { "1500", "calories:norm:1500" }, { "1800", "calories:norm:1800" }, { "2000", "calories:norm:2000" } },
  { { "2200", "calories:norm:2200" }, { "2500", "calories:norm:2500" }, { "3000", "calories:norm:3000" } },
}

-- what: a message, or a button; it tells the person, and so the language.
local function ask_norm(what)
  what:ask(speaker(what) "ask_norm", "calories: norm", nil, { reply_markup = norms })
end

local function ask_zone(what)
  local say, language = speaker(what)
  what:ask(say "ask_zone", "calories: zone", nil, { reply_markup = keyboard.inline(zone.buttons("calories:zone:", language)) })
end

-- Asks the next question. If nothing is left to ask, tells newcomers what to write, and everybody what is left of the day.
local function go_on(what, is_new)
  local eater, say = diary.eater(what.from.id), speaker(what)
  if not eater.norm then
    ask_norm(what)
  elseif not eater.zone then
    ask_zone(what)
  else
    local message = what.message or what
    if is_new then message:answer(say "next") end
    message:answer(left(say, eater))
  end
end

local function norm_of(text)
  local norm, problem = meal.parse(text or "")
  local is_norm = norm and not problem and norm.note == "" and norm.tenths >= 5000 and norm.tenths <= 100000
  return is_norm and norm.tenths or nil
end

-- Keeps what the person has told, by diary.set_norm or diary.set_zone. Returns whether anything had been left to ask.
local function keep(what, set, value)
  local eater = diary.eater(what.from.id)
  set(eater.person, value)
  return not (eater.norm and eater.zone)
end

local function take_norm(message, text)
  local norm = norm_of(text)
  if not norm then
    return message:again(speaker(message) "wrong_norm")
  end
  go_on(message, keep(message, diary.set_norm, norm))
end

local function take_zone(message, text)
  local chosen = zone.parse(text or "")
  if not chosen then
    return message:again(speaker(message) "wrong_zone")
  end
  go_on(message, keep(message, diary.set_zone, chosen))
end

bot.step("calories: norm", function(message) take_norm(message, message.text) end)
bot.step("calories: zone", function(message) take_zone(message, message.text) end)

bot.callback("^calories:norm:(%d+)$", function(query, norm)
  query:finish()
  local is_new = keep(query, diary.set_norm, norm * 10)
  query:edit(speaker(query)("norm_is", { norm = norm }))
  go_on(query, is_new)
end)

bot.callback("^calories:zone:(.+)$", function(query, data)
  local chosen = zone.read(data)
  if not chosen then return end -- nothing that a button of ours carries
  local say, language = speaker(query)
  query:finish()
  local is_new = keep(query, diary.set_zone, chosen)
  query:edit(say("zone_is", { zone = zone.show(chosen, language) }))
  go_on(query, is_new)
end)

-- ---- commands ----

local function command(name, handler)
  bot.command(name, function(message, arguments)
    if message.chat.type ~= "private" then
      return message:answer(speaker(message) "private")
    end
    handler(message, diary.eater(message.from.id), arguments)
  end, locale.all("calories.menu." .. name))
end

-- A command that needs the norm and the time zone. A person who has not told them is asked first.
local function eaters_command(name, handler)
  command(name, function(message, eater)
    if eater.norm and eater.zone then
      handler(message, eater, speaker(message))
    else
      go_on(message)
    end
  end)
end

eaters_command("calories", function(message, eater, say)
  message:answer(say "help" .. "\n\n" .. left(say, eater))
end)

command("norm", function(message, _, text)
  local norm = norm_of(text)
  if not norm then
    return ask_norm(message)
  end
  go_on(message, keep(message, diary.set_norm, norm))
end)

command("tz", function(message, _, text)
  local chosen = zone.parse(text)
  if not chosen then
    return ask_zone(message)
  end
  go_on(message, keep(message, diary.set_zone, chosen))
end)

eaters_command("undo", function(message, eater, say)
  local meals = diary.meals(eater, diary.today(eater))
  local last = meals[#meals]
  if not last then
    return message:answer(say "nothing_today")
  end
  diary.remove(eater.person, last.id)
  message:answer(say("removed", { meal = describe(say, last), left = left(say, eater) }))
end)

-- Returns a day as a text, and options with a button for each meal.
local function page(say, eater, day)
  local meals, buttons = diary.meals(eater, day), {}
  local lines = { say("day", { day = diary.date(day), sum = show(say, diary.sum(eater, day)), norm = show(say, eater.norm) }) }
  if #meals == 0 then
    lines[2] = say "nothing"
  elseif #meals > shown then
    lines[2] = say("more", { count = #meals - shown })
  end
  for i = math.max(1, #meals - shown + 1), #meals do
    lines[#lines + 1] = diary.clock(eater, meals[i].eaten_at) .. "  " .. describe(say, meals[i])
    buttons[#buttons + 1] = { { "✕ " .. describe(say, meals[i], 20), ("calories:delete:%d:%d"):format(meals[i].id, day) } }
  end
  return table.concat(lines, "\n"), { reply_markup = keyboard.inline(buttons) }
end

eaters_command("today", function(message, eater, say)
  message:answer(page(say, eater, diary.today(eater)))
end)

bot.callback("^calories:delete:(%d+):(%d+)$", function(query, id, day)
  local eater = diary.eater(query.from.id)
  if not eater.zone then return end -- /forget was used meanwhile
  local say = speaker(query)
  local removed = diary.remove(eater.person, math.tointeger(id))
  local text, options = page(say, eater, math.tointeger(day))
  -- Quiet: after a long stop it is too late for an answer, and a second press changes nothing.
  query:answer(removed and left(say, eater) or say "gone", { quiet = true })
  options.quiet = true
  query:edit(text, options)
end)

eaters_command("week", function(message, eater, say)
  local values, labels, sum, days, weekdays = {}, {}, 0, 0, {}
  for name in say("weekdays"):gmatch "%S+" do weekdays[#weekdays + 1] = name end
  for day = diary.today(eater) - 6, diary.today(eater) do
    local tenths = diary.sum(eater, day)
    values[#values + 1] = tenths / 10
    labels[#labels + 1] = weekdays[(day + 4) % 7 + 1] .. " " .. diary.date(day) -- day 0 was a Thursday
    sum, days = sum + tenths, days + (tenths > 0 and 1 or 0)
  end
  if days == 0 then
    return message:answer(say "nothing_week")
  end
  local caption = say("average", { average = show(say, (sum + days // 2) // days), days = days })
  local png, err = chart.bars { values = values, labels = labels, line = eater.norm / 10 }
  if not png then
    log.warn("no picture: " .. tostring(err))
    return message:answer(caption)
  end
  telegram.send_photo { chat_id = message.chat.id, photo = telegram.bytes(png, "week.png"), caption = caption }
end)

-- A spreadsheet takes a text that begins with one of these for a formula.
local function csv_field(text)
  if text:find("^[=+%-@\t\r]") then text = "'" .. text end
  return '"' .. text:gsub('"', '""') .. '"'
end

eaters_command("export", function(message, eater, say)
  local lines = { "\u{FEFF}" .. say "csv" } -- the byte order mark tells spreadsheets that this is UTF-8
  for _, each in ipairs(diary.all_meals(eater)) do
    lines[#lines + 1] = ("%s,%s,%d.%d,%s"):format(diary.date(diary.day_of(eater, each.eaten_at), "!%Y-%m-%d"),
      diary.clock(eater, each.eaten_at), each.tenths // 10, each.tenths % 10, csv_field(each.note))
  end
  telegram.send_document {
    chat_id = message.chat.id,
    document = telegram.bytes(table.concat(lines, "\r\n") .. "\r\n", "calories.csv"),
  }
end)

command("forget", function(message)
  local say = speaker(message)
  message:answer(say "forget", {
    reply_markup = keyboard.inline { { { say "yes", "calories:forget" }, { say "no", "calories:keep" } } },
  })
end)

bot.callback("^calories:forget$", function(query)
  diary.forget(query.from.id)
  query:finish()
  query:edit(speaker(query) "forgotten")
end)

bot.callback("^calories:keep$", function(query)
  query:edit(speaker(query) "kept")
end)

-- ---- what was eaten ----

-- In groups a number is part of a talk, not a meal.
local function meal_of(message)
  if message.chat.type == "private" and message.text then
    return meal.parse(message.text)
  end
end

bot.match(meal_of, function(message, eaten, problem)
  local eater, say = diary.eater(message.from.id), speaker(message)
  local is_known = eater.norm and eater.zone
  if problem then
    message:answer(say(problem, { most = meal.most }))
  elseif is_known and -eaten.tenths > diary.sum(eater, diary.today(eater)) then
    message:answer(say("too_little", { left = left(say, eater) }))
  else
    if is_known or eaten.tenths > 0 then
      diary.add(eater.person, eaten, message.date) -- the message may have waited over midnight
    end
    go_on(message)
  end
end)

local function is_eater(message)
  return message.chat.type == "private" and diary.eater(message.from.id).norm
end

bot.otherwise(is_eater, function(message)
  message:answer(speaker(message) "unknown")
end)

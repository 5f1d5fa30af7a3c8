-- The calorie counter: a number is what was eaten, the answer is what is left of the day. It is a private matter, so it works in
-- private chats only.
local bot = require "bot"
local chart = require "chart"
local diary = require "diary"
local fsm = require "fsm"
local keyboard = require "keyboard"
local meal = require "meal"
local telegram = require "telegram"

local shown = 30 -- meals in the list of a day; each has a button

local help = [[
Я считаю калории. Напишите число — сколько съедено: 350, или с заметкой: 350 борщ.
Лишнее убирает -200 или /undo.

/today — что съедено сегодня
/week — неделя на картинке
/norm — дневная норма
/tz — часовой пояс
/export — все записи файлом
/forget — удалить всё]]

-- ---- what is left ----

local function left(eater)
  local sum = diary.sum(eater, diary.today(eater))
  if sum > eater.norm then
    return ("Больше нормы на %s ккал: %s из %s"):format(meal.show(sum - eater.norm), meal.show(sum), meal.show(eater.norm))
  end
  return ("Осталось %s из %s ккал"):format(meal.show(eater.norm - sum), meal.show(eater.norm))
end

-- ---- the first contact: norm and time zone ----

local norms = keyboard.inline {
  { { "1500", "calories:norm:1500" }, { "1800", "calories:norm:1800" }, { "2000", "calories:norm:2000" } },
  { { "2200", "calories:norm:2200" }, { "2500", "calories:norm:2500" }, { "3000", "calories:norm:3000" } },
}

local zones = keyboard.inline {
  { { "Калининград +2", "calories:zone:120" }, { "Москва +3", "calories:zone:180" } },
  { { "Самара +4", "calories:zone:240" }, { "Екатеринбург +5", "calories:zone:300" } },
  { { "Омск +6", "calories:zone:360" }, { "Новосибирск +7", "calories:zone:420" } },
  { { "Иркутск +8", "calories:zone:480" }, { "Якутск +9", "calories:zone:540" } },
  { { "Владивосток +10", "calories:zone:600" }, { "Камчатка +12", "calories:zone:720" } },
}

-- `pending` is what was eaten before we knew whom we talk to.
local function ask_norm(message, pending)
  return message:ask("Сколько килокалорий в день — ваша норма?", "calories: norm", pending, { reply_markup = norms })
end

local function ask_zone(message, pending)
  return message:ask("Какой у вас часовой пояс? Можно и так: +5:30.", "calories: zone", pending, { reply_markup = zones })
end

-- The next thing to ask, or that all is known.
local function go_on(message, person, pending)
  local eater = diary.eater(person)
  if not eater then
    return ask_zone(message, pending)
  end
  if pending then
    diary.add(eater, pending)
  end
  message:answer(left(eater))
end

local function take_norm(message, person, tenths, pending)
  diary.set_norm(person, tenths)
  go_on(message, person, pending)
end

bot.step("calories: norm", function(message, pending)
  local norm, problem = meal.parse(message.text or "")
  if not norm or problem or norm.tenths < 5000 or norm.tenths > 100000 then
    return message:again("Напишите число от 500 до 10000, например 2000.")
  end
  take_norm(message, message.from.id, norm.tenths, pending)
end)

bot.callback("^calories:norm:(%d+)$", function(query, norm)
  local step, pending = fsm.get(query)
  query:finish()
  take_norm(query.message, query.from.id, math.tointeger(norm) * 10, step == "calories: norm" and pending or nil)
end)

bot.step("calories: zone", function(message, pending)
  local sign, hours, minutes = (message.text or ""):upper():gsub("^UTC", ""):gsub("^GMT", ""):match("^%s*([-+]?)(%d%d?):?(%d*)%s*$")
  local zone = hours and math.tointeger(hours) * 60 + (math.tointeger(minutes) or 0)
  if not zone or zone > 14 * 60 or (math.tointeger(minutes) or 0) > 59 then
    return message:again("Напишите разницу с Гринвичем, например +3 или +5:30.")
  end
  diary.set_zone(message.from.id, sign == "-" and -zone or zone)
  go_on(message, message.from.id, pending)
end)

bot.callback("^calories:zone:(%-?%d+)$", function(query, zone)
  local step, pending = fsm.get(query)
  query:finish()
  diary.set_zone(query.from.id, math.tointeger(zone))
  go_on(query.message, query.from.id, step == "calories: zone" and pending or nil)
end)

-- ---- commands ----

-- For who has told norm and time zone; others are asked for them first.
local function command(name, description, handler)
  bot.command(name, function(message)
    if message.chat.type ~= "private" then
      return message:answer("Калории я считаю только в личной переписке.")
    end
    local eater = diary.eater(message.from.id)
    if eater then
      handler(message, eater)
    else
      ask_norm(message)
    end
  end, description)
end

command("calories", "Счётчик калорий", function(message, eater)
  message:answer(help .. "\n\n" .. left(eater))
end)

command("norm", "Изменить норму", function(message) ask_norm(message) end)
command("tz", "Изменить часовой пояс", function(message) ask_zone(message) end)

command("undo", "Убрать последнюю запись", function(message, eater)
  local meals = diary.meals(eater, diary.today(eater))
  local last = meals[#meals]
  if not last then
    return message:answer("Сегодня ещё ничего не записано.")
  end
  diary.remove(eater.person, last.id)
  message:answer(("Убрано: %s\n%s"):format(meal.describe(last), left(eater)))
end)

-- A day as a text with a button for each meal.
local function page(eater, day)
  local meals, lines, buttons = diary.meals(eater, day), {}, {}
  for i = math.max(1, #meals - shown + 1), #meals do
    local each = meals[i]
    lines[#lines + 1] = diary.clock(eater, each.eaten_at) .. "  " .. meal.describe(each)
    buttons[#buttons + 1] = { { "❌ " .. meal.describe(each), ("calories:delete:%d:%d"):format(each.id, day) } }
  end
  local head = ("%s: %s ккал"):format(diary.date(day), meal.show(diary.sum(eater, day)))
  local text = #lines > 0 and head .. "\n" .. table.concat(lines, "\n") or head .. "\nНичего не записано."
  return telegram.split(text)[1], { reply_markup = keyboard.inline(buttons) }
end

command("today", "Что съедено сегодня", function(message, eater)
  message:answer(page(eater, diary.today(eater)))
end)

bot.callback("^calories:delete:(%d+):(%d+)$", function(query, id, day)
  local eater = diary.eater(query.from.id)
  if not eater then return end
  local removed = diary.remove(eater.person, math.tointeger(id))
  local text, options = page(eater, math.tointeger(day))
  query:answer(removed and left(eater) or "Этой записи уже нет.")
  query:edit(text, options)
end)

command("week", "Неделя на картинке", function(message, eater)
  local values, labels, sum, days = {}, {}, 0, 0
  for day = diary.today(eater) - 6, diary.today(eater) do
    local tenths = math.max(diary.sum(eater, day), 0)
    values[#values + 1], labels[#labels + 1] = tenths / 10, diary.date(day)
    sum, days = sum + tenths, days + (tenths > 0 and 1 or 0)
  end
  if days == 0 then
    return message:answer("За неделю ничего не записано.")
  end
  telegram.send_photo {
    chat_id = message.chat.id,
    photo = telegram.bytes(chart.bars { values = values, labels = labels, line = eater.norm / 10 }, "week.png"),
    caption = ("В среднем %s ккал в день (дней с записями: %d)"):format(meal.show((sum + days // 2) // days), days),
  }
end)

-- A spreadsheet would take a note that begins like this for a formula.
local function csv_field(text)
  if text:find("^[=+%-@\t\r]") then text = "'" .. text end
  return '"' .. text:gsub('"', '""') .. '"'
end

command("export", "Все записи файлом", function(message, eater)
  local lines = { "\u{FEFF}date,time,kcal,note" } -- the mark tells spreadsheets that this is UTF-8
  for _, each in ipairs(diary.all_meals(eater)) do
    lines[#lines + 1] = ("%s,%s,%.1f,%s"):format(diary.date(diary.day_of(eater, each.eaten_at), "!%Y-%m-%d"),
      diary.clock(eater, each.eaten_at), each.tenths / 10, csv_field(each.note))
  end
  telegram.send_document {
    chat_id = message.chat.id,
    document = telegram.bytes(table.concat(lines, "\r\n") .. "\r\n", "calories.csv"),
  }
end)

command("forget", "Удалить все мои записи", function(message)
  message:answer("Удалить все ваши записи, норму и часовой пояс? Вернуть их будет нельзя.", {
    reply_markup = keyboard.inline { { { "Да, удалить всё", "calories:forget" }, { "Нет", "calories:keep" } } },
  })
end)

bot.callback("^calories:forget$", function(query)
  diary.forget(query.from.id)
  query:finish()
  query:edit("Всё удалено.")
end)

bot.callback("^calories:keep$", function(query)
  query:edit("Ничего не удалено.")
end)

-- ---- what was eaten ----

-- Numbers in groups are talk.
local function meal_of(message)
  if message.chat.type == "private" and message.text then
    return meal.parse(message.text)
  end
end

bot.match(meal_of, function(message, eaten, problem)
  local eater = diary.eater(message.from.id)
  if problem then
    return message:answer(problem)
  elseif not eater then
    return ask_norm(message, eaten.tenths > 0 and eaten or nil)
  elseif eaten.tenths < 0 and -eaten.tenths > diary.sum(eater, diary.today(eater)) then
    return message:answer("Столько сегодня не записано. " .. left(eater))
  end
  diary.add(eater, eaten)
  message:answer(left(eater))
end)

local function eater_of(message)
  return message.chat.type == "private" and diary.eater(message.from.id)
end

bot.otherwise(eater_of, function(message)
  message:answer("Не понял. Напишите число, например 350 или 350 борщ. Остальное расскажет /calories.")
end)

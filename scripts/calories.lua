-- The calorie counter. A person writes the number of kilocalories eaten, and the bot answers with the rest of the day.
-- It works in private chats only, because what people eat is private.
local bot = require "bot"
local chart = require "chart"
local diary = require "diary"
local keyboard = require "keyboard"
local log = require "log"
local meal = require "meal"
local telegram = require "telegram"
local zone = require "zone"

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

-- ---- norm and time zone: asked at first, changed by /norm and /tz ----

local norms = keyboard.inline {
  { { "1500", "calories:norm:1500" }, { "1800", "calories:norm:1800" }, { "2000", "calories:norm:2000" } },
  { { "2200", "calories:norm:2200" }, { "2500", "calories:norm:2500" }, { "3000", "calories:norm:3000" } },
}

local function ask_norm(message)
  message:ask("Сколько килокалорий в день — ваша норма? Выберите или напишите число.", "calories: norm", nil,
    { reply_markup = norms })
end

local function ask_zone(message)
  message:ask("Какой у вас часовой пояс? Выберите или напишите, например Лиссабон или +5:30.", "calories: zone", nil,
    { reply_markup = keyboard.inline(zone.buttons "calories:zone:") })
end

-- Asks the next question. If nothing is left to ask, tells what is left of the day.
local function go_on(message, person)
  local eater = diary.eater(person)
  if not eater.norm then
    ask_norm(message)
  elseif not eater.zone then
    ask_zone(message)
  else
    message:answer(left(eater))
  end
end

local function norm_of(text)
  local norm, problem = meal.parse(text or "")
  local is_norm = norm and not problem and norm.note == "" and norm.tenths >= 5000 and norm.tenths <= 100000
  return is_norm and norm.tenths or nil
end

local function take_norm(message, text)
  local norm = norm_of(text)
  if not norm then
    return message:again("Норма — это число от 500 до 10000, например 2000.")
  end
  diary.set_norm(message.from.id, norm)
  go_on(message, message.from.id)
end

local function take_zone(message, text)
  local chosen = zone.parse(text or "")
  if not chosen then
    return message:again("Напишите разницу с Гринвичем, например +3 или +5:30. Или город, например Москва или Europe/Lisbon.")
  end
  diary.set_zone(message.from.id, chosen)
  go_on(message, message.from.id)
end

bot.step("calories: norm", function(message) take_norm(message, message.text) end)
bot.step("calories: zone", function(message) take_zone(message, message.text) end)

bot.callback("^calories:norm:(%d+)$", function(query, norm)
  query:finish()
  diary.set_norm(query.from.id, norm * 10)
  query:edit(("Норма: %s ккал в день."):format(norm))
  go_on(query.message, query.from.id)
end)

bot.callback("^calories:zone:(.+)$", function(query, data)
  local chosen = zone.read(data)
  if not chosen then return end -- nothing that a button of ours carries
  query:finish()
  diary.set_zone(query.from.id, chosen)
  query:edit(("Часовой пояс: %s."):format(zone.show(chosen)))
  go_on(query.message, query.from.id)
end)

-- ---- commands ----

local function command(name, description, handler)
  bot.command(name, function(message, arguments)
    if message.chat.type ~= "private" then
      return message:answer("Калории я считаю только в личной переписке.")
    end
    handler(message, diary.eater(message.from.id), arguments)
  end, description)
end

-- A command that needs the norm and the time zone. A person who has not told them is asked first.
local function eaters_command(name, description, handler)
  command(name, description, function(message, eater)
    if eater.norm and eater.zone then
      handler(message, eater)
    else
      go_on(message, eater.person)
    end
  end)
end

eaters_command("calories", "Счётчик калорий", function(message, eater)
  message:answer(help .. "\n\n" .. left(eater))
end)

command("norm", "Изменить норму", function(message, eater, text)
  local norm = norm_of(text)
  if not norm then
    return ask_norm(message)
  end
  diary.set_norm(eater.person, norm)
  go_on(message, eater.person)
end)

command("tz", "Изменить часовой пояс", function(message, eater, text)
  local chosen = zone.parse(text)
  if not chosen then
    return ask_zone(message)
  end
  diary.set_zone(eater.person, chosen)
  go_on(message, eater.person)
end)

eaters_command("undo", "Убрать последнюю запись", function(message, eater)
  local meals = diary.meals(eater, diary.today(eater))
  local last = meals[#meals]
  if not last then
    return message:answer("Сегодня ещё ничего не записано.")
  end
  diary.remove(eater.person, last.id)
  message:answer(("Убрано: %s\n%s"):format(meal.describe(last), left(eater)))
end)

-- Returns a day as a text, and options with a button for each meal.
local function page(eater, day)
  local meals, buttons = diary.meals(eater, day), {}
  local lines = { ("%s: %s из %s ккал"):format(diary.date(day), meal.show(diary.sum(eater, day)), meal.show(eater.norm)) }
  if #meals == 0 then
    lines[2] = "Ничего не записано."
  elseif #meals > shown then
    lines[2] = ("… и ещё записей: %d"):format(#meals - shown)
  end
  for i = math.max(1, #meals - shown + 1), #meals do
    lines[#lines + 1] = diary.clock(eater, meals[i].eaten_at) .. "  " .. meal.describe(meals[i])
    buttons[#buttons + 1] = { { "✕ " .. meal.describe(meals[i], 20), ("calories:delete:%d:%d"):format(meals[i].id, day) } }
  end
  return table.concat(lines, "\n"), { reply_markup = keyboard.inline(buttons) }
end

eaters_command("today", "Что съедено сегодня", function(message, eater)
  message:answer(page(eater, diary.today(eater)))
end)

bot.callback("^calories:delete:(%d+):(%d+)$", function(query, id, day)
  local eater = diary.eater(query.from.id)
  if not eater.zone then return end -- /forget was used meanwhile
  local removed = diary.remove(eater.person, math.tointeger(id))
  local text, options = page(eater, math.tointeger(day))
  -- Quiet: after a long stop it is too late for an answer, and a second press changes nothing.
  query:answer(removed and left(eater) or "Этой записи уже нет.", { quiet = true })
  options.quiet = true
  query:edit(text, options)
end)

local weekdays = { [0] = "Вс", "Пн", "Вт", "Ср", "Чт", "Пт", "Сб" }

eaters_command("week", "Неделя на картинке", function(message, eater)
  local values, labels, sum, days = {}, {}, 0, 0
  for day = diary.today(eater) - 6, diary.today(eater) do
    local tenths = diary.sum(eater, day)
    values[#values + 1] = tenths / 10
    labels[#labels + 1] = weekdays[(day + 4) % 7] .. " " .. diary.date(day) -- day 0 was a Thursday
    sum, days = sum + tenths, days + (tenths > 0 and 1 or 0)
  end
  if days == 0 then
    return message:answer("За неделю ничего не записано.")
  end
  local caption = ("В среднем %s ккал в день (дней с записями: %d)"):format(meal.show((sum + days // 2) // days), days)
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

eaters_command("export", "Все записи файлом", function(message, eater)
  local lines = { "\u{FEFF}дата,время,ккал,заметка" } -- the byte order mark tells spreadsheets that this is UTF-8
  for _, each in ipairs(diary.all_meals(eater)) do
    lines[#lines + 1] = ("%s,%s,%d.%d,%s"):format(diary.date(diary.day_of(eater, each.eaten_at), "!%Y-%m-%d"),
      diary.clock(eater, each.eaten_at), each.tenths // 10, each.tenths % 10, csv_field(each.note))
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

-- In groups a number is part of a talk, not a meal.
local function meal_of(message)
  if message.chat.type == "private" and message.text then
    return meal.parse(message.text)
  end
end

bot.match(meal_of, function(message, eaten, problem)
  local eater = diary.eater(message.from.id)
  local is_known = eater.norm and eater.zone
  if problem then
    message:answer(problem)
  elseif is_known and -eaten.tenths > diary.sum(eater, diary.today(eater)) then
    message:answer("Столько сегодня не записано. " .. left(eater))
  else
    if is_known or eaten.tenths > 0 then
      diary.add(eater.person, eaten, message.date) -- the message may have waited over midnight
    end
    go_on(message, eater.person)
  end
end)

local function is_eater(message)
  return message.chat.type == "private" and diary.eater(message.from.id).norm
end

bot.otherwise(is_eater, function(message)
  message:answer("Не понял. Напишите число, например 350 или 350 борщ. Остальное расскажет /calories.")
end)

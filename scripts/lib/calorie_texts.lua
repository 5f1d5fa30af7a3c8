-- What the calorie counter says, in Russian and in English.
local locale = require "locale"

locale.add("ru", { calories = {
  help = [[
Я считаю калории. Напишите число — сколько съедено: 350, или с заметкой: 350 борщ.
Лишнее убирает -200 или /undo.

/today — что съедено сегодня
/week — неделя на картинке
/norm — дневная норма
/tz — часовой пояс
/export — все записи файлом
/forget — удалить всё]],
  next = "Готово. Теперь пишите, сколько съедено: 350 или 350 борщ. Остальное расскажет /calories.",
  point = ",", kcal = "ккал",
  over = "Больше нормы на %{over} ккал: %{sum} из %{norm}", left = "Осталось %{left} из %{norm} ккал",
  ask_norm = "Сколько килокалорий в день — ваша норма? Выберите или напишите число.",
  ask_zone = "Какой у вас часовой пояс? Выберите или напишите, например Лиссабон или +5:30.",
  wrong_norm = "Норма — это число от 500 до 10000, например 2000.",
  wrong_zone = "Напишите разницу с Гринвичем, например +3 или +5:30. Или город, например Москва или Europe/Lisbon.",
  norm_is = "Норма: %{norm} ккал в день.", zone_is = "Часовой пояс: %{zone}.",
  private = "Калории я считаю только в личной переписке.",
  nothing_today = "Сегодня ещё ничего не записано.", removed = "Убрано: %{meal}\n%{left}",
  day = "%{day}: %{sum} из %{norm} ккал", nothing = "Ничего не записано.", more = "… и ещё записей: %{count}",
  gone = "Этой записи уже нет.",
  weekdays = "Вс Пн Вт Ср Чт Пт Сб", nothing_week = "За неделю ничего не записано.",
  average = "В среднем %{average} ккал в день (дней с записями: %{days})",
  csv = "дата,время,ккал,заметка",
  forget = "Удалить все ваши записи, норму и часовой пояс? Вернуть их будет нельзя.",
  yes = "Да, удалить всё", no = "Нет", forgotten = "Всё удалено.", kept = "Ничего не удалено.",
  too_little = "Столько сегодня не записано. %{left}",
  zero = "Ноль — это не еда 🙂 Напишите, сколько килокалорий было.",
  too_much = "Столько за раз не съесть 🙂 Я записываю не больше %{most} ккал.",
  unknown = "Не понял. Напишите число, например 350 или 350 борщ. Остальное расскажет /calories.",
  menu = {
    calories = "Счётчик калорий", norm = "Изменить норму", tz = "Изменить часовой пояс", undo = "Убрать последнюю запись",
    today = "Что съедено сегодня", week = "Неделя на картинке", export = "Все записи файлом", forget = "Удалить все мои записи",
  },
} })

locale.add("en", { calories = {
  help = [[
I count calories. Write a number, what you ate: 350, or with a note: 350 soup.
-200 or /undo takes back what is too much.

/today — what you ate today
/week — the week as a picture
/norm — the calories of a day
/tz — the time zone
/export — all your meals as a file
/forget — delete everything]],
  next = "Done. Now write what you eat: 350 or 350 soup. /calories tells the rest.",
  point = ".", kcal = "kcal",
  over = "%{over} kcal too much: %{sum} of %{norm}", left = "%{left} of %{norm} kcal left",
  ask_norm = "How many kilocalories a day do you allow yourself? Choose, or write a number.",
  ask_zone = "What is your time zone? Choose, or write one, such as Lisbon or +5:30.",
  wrong_norm = "This is a number from 500 to 10000, such as 2000.",
  wrong_zone = "Write the difference from Greenwich, such as +3 or +5:30. Or a city, such as London or Europe/Lisbon.",
  norm_is = "%{norm} kcal a day.", zone_is = "Time zone: %{zone}.",
  private = "I count calories in private chats only.",
  nothing_today = "There is nothing yet today.", removed = "Removed: %{meal}\n%{left}",
  day = "%{day}: %{sum} of %{norm} kcal", nothing = "There is nothing.",
  more = { one = "… and %{count} more meal", other = "… and %{count} more meals" },
  gone = "This meal is gone already.",
  weekdays = "Su Mo Tu We Th Fr Sa", nothing_week = "There is nothing this week.",
  average = "%{average} kcal a day on average (days with meals: %{days})",
  csv = "date,time,kcal,note",
  forget = "Delete all your meals, the calories of a day and the time zone? This can't be undone.",
  yes = "Yes, delete everything", no = "No", forgotten = "Everything is deleted.", kept = "Nothing is deleted.",
  too_little = "You did not eat so much today. %{left}",
  zero = "Zero is no meal 🙂 Write how many kilocalories it had.",
  too_much = "Nobody eats so much at once 🙂 I take %{most} kcal at most.",
  unknown = "I don't understand. Write a number, such as 350 or 350 soup. /calories tells the rest.",
  menu = {
    calories = "Calorie counter", norm = "Change the calories of a day", tz = "Change the time zone",
    undo = "Remove the last meal", today = "What you ate today", week = "The week as a picture",
    export = "All meals as a file", forget = "Delete all my data",
  },
} })

--- A function that says these texts to the person of a message or a button: say("left", { ... }); and the language.
return function(what)
  local say, language = locale.of(what)
  return function(key, parameters) return say("calories." .. key, parameters) end, language
end

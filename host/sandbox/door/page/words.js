/* The page's own words in English, which is also the key, and in Russian. What people and bots write is never translated. */

import { RUSSIAN_OF_CHATS } from "./words_chats.js";

const RUSSIAN = {
  ...RUSSIAN_OF_CHATS,
  "People": "Люди",
  "New person": "Новый человек",
  "Name": "Имя",
  "Username": "Имя пользователя",
  "(optional)": "(необязательно)",
  "Create": "Создать",
  "Choose a person, or create one, to write to the bot.": "Выберите человека или создайте его, чтобы написать боту.",
  "Chat with the bot": "Чат с ботом",
  "Back to the people": "Назад к людям",
  "you are": "вы —",
  "Developer": "Разработчик",
  "Pinned": "Закреплено",
  "Messages": "Сообщения",
  "New messages ↓": "Новые сообщения ↓",
  "Nothing has been said here yet.": "Здесь пока ничего не написано.",
  "Send a document": "Отправить файл",
  "Message": "Сообщение",
  "Keyboard of the bot": "Клавиатура бота",
  "Send": "Отправить",
  "Send (Enter)": "Отправить (Enter)",
  "Menu": "Меню",
  "Commands of the bot": "Команды бота",
  "Cancel": "Отмена",
  "OK": "ОК",
  "Close": "Закрыть",
  "Language": "Язык",
  "Calls": "Вызовы",
  "Updates": "Обновления",
  "Log": "Журнал",
  "Failed": "Сбои",
  "Tables": "Таблицы",
  "Backups": "Копии",
  "Host": "Хост",
  "Developer's panel": "Панель разработчика",
  "Filter": "Фильтр",
  "getUpdates too": "и getUpdates",
  "The last calls, newest first": "Последние вызовы, новые сверху",
  "The updates as they were sent, newest first": "Обновления, как они отправлены, новые сверху",
  "The host's log": "Журнал хоста",
  "Updates that failed for good": "Обновления, которые так и не удались",
  "Copy as curl": "Копировать как curl",
  "Copied.": "Скопировано.",
  "The browser forbids copying here.": "Браузер запрещает копировать.",
  "Sent {sent}, answered {answered}": "Отправлено {sent}, в ответ {answered}",
  "Again": "Ещё раз",
  "Show": "Показать",
  "Drop": "Удалить",
  "All again": "Все ещё раз",
  "Nothing has failed.": "Сбоев нет.",
  "Handed out again: {count}": "Отдано обработчикам ещё раз: {count}",
  "update {id}": "обновление {id}",
  "Table": "Таблица",
  "One SELECT": "Один SELECT",
  "Run": "Выполнить",
  "The bot has no tables yet.": "У бота ещё нет таблиц.",
  "{shown} of {count} rows, read-only, live": "{shown} из {count} строк, только чтение, вживую",
  "{shown} rows": "строк: {shown}",
  "No rows": "Строк нет",
  "Back up now": "Сделать копию",
  "A backup was made: {size}.": "Копия сделана: {size}.",
  "The last backup": "Последняя копия",
  "never": "никогда",
  "When": "Когда",
  "Size": "Размер",
  "What": "Что",
  "{size} packed, {image} of data": "{size} в сжатом виде, {image} данных",
  "Changes not saved yet": "Ещё не сохранено изменений",
  "In message": "В сообщении",
  "Every": "Каждые",
  "{n} s": "{n} с",
  "{n} min": "{n} мин",
  "{n} h": "{n} ч",
  "{n} d": "{n} дн",
  "{age} ago": "{age} назад",
  "backup {n}": "копия {n}",
  "restored from message {message}, {age} old": "восстановлено из сообщения {message}, возраст {age}",
  "sent {size}": "отправлено {size}",
  "State": "Состояние",
  "runs": "работает",
  "starts": "запускается",
  "will be started again": "будет запущен снова",
  "stopped": "остановлен",
  "Process": "Процесс",
  "Running since": "Работает с",
  "Starts so far": "Запусков",
  "How the last one ended": "Как завершился прошлый",
  "Handlers": "Обработчики",
  "{finished} finished, {failed} failed, {unfinished} under way": "{finished} завершено, {failed} с ошибкой, {unfinished} в работе",
  "Memory of the scripts": "Память скриптов",
  "Memory of the process": "Память процесса",
  "Script files": "Файлов скриптов",
  "Reload the scripts": "Перечитать скрипты",
  "Stop": "Остановить",
  "Start": "Запустить",
  "kill -9": "kill -9",
  "Reloaded: {files} files.": "Перечитано файлов: {files}.",
  "The host was told to stop.": "Хосту велено остановиться.",
  "Faults": "Неисправности",
  "Kind": "Вид",
  "Method": "Метод",
  "all": "все",
  "Times": "Раз",
  "Add": "Добавить",
  "End all faults": "Убрать все",
  "No faults are arranged.": "Неисправностей не задано.",
  "{left} more": "ещё {left}",
  "without end": "без конца",
  "Telegram's rate limits hold": "Действуют ограничения Telegram на частоту",
  "A handler failed": "Сбой в обработчике",
  "The reload failed, the old scripts go on": "Перечитать не удалось, работают прежние скрипты",
  "The host can't start": "Хост не может запуститься",
  "The host has ended ({how}), and is started again": "Хост завершился ({how}) и запускается снова",
  "The host has ended ({how})": "Хост завершился ({how})",
  "Restored from the backup in message {message}, {age} old: {size}": "Восстановлено из копии в сообщении {message}, возраст {age}: {size}",
  "No host runs on this sandbox by “lunokhod dev”, so there is nothing to show here.": "На этой песочнице нет хоста, запущенного через «lunokhod dev», показать нечего.",
  "The sandbox does not answer. Is it still running? Trying again until it does…": "Песочница не отвечает. Она ещё работает? Страница пробует снова…",
  "The sandbox is back.": "Песочница снова отвечает.",
  "Not sent: the sandbox does not answer.": "Не отправлено: песочница не отвечает.",
  "Hidden text": "Скрытый текст",
  "Photo": "Фото",
  "a message": "сообщение",
  "Forwarded": "Переслано",
  "A message of a kind that this page does not show.": "Сообщение такого вида страница не показывает.",
  "edited": "изменено",
  "The page of the sandbox has no such button yet": "Такую кнопку страница пока не умеет",
  "You": "Вы",
  "Buttons of the message": "Кнопки сообщения",
  "Bot": "Бот",
  "typing…": "печатает…",
  "recording…": "записывает…",
  "sending a file…": "отправляет файл…",
  "choosing…": "выбирает…",
  "Welcome! Give yourself a name, and write to the bot.": "Добро пожаловать! Назовите себя и напишите боту.",
  "Nobody here has the id {id}. Give a name, and Enter creates this person.": "Здесь ни у кого нет id {id}. Введите имя, и Enter создаст этого человека.",
  "The sandbox has forgotten {name}: it was emptied or started anew. Enter creates this person again.": "Песочница забыла, кто такой {name}: её очистили или запустили заново. Enter создаст этого человека снова.",
  "and {n} more, each at the address #id": "и ещё {n}, каждый по адресу #id",
  "admin": "админ",
  "Reply": "Ответить",
  "Edit": "Изменить",
  "Copy the text": "Копировать текст",
  "Delete": "Удалить",
  "Forward to": "Переслать",
  "Menu of the message": "Меню сообщения",
  "Reply to": "Ответ на",
  "Editing": "Правка",
  "More": "Ещё",
  "Location": "Место",
  "Contact": "Контакт",
  "Dice": "Кубик",
  "My contact": "Мой контакт",
  "My location": "Моё место",
  "Block the bot": "Заблокировать бота",
  "Unblock the bot": "Разблокировать бота",
  "You have blocked the bot.": "Вы заблокировали бота.",
  "Share": "Поделиться",
  "Pay {price}": "Оплатить {price}",
  "Paid.": "Оплачено.",
  "The bot has refused: {why}": "Бот отказал: {why}",
  "paid {price}": "оплачено: {price}",
  "{n} votes": "голосов: {n}",
  "Vote": "Голосовать",
  "anonymous poll": "анонимный опрос",
  "poll": "опрос",
  "quiz": "викторина",
  "closed": "закрыт",
  "{n} unread": "непрочитанных: {n}",
  "Reactions": "Реакции",
  "What else": "Что ещё",
  "5 letters, digits or underscores at least, a letter first": "Не меньше 5 букв, цифр или подчёркиваний, первая — буква",
};

const KEPT = "lunokhod-language";

function chosenLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEPT) ?? navigator.language;
  return asked.startsWith("ru") ? "ru" : "en";
}

export const LANGUAGE = chosenLanguage();

export function otherLanguage() {
  localStorage.setItem(KEPT, LANGUAGE === "ru" ? "en" : "ru");
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  location.replace(address);
  if (address.hash) location.reload();
}

/* The words in the page's language; {name} stands for a value. */
export function t(words, values = {}) {
  const text = LANGUAGE === "ru" ? RUSSIAN[words] ?? words : words;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/* What index.html says. */
export function translatePage() {
  document.documentElement.lang = LANGUAGE;
  if (LANGUAGE === "en") return;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, words = node.data.trim();
    if (RUSSIAN[words]) node.data = node.data.replace(words, RUSSIAN[words]);
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const node of document.querySelectorAll(`[${name}]`)) node.setAttribute(name, t(node.getAttribute(name)));
  }
}

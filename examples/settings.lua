-- Settings as a menu that is redrawn when a button is pressed, in two languages. What a person has chosen is kept.
local bot = require "bot"
local locale = require "locale"
local menu = require "menu"
local session = require "session"
local text = require "text"

locale.add("ru", {
  start = "Настройки", title = "Настройки", sound = "Звук",
  news = {
    one = "Новости: %{count} раз в неделю", few = "Новости: %{count} раза в неделю", many = "Новости: %{count} раз в неделю",
  },
})
locale.add("en", {
  start = "Settings", title = "Settings", sound = "Sound",
  news = { one = "News: %{count} time a week", other = "News: %{count} times a week" },
})

menu.define("settings", function(view, state)
  local language = state.language or "ru"
  local function say(key, parameters) return locale.text(language, key, parameters) end
  view:text(text.bold(say "title") .. "\n" .. say("news", { count = state.news or 1 }))
  view:toggle(say "sound", "sound"):row()
  for _, count in ipairs { 1, 2, 5 } do view:choice(count, "news", count) end
  view:row()
  for _, name in ipairs(locale.languages()) do view:choice(name, "language", name) end
end, { changed = function(query, state, field)
  if field == "language" then
    locale.choose(query, state.language)
  else
    session.update(query, function(kept) kept[field] = state[field] end)
  end
end })

bot.command("settings", function(message)
  local state = session.get(message)
  state.language = locale.language(message)
  menu.open(message, "settings", state)
end, locale.all "start")

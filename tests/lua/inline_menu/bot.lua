-- Menus for inline_menu_spec.lua.
local bot = require "bot"
local menu = require "menu"
local session = require "session"
local text = require "text"

local planets = {}
for i = 1, 7 do planets[i] = "Planet " .. i end

menu.define("main", function(view, state)
  view:text(text.bold "Settings" .. ": " .. (state.size or "none"))
  view:toggle("Sound", "sound"):row()
  view:choice("S", "size", "small"):choice("L", "size", "large"):row()
  view:go("Planets", "planets"):go("Day", "day")
end, { changed = function(query, state, field)
  session.set(query, { [field] = state[field] })
end })

menu.define("planets", function(view, state)
  view:text("Page " .. (state.page or 1))
  view:pages(planets, 3, function(planet, i) view:button(planet, "planet", i) end)
  view:go("Back", "main")
end)

menu.define("day", function(view, state)
  view:text(state.day or "no day")
  view:calendar("day", { from = "2024-02-10" })
  view:go("Back", "main")
end)

bot.button("planet", function(query, i) query:answer("number " .. i) end)
bot.command("start", function(message) menu.open(message, "main", session.get(message)) end)
bot.command("day", function(message) menu.open(message, "day", { day = "2024-02-15" }) end)
bot.command("odd", function(message) menu.open(message, "planets", { page = "x" }) end)

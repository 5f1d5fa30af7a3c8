-- menu: a message with buttons that is redrawn when one is pressed: pages, submenus, switches, a calendar. What the menu shows
-- depends on its state alone, and every button carries the state to which it leads. So an old button does what it says, in
-- whatever order people press, and nothing is lost by a restart.
local button_data = require "core.button_data"
local core = require "core.script"
local log = require "log"
local routes = require "core.routes"
local spelling = require "core.spelling"

local menu = {}

local menus = {} -- name -> { build, changed }
local PREFIX = "menu."

local View = {}
local view_meta = { __index = View, __name = "menu.view", __metatable = false }

local function copy(state)
  local made = {}
  for name, value in pairs(state) do made[name] = value end
  return made
end

local function find(name, what)
  local found = menus[name]
  if not found then
    core.misuse(("%s: there is no menu %q%s"):format(what, tostring(name), spelling.hint_among(tostring(name), menus)))
  end
  return found
end

-- The data of a button that leads to a state. field: what it changes, for `changed`.
local function lead(name, state, field)
  return button_data.encode(PREFIX .. name, { state, field })
end

-- ---- drawing ----

local function add(self, button)
  local row = self.rows[#self.rows]
  row[#row + 1] = button
  return self
end

local function leads(self, label, name, state, field)
  return add(self, { text = tostring(label), callback_data = lead(name, state, field) })
end

--- The text of the message; options: more parameters of the call.
function View:text(text, options)
  self.said, self.options = text, options or {}
  return self
end

--- The buttons that follow stand in a new row.
function View:row()
  if #self.rows[#self.rows] > 0 then self.rows[#self.rows + 1] = {} end
  return self
end

--- A button for bot.button(name, handler); data: what the handler gets.
function View:button(label, name, data)
  return add(self, { text = tostring(label), callback_data = button_data.encode(name, data) })
end

function View:url(label, url) return add(self, { text = tostring(label), url = url }) end

--- A button that shows another menu, or this one in another state.
function View:go(label, name, state)
  find(name, "view:go")
  return leads(self, label, name, state or {})
end

--- A switch: the field of the state is true or false.
function View:toggle(label, field)
  local state = copy(self.state)
  state[field] = not state[field]
  return leads(self, (self.state[field] and "✅ " or "⬜ ") .. label, self.name, state, field)
end

--- A button that sets the field; it is marked where the field has that value.
function View:choice(label, field, value)
  local state = copy(self.state)
  state[field] = value
  return leads(self, (self.state[field] == value and "🔘 " or "") .. label, self.name, state, field)
end

-- A button that does nothing.
local function caption(self, label) return leads(self, label, self.name, self.state) end

-- The page that is shown: the number may come from an old button.
local function page_of(value, count)
  local page = math.type(value) == "integer" and value or 1
  return math.max(1, math.min(page, count))
end

--- The items of one page, each in a row of its own: draw(item, index) adds its buttons. Below them stand the buttons that
--- turn pages. field: of the state, "page" without.
function View:pages(items, per_page, draw, field)
  field = field or "page"
  local count = math.max(1, (#items + per_page - 1) // per_page)
  local page = page_of(self.state[field], count)
  for i = (page - 1) * per_page + 1, math.min(page * per_page, #items) do
    self:row()
    draw(items[i], i)
  end
  if count == 1 then return self:row() end
  self:row()
  local function turn(label, to)
    local state = copy(self.state)
    state[field] = to
    leads(self, label, self.name, state)
  end
  turn("◀", page > 1 and page - 1 or count)
  caption(self, page .. " / " .. count)
  turn("▶", page < count and page + 1 or 1)
  return self:row()
end

-- ---- the calendar ----

local DAYS = { "Mo", "Tu", "We", "Th", "Fr", "Sa", "Su" }

local function month_of(text)
  local year, month = tostring(text or ""):match "^(%d%d%d%d)%-(%d%d)"
  year, month = tonumber(year), tonumber(month)
  if not year or month < 1 or month > 12 then
    local today = os.date "*t"
    return today.year, today.month
  end
  return year, month
end

local function month_text(year, month)
  local date = os.date("*t", os.time { year = year, month = month, day = 15, hour = 12 })
  return ("%04d-%02d"):format(date.year, date.month)
end

local function draw_days(self, field, year, month, options)
  local first = os.date("*t", os.time { year = year, month = month, day = 1, hour = 12 })
  local length = os.date("*t", os.time { year = year, month = month + 1, day = 0, hour = 12 }).day
  local before = (first.wday + 5) % 7 -- days of the week before the first, from Monday
  for _ = 1, before do caption(self, " ") end
  for day = 1, length do
    local date = ("%04d-%02d-%02d"):format(year, month, day)
    local is_open = (not options.from or date >= options.from) and (not options.to or date <= options.to)
    if is_open then
      local state = copy(self.state)
      state[field] = date
      leads(self, self.state[field] == date and "[" .. day .. "]" or day, self.name, state, field)
    else
      caption(self, "·")
    end
    if (before + day) % 7 == 0 then self:row() end
  end
  for _ = 1, -(before + length) % 7 do caption(self, " ") end
  return self:row()
end

--- A month, of which a day is chosen: the field becomes "2026-11-26". options: from, to ("2026-11-01"), days and months
--- (names).
function View:calendar(field, options)
  options = spelling.check_options("view:calendar", options, { from = true, to = true, days = true, months = true })
  local shown = field .. "_month"
  local year, month = month_of(self.state[shown] or self.state[field])
  local function turn(label, by)
    local state = copy(self.state)
    state[shown] = month_text(year, month + by)
    leads(self, label, self.name, state)
  end
  self:row()
  turn("◀", -1)
  caption(self, ("%s %d"):format(options.months and options.months[month] or ("%02d"):format(month), year))
  turn("▶", 1)
  self:row()
  for _, name in ipairs(options.days or DAYS) do caption(self, name) end
  self:row()
  return draw_days(self, field, year, month, options)
end

-- ---- showing ----

-- The text, and the options of the call that shows it.
local function draw(name, state, what)
  local found = find(name, what)
  local view = setmetatable({ name = name, state = state, rows = { {} } }, view_meta)
  found.build(view, copy(state))
  if view.said == nil then core.misuse(("the menu %q has no text: view:text(...) sets it"):format(name)) end
  if #view.rows[#view.rows] == 0 then table.remove(view.rows) end
  local options = copy(view.options)
  options.reply_markup = { inline_keyboard = view.rows }
  return view.said, options
end

--- menu.open(message, "settings", { sound = true }): sends the menu to the chat of the message, or of the button.
function menu.open(what, name, state)
  local target = type(what) == "table" and (what.message or what)
  if type(target) ~= "table" or not target.chat then core.misuse "menu.open: a message or a callback query expected" end
  return target:answer(draw(name, state or {}, "menu.open"))
end

--- menu.show(query, "settings", state): in the place of what the button's message shows.
function menu.show(query, name, state)
  local text, options = draw(name, state or {}, "menu.show")
  options.quiet = true
  local shown, err = query:edit(text, options)
  if not shown and not tostring(err):find("message is not modified", 1, true) then
    log.warn(("the menu %s can't be shown: %s"):format(name, tostring(err)))
  end
  return shown, err
end

local function on_press(query, name, value)
  local state, field = value[1], value[2]
  if field and menus[name].changed then menus[name].changed(query, copy(state), field) end
  menu.show(query, name, state)
end

-- One route for all menus.
local function register()
  button_data.prepare()
  local function try(query)
    local name, value, is_expired = button_data.decode(query.data)
    name = name and name:sub(1, #PREFIX) == PREFIX and name:sub(#PREFIX + 1)
    if not name or not menus[name] then return false end
    local is_whole = not is_expired and type(value) == "table" and type(value[1]) == "table"
    return true, name, is_whole and value or { {} } -- an old button shows the menu as it begins
  end
  local entry = { update_type = "callback_query", what = "menu", try = try, handler = on_press, router = routes.root, use = {} }
  routes.add(entry, "menu")
end

--- menu.define("settings", function(view, state) view:text "..." view:toggle("Sound", "sound") end): build draws the menu of
--- that state. options.changed(query, state, field): a switch, a choice or a day was pressed; the place to keep the state.
function menu.define(name, build, options)
  button_data.check_name(name, "menu.define")
  routes.check_handler(build, "define")
  if menus[name] then core.misuse(("menu.define: there is a menu %q already"):format(name)) end
  if next(menus) == nil then register() end
  menus[name] = { build = build, changed = spelling.check_options("menu.define", options, { changed = true }).changed }
end

return menu

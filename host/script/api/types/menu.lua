---@meta menu
-- The module menu: a message with buttons that is redrawn when one is pressed: pages, submenus, switches, a calendar. A function
-- draws the menu of a state, a small table, and each button carries the state to which it leads. So old buttons do what they say,
-- and nothing is lost by a restart. A button can be forged: check a state before you act on it.

---@class menu
local menu = {}

---@class menu.CalendarOptions
---@field from? string the first day that can be chosen: "2026-11-01"
---@field to? string the last one
---@field days? string[] names, from Monday
---@field months? string[] names

--- What a menu is drawn on.
---@class menu.View
---@field text fun(self: menu.View, text: string|text.Formatted, options?: table): menu.View the text of the message; options: parse_mode and so on
---@field row fun(self: menu.View): menu.View the buttons that follow stand in a new row
---@field button fun(self: menu.View, label: string, name: string, value?: any): menu.View a button for bot.button(name, handler)
---@field url fun(self: menu.View, label: string, url: string): menu.View a link
---@field go fun(self: menu.View, label: string, name: string, state?: table): menu.View shows another menu, or this one in another state
---@field toggle fun(self: menu.View, label: string, field: string): menu.View a switch for a field of the state
---@field choice fun(self: menu.View, label: string, field: string, value: any): menu.View sets a field of the state
---@field pages fun(self: menu.View, items: any[], per_page: integer, draw: fun(item: any, index: integer), field?: string): menu.View one page of a list; draw adds the buttons of an item
---@field calendar fun(self: menu.View, field: string, options?: menu.CalendarOptions): menu.View a month, of which a day is chosen: the field becomes "2026-11-26"

---@class menu.Options
---@field changed? fun(query: telegram.CallbackQuery, state: table, field: string) a switch, a choice or a day was pressed: the place to keep the state

--- Defines a menu.
---@param name string
---@param build fun(view: menu.View, state: table) draws the menu of that state
---@param options? menu.Options
function menu.define(name, build, options) end

--- Sends a menu to the chat of a message or a button.
---@param what telegram.Message|telegram.CallbackQuery
---@param name string
---@param state? table
---@return telegram.Message? sent
---@return telegram.Error? err
function menu.open(what, name, state) end

--- Shows a menu in the place of the message that has the button.
---@param query telegram.CallbackQuery
---@param name string
---@param state? table
---@return telegram.Message? shown
---@return telegram.Error? err
function menu.show(query, name, state) end

return menu

---@meta locale
-- The module locale: what the bot says, in the languages of its people.

---@class locale
local locale = {}

--- A text, or its plural forms by the rules of Unicode's CLDR: { one = "%{count} клик", few = "%{count} клика", many = "%{count}
--- кликов" }. Nested tables make keys with a dot: "menu.start".
---@alias locale.Texts table<string, string|table>

--- Adds texts of a language. The language that was added first is that of everybody whose own is not there, and the one whose
--- text stands for one that another language lacks. %{name} in a text becomes the parameter of that name.
---@param language string "ru", "pt-BR"
---@param texts locale.Texts|string a table, or the path of a JSON file beside the script
function locale.add(language, texts) end

--- The languages that there are, sorted.
---@return string[] languages
function locale.languages() end

--- A function that says texts in the language of a person: the one that was chosen, or that of the person's app.
---@param what telegram.Message|telegram.CallbackQuery|telegram.User|table a message, any other update with a person, or a person
---@return fun(key: string, parameters?: table): string|text.Formatted say say("clicks", { count = 5 })
---@return string language
function locale.of(what) end

--- A text in a language. If a parameter is a formatted text, so is the result.
---@param language string
---@param key string
---@param parameters? table a text with plural forms wants { count = ... }
---@return string|text.Formatted
function locale.text(language, key, parameters) end

--- A text in each language, for the description of a command: bot.command("start", handler, locale.all "commands.start")
---@param key string
---@return table texts
function locale.all(key) end

--- The language of a person, of those that there are.
---@param what telegram.Message|telegram.CallbackQuery|telegram.User|table
---@return string language
function locale.language(what) end

--- Keeps the language that a person has chosen, as a row. Without a language: that of the app again.
---@param what telegram.Message|telegram.CallbackQuery|telegram.User|table
---@param language? string
---@return boolean done
function locale.choose(what, language) end

--- The plural form of a number: "few" of ("ru", 2).
---@param language string
---@param number number
---@return "zero"|"one"|"two"|"few"|"many"|"other"
function locale.plural(language, number) end

return locale

-- locale: what the bot says, in the languages of its people. A language is a table of texts, in the script or in a file. Which
-- one a person gets: the one that he has chosen, which is kept as a row; or that of his app; or the first that was added.
local _, db = ... -- core.db, see api.c: loaded with the first require, as this and its plurals are a tenth of an empty VM
local core = require "core.script"
local json = require "json"
local markup = require "core.markup"
local plural = require "core.plural"
local spelling = require "core.spelling"
local vm_context = require "core.vm_context"
local whose = require "core.whose"

local math_type, plain_text, type = math.type, core.plain_text, type -- a local costs less than a global

local locale = {}

local TABLE = "CREATE TABLE IF NOT EXISTS main.lunokhod_locales(person INTEGER PRIMARY KEY, language TEXT NOT NULL)"
local FORMS = { zero = true, one = true, two = true, few = true, many = true, other = true }

local languages = {} -- name -> { key -> a text, or a table of plural forms }
local first -- the language of everybody whose own is not there

-- Has anybody chosen? false: no, nor since this VM began, so no message costs a query. nil: not known yet.
local has_choices

local function normal(language) return (language:lower():gsub("_", "-")) end

local function is_plural(value)
  if next(value) == nil then return false end
  for form in pairs(value) do
    if not FORMS[form] then return false end
  end
  return true
end

-- Nested tables become keys with a dot: { menu = { start = "..." } } is "menu.start".
local function flatten(texts, into, prefix)
  for key, value in pairs(texts) do
    local name = prefix .. tostring(key)
    if type(value) == "table" and not is_plural(value) then
      flatten(value, into, name .. ".")
    elseif type(value) == "string" or type(value) == "table" then
      into[name] = value
    else
      core.misuse(("locale.add: %s must be a text, not a %s"):format(name, type(value)))
    end
  end
  return into
end

local function read_file(path)
  local source = core.read_beside(path)
  if not source then core.misuse(("locale.add: can't read %s"):format(path)) end
  local texts, message = json.decode(source)
  if type(texts) ~= "table" then core.misuse(("locale.add: %s: %s"):format(path, message or "an object expected")) end
  return texts
end

--- locale.add("ru", { hello = "Привет, %{name}!", clicks = { one = "%{count} клик", few = "%{count} клика", ... } }), or the
--- path of a JSON file that holds such a table. What is added later is added to what is there.
function locale.add(language, texts)
  if type(language) ~= "string" or not language:find "^%a%a" then
    core.misuse 'locale.add: a language like "ru" expected'
  elseif type(texts) ~= "table" and type(texts) ~= "string" then
    core.misuse "locale.add: a table of texts, or the path of a JSON file, expected"
  end
  if next(languages) == nil then db.exec(TABLE) end -- now, while the scripts load: a handler's segment may be rolled back
  language = normal(language)
  first = first or language
  languages[language] = flatten(type(texts) == "string" and read_file(texts) or texts, languages[language] or {}, "")
end

--- The languages that there are, sorted.
function locale.languages()
  local names = {}
  for name in pairs(languages) do names[#names + 1] = name end
  table.sort(names)
  return names
end

function locale.plural(language, number)
  if type(language) ~= "string" or math_type(number) == nil then
    core.misuse "locale.plural: a language and a number expected"
  end
  return plural.form(language, number)
end

-- ---- whose language ----

-- "pt-BR" is "pt-br", or else "pt", where there is such a language.
local function available(language)
  if type(language) ~= "string" then return nil end
  language = normal(language)
  local base = language:match "^%a+"
  return languages[language] and language or languages[base] and base or nil
end

-- While a VM lives that this one has replaced, it may still write a row, so a "no" is not remembered.
local function find_whether_chosen()
  local has_any = db.one "SELECT 1 AS one FROM main.lunokhod_locales LIMIT 1" ~= nil
  if has_any or (vm_context.is_alone() and not vm_context.is_shared()) then has_choices = has_any end
  return has_any
end

local function chosen_by(person)
  local has_any = has_choices
  if has_any == nil then has_any = find_whether_chosen() end
  if not has_any then return nil end
  local row = db.one("SELECT language FROM main.lunokhod_locales WHERE person = ?", person.id)
  return row and available(row.language)
end

--- The language of the person, of those that there are.
function locale.language(what)
  if not first then core.misuse "locale: there is no language: locale.add adds one" end
  local person = whose.person(what, "locale.language")
  local language = person.language_code
  if has_choices == false then -- as in most bots
    return languages[language] and language or language and available(language) or first
  end
  return chosen_by(person) or available(language) or first
end

--- Keeps the person's own choice; nil: his app's language again.
function locale.choose(what, language)
  local person = whose.person(what, "locale.choose")
  if language == nil then
    return db.exec("DELETE FROM main.lunokhod_locales WHERE person = ?", person.id) > 0
  end
  local known = available(language)
  if not known then
    core.misuse(("locale.choose: there is no language %q%s"):format(tostring(language),
      spelling.hint_among(tostring(language), languages)))
  end
  has_choices = true
  db.exec("INSERT OR REPLACE INTO main.lunokhod_locales(person, language) VALUES (?, ?)", person.id, known)
  return true
end

-- ---- texts ----

-- The text of that key, and the language that has it.
local function find(language, key)
  for _, name in ipairs { language, language:match "^%a+", first } do
    local found = languages[name] and languages[name][key]
    if found then return found, name end
  end
  core.misuse(("locale: there is no text %q%s"):format(tostring(key), spelling.hint_among(tostring(key), languages[first])))
end

local function form_of(forms, language, key, parameters)
  local count = parameters and parameters.count
  if math_type(count) == nil then core.misuse(("locale: %q has plural forms: give { count = ... }"):format(key)) end
  return count == 0 and forms.zero or forms[plural.form(language, count)] or forms.other or forms.many or forms.few
    or forms.one
end

-- A text of some language -> what stands in it, then the name of a parameter, then what stands behind that, and so on.
local cut = {}

local function parts_of(text)
  local parts, at = {}, 1
  for from, name, to in text:gmatch "()%%{([%w_]+)}()" do
    parts[#parts + 1] = text:sub(at, from - 1)
    parts[#parts + 1] = name
    at = to
  end
  parts[#parts + 1] = text:sub(at)
  cut[text] = parts
  return parts
end

-- %{name} becomes the parameter. Where one is a formatted text, so is the whole.
local function fill(parts, key, parameters)
  local result = parts[1]
  for i = 2, #parts, 2 do
    local value = parameters and parameters[parts[i]]
    if value == nil then core.misuse(("locale: %q wants the parameter %s"):format(key, parts[i])) end
    local shown = plain_text(value) or markup.is_formatted(value) and value or tostring(value)
    result = result .. shown .. parts[i + 1]
  end
  return result
end

--- locale.text("ru", "clicks", { count = 5 })
function locale.text(language, key, parameters)
  if not first then core.misuse "locale: there is no language: locale.add adds one" end
  local texts = languages[language]
  local found, owner = texts and texts[key], language
  if not found then found, owner = find(normal(language), key) end
  local parts = cut[found] -- of a text that was said before: its type is known, too
  if not parts then
    if type(found) == "table" then found = form_of(found, owner, key, parameters) end
    parts = cut[found] or parts_of(found)
  end
  return fill(parts, key, parameters)
end

local speakers = {} -- language -> the function that says a text in it: one for all messages

--- local say = locale.of(message); say("clicks", { count = 5 })
function locale.of(what)
  local language = locale.language(what)
  local say = speakers[language]
  if not say then
    local text = locale.text
    say = function(key, parameters) return text(language, key, parameters) end
    speakers[language] = say
  end
  return say, language
end

--- The text in each language, for bot.command("start", handler, locale.all "commands.start").
function locale.all(key)
  if not first then core.misuse "locale: there is no language: locale.add adds one" end
  local texts = { locale.text(first, key) }
  for name in pairs(languages) do
    if languages[name][key] then texts[name] = locale.text(name, key) end
  end
  return texts
end

return locale

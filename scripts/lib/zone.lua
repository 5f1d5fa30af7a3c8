-- Time zones of people: names such as "Europe/Berlin", which know summer time, or minutes east of Greenwich.
local locale = require "locale"
local time = require "time"

local zone = {}

locale.add("ru", { zone = { now = "%{city}, сейчас UTC%{offset}" } })
locale.add("en", { zone = { now = "%{city}, now UTC%{offset}" } })

-- Those with a button come first.
local cities = {
  { "Калининград", "Europe/Kaliningrad" }, { "Москва", "Europe/Moscow" },
  { "Самара", "Europe/Samara" }, { "Екатеринбург", "Asia/Yekaterinburg" },
  { "Омск", "Asia/Omsk" }, { "Новосибирск", "Asia/Novosibirsk" },
  { "Иркутск", "Asia/Irkutsk" }, { "Якутск", "Asia/Yakutsk" },
  { "Владивосток", "Asia/Vladivostok" }, { "Магадан", "Asia/Magadan" },
  { "Камчатка", "Asia/Kamchatka" }, { "Берлин", "Europe/Berlin" },
  { "Лондон", "Europe/London" }, { "Лиссабон", "Europe/Lisbon" }, { "Париж", "Europe/Paris" }, { "Белград", "Europe/Belgrade" },
  { "Прага", "Europe/Prague" }, { "Варшава", "Europe/Warsaw" }, { "Киев", "Europe/Kyiv" }, { "Минск", "Europe/Minsk" },
  { "Рига", "Europe/Riga" }, { "Стамбул", "Europe/Istanbul" }, { "Тбилиси", "Asia/Tbilisi" }, { "Ереван", "Asia/Yerevan" },
  { "Баку", "Asia/Baku" }, { "Алматы", "Asia/Almaty" }, { "Ташкент", "Asia/Tashkent" }, { "Бишкек", "Asia/Bishkek" },
  { "Тель-Авив", "Asia/Jerusalem" }, { "Дубай", "Asia/Dubai" }, { "Бангкок", "Asia/Bangkok" }, { "Токио", "Asia/Tokyo" },
  { "Нью-Йорк", "America/New_York" }, { "Лос-Анджелес", "America/Los_Angeles" },
}
local with_button = 12

local function offset_text(minutes)
  local hours, rest = math.abs(minutes) // 60, math.abs(minutes) % 60
  return ("%s%d%s"):format(minutes < 0 and "-" or "+", hours, rest > 0 and (":%02d"):format(rest) or "")
end

local function offset_now(name) return time.in_zone(name).offset // 60 end

-- The name of a city in a language; in all but Russian it is the end of the zone's name: "America/New_York" -> "New York".
local function name_of(city, language)
  return language == "ru" and city[1] or (city[2]:match("[^/]+$"):gsub("_", " "))
end

--- 330 -> "UTC+5:30"; "Europe/Berlin" -> "Берлин, сейчас UTC+1"
function zone.show(value, language)
  if math.type(value) then return "UTC" .. offset_text(value) end
  local shown = value
  for _, city in ipairs(cities) do
    if city[2] == value then shown = name_of(city, language) end
  end
  return locale.text(language, "zone.now", { city = shown, offset = offset_text(offset_now(value)) })
end

local function minutes_of(text)
  local sign, hours, rest = text:upper():gsub("^UTC%s*", ""):gsub("^GMT%s*", ""):match("^([-+]?)(%d%d?):?(%d*)$")
  if not hours or not (rest == "" or rest == "00" or rest == "15" or rest == "30" or rest == "45") then return nil end
  local minutes = math.tointeger(hours) * 60 + (math.tointeger(rest) or 0)
  if sign == "-" then minutes = -minutes end
  return minutes >= -12 * 60 and minutes <= 14 * 60 and minutes or nil
end

--- "+5:30", "utc-3", "3" -> minutes; "Москва", "Moscow", "Europe/Moscow" -> the name. Returns nil for other texts.
function zone.parse(text)
  text = text:gsub("\u{2212}", "-"):match("^%s*(.-)%s*$")
  for _, city in ipairs(cities) do
    if text == city[1] or text == name_of(city) then return city[2] end
  end
  return minutes_of(text) or text:find("/", 1, true) and time.is_zone(text) and text or nil
end

--- Reads what a button carries: a name; or minutes, as buttons of earlier versions do. Returns nil for anything else.
function zone.read(data)
  local value = math.tointeger(tonumber(data)) or data
  return time.is_zone(value) and value or nil
end

--- Returns rows of two buttons, { text, data }. The data is the prefix and the name.
function zone.buttons(prefix, language)
  local rows = {}
  for i = 1, with_button do
    local city = cities[i]
    if i % 2 == 1 then rows[#rows + 1] = {} end
    table.insert(rows[#rows], { name_of(city, language) .. " " .. offset_text(offset_now(city[2])), prefix .. city[2] })
  end
  return rows
end

return zone

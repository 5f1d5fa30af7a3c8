-- Time zones, as minutes east of Greenwich.
local zone = {}

local cities = {
  { "Калининград", 120 }, { "Москва", 180 },
  { "Самара", 240 }, { "Екатеринбург", 300 },
  { "Омск", 360 }, { "Новосибирск", 420 },
  { "Иркутск", 480 }, { "Якутск", 540 },
  { "Владивосток", 600 }, { "Магадан", 660 },
  { "Камчатка", 720 },
}

--- 330 -> "UTC+5:30"
function zone.show(minutes)
  local hours, rest = math.abs(minutes) // 60, math.abs(minutes) % 60
  return ("UTC%s%d%s"):format(minutes < 0 and "-" or "+", hours, rest > 0 and (":%02d"):format(rest) or "")
end

--- "+5:30", "utc-3", "3", "Москва" -> minutes. Returns nil for other texts.
function zone.parse(text)
  text = text:gsub("\u{2212}", "-"):match("^%s*(.-)%s*$")
  for _, city in ipairs(cities) do
    if city[1] == text then return city[2] end
  end
  local sign, hours, rest = text:upper():gsub("^UTC%s*", ""):gsub("^GMT%s*", ""):match("^([-+]?)(%d%d?):?(%d*)$")
  if not hours or not (rest == "" or rest == "00" or rest == "15" or rest == "30" or rest == "45") then return nil end
  local minutes = math.tointeger(hours) * 60 + (math.tointeger(rest) or 0)
  if sign == "-" then minutes = -minutes end
  return minutes >= -12 * 60 and minutes <= 14 * 60 and minutes or nil
end

--- Returns rows of two buttons, { text, data }. The data is the prefix and the minutes.
function zone.buttons(prefix)
  local rows = {}
  for i, city in ipairs(cities) do
    if i % 2 == 1 then rows[#rows + 1] = {} end
    table.insert(rows[#rows], { ("%s +%d"):format(city[1], city[2] // 60), prefix .. city[2] })
  end
  return rows
end

return zone

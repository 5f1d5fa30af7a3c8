-- Reads what people write about a meal: "350", "350 борщ", "350,5", "1 200 ккал", "-200".
local meal = {}

meal.most = 20000 -- kcal in one entry; nobody eats more at once
local note_length = 100 -- letters; thirty such meals fit into one message

-- Digits of other scripts, spaces that are not ASCII, and signs that look like a minus.
local plain = {}
for digit = 0, 9 do
  plain[utf8.char(0x660 + digit)] = tostring(digit) -- Arabic
  plain[utf8.char(0x6F0 + digit)] = tostring(digit) -- Persian
end
for _, space in ipairs { 0xA0, 0x2009, 0x202F } do plain[utf8.char(space)] = " " end
for _, minus in ipairs { 0x2212, 0x2013, 0x2014 } do plain[utf8.char(minus)] = "-" end
plain[utf8.char(0x66B)] = "," -- the Arabic decimal separator
plain[utf8.char(0x66C)] = ""  -- the Arabic separator of thousands

local units = { kcal = true, cal = true } -- in lower case; Lua's lower() changes ASCII only
for _, word in ipairs { "ккал", "Ккал", "ККАЛ", "кал", "калорий", "калории", "калория" } do units[word] = true end

-- ".*%S" goes back from the end once; "%s+$" would begin anew at each of a thousand spaces.
local function normalize(text)
  return text:gsub(utf8.charpattern, plain):match("^%s*(.*%S)") or ""
end

-- "1 200 300 хлеб" -> "1200300", "хлеб": spaces group digits by three, so there are at most three before the first.
local function take_digits(text)
  local digits, rest = text:match("^(%d+)(.*)$")
  local is_grouped = digits and #digits <= 3
  while is_grouped and #digits <= 9 do -- what is longer is too much anyway
    local group, after = rest:match("^ (%d%d%d)(.*)$")
    if not group or after:find("^%d") then break end
    digits, rest = digits .. group, after
  end
  return digits, rest
end

-- Cuts between letters, not within the bytes of one.
local function shorten(note, length)
  local stop = utf8.offset(note, length + 1)
  return stop and stop <= #note and note:sub(1, stop - 1) .. "…" or note
end

-- Returns the note in one line: "борщ" for ", борщ" and for " ккал. борщ".
local function note_of(rest)
  local word, after = rest:match("^[%s,;]*([^%s.,;]*)[.,;]?%s*(.*)$")
  local note = units[word:lower()] and after or rest:gsub("^[%s.,;]+", "")
  return shorten(note:gsub("%s+", " "), note_length)
end

--- Reads a meal: { tenths = of a kcal, note = text or "" }. Returns nil for a text that does not begin with a number. The
--- second result names what is wrong with a number that can't be right: "zero", "too_much".
function meal.parse(text)
  if not text:find("^[%s%d+%-\xC2\xD9\xDB\xE2]") then return nil end -- ends quickly for nearly all other texts
  local sign, body = normalize(text):match("^([-+]?)%s*(.*)$")
  local digits, rest = take_digits(body)
  if not digits then return nil end
  local fraction, after = rest:match("^[.,](%d+)(.*)$")
  rest = fraction and after or rest
  if rest:find("^[^%s%a.,;\x80-\xff]") or rest:find("^[.,;]%d") then return nil end -- 12:30, 2+2, 50%, 01.01.2024
  local whole = tonumber(digits)
  local tenths = whole <= meal.most and whole * 10 or math.huge -- compared first: a product of integers may wrap round
  if fraction then
    tenths = tenths + tonumber(fraction:sub(1, 1)) + (fraction:find("^%d[5-9]") and 1 or 0)
  end
  if tenths == 0 then return { tenths = 0, note = "" }, "zero" end
  if tenths > meal.most * 10 then
    return { tenths = 0, note = "" }, "too_much"
  end
  tenths = math.tointeger(tenths)
  return { tenths = sign == "-" and -tenths or tenths, note = note_of(rest) }
end

--- 16505 -> "1650,5"
function meal.show(tenths)
  local sign = tenths < 0 and "-" or ""
  tenths = math.abs(tenths)
  return tenths % 10 == 0 and ("%s%d"):format(sign, tenths // 10) or ("%s%d,%d"):format(sign, tenths // 10, tenths % 10)
end

--- Returns a meal as "350 ккал борщ": the amount, and at most that many letters of the note.
function meal.describe(eaten, amount, length)
  return ((amount .. " " .. shorten(eaten.note, length or note_length + 1)):gsub("%s+$", ""))
end

return meal

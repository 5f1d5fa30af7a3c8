-- Which plural form a number takes, by the rules of Unicode's CLDR: "one", "few", "many" and so on. n is the number, i its
-- whole part, v whether it has a fraction.
local plural = {}

local rules = {}

local function add(languages, rule)
  for language in languages:gmatch "%S+" do rules[language] = rule end
end

local function within(value, least, most) return value >= least and value <= most end
local function is_million(i, v) return not v and i ~= 0 and i % 1000000 == 0 end

add("bm bo dz hnj id ig ii ja jbo jv kde kea km ko lkt lo ms my nqo osa sah ses sg su th to tpi vi wo yo yue zh", function()
  return "other"
end)
add("ast de en et fi fy gl ia ie io lij nl sc sv sw ur yi pt-pt", function(_, i, v)
  return i == 1 and not v and "one" or "other"
end)
add("ca it vec", function(_, i, v) return i == 1 and not v and "one" or is_million(i, v) and "many" or "other" end)
add("es", function(n, i, v) return n == 1 and "one" or is_million(i, v) and "many" or "other" end)
add("fr pt", function(_, i, v) return i <= 1 and "one" or is_million(i, v) and "many" or "other" end)
add("ak bho csw guw ln mg nso pa ti wa", function(n) return (n == 0 or n == 1) and "one" or "other" end)
add("am as bn doi fa gu hi kn pcm zu", function(n, i) return (i == 0 or n == 1) and "one" or "other" end)
add("ff hy kab", function(_, i) return i <= 1 and "one" or "other" end)
add("si", function(n, i, v) return (n == 0 or n == 1 or i == 0 and v) and "one" or "other" end)
add("da", function(n, i, v) return (n == 1 or v and i <= 1) and "one" or "other" end)
add("is mk", function(_, i, v) return not v and i % 10 == 1 and i % 100 ~= 11 and "one" or "other" end)
add("fil tl ceb", function(_, i, v)
  local last = i % 10
  return not v and (within(i, 1, 3) or last ~= 4 and last ~= 6 and last ~= 9) and "one" or "other"
end)

-- 2, 3, 4 but not 12, 13, 14
local function is_few(i) return within(i % 10, 2, 4) and not within(i % 100, 12, 14) end

add("ru uk be", function(_, i, v)
  if v then return "other" end
  if i % 10 == 1 and i % 100 ~= 11 then return "one" end
  return is_few(i) and "few" or "many"
end)
add("bs hr sh sr", function(_, i, v)
  if v then return "other" end
  if i % 10 == 1 and i % 100 ~= 11 then return "one" end
  return is_few(i) and "few" or "other"
end)
add("pl", function(_, i, v)
  if v then return "other" end
  return i == 1 and "one" or is_few(i) and "few" or "many"
end)
add("cs sk", function(_, i, v)
  if v then return "many" end
  return i == 1 and "one" or within(i, 2, 4) and "few" or "other"
end)
add("sl dsb hsb", function(_, i, v)
  local last = i % 100
  if v then return "few" end
  return last == 1 and "one" or last == 2 and "two" or within(last, 3, 4) and "few" or "other"
end)
add("lt", function(_, i, v)
  if v then return "many" end
  local is_teen = within(i % 100, 11, 19)
  return is_teen and "other" or i % 10 == 1 and "one" or i % 10 >= 2 and "few" or "other"
end)
add("lv prg", function(_, i, v)
  if v then return "other" end
  if i % 10 == 0 or within(i % 100, 11, 19) then return "zero" end
  return i % 10 == 1 and "one" or "other"
end)
add("ro mo", function(n, i, v)
  if i == 1 and not v then return "one" end
  return (v or n == 0 or within(i % 100, 1, 19)) and "few" or "other"
end)
add("he", function(_, i, v)
  if i == 1 and not v or i == 0 and v then return "one" end
  return i == 2 and not v and "two" or "other"
end)
add("ar ars", function(n, i, v)
  if v then return "other" end
  if n <= 2 then return ({ [0] = "zero", "one", "two" })[i] end
  return within(i % 100, 3, 10) and "few" or within(i % 100, 11, 99) and "many" or "other"
end)
add("mt", function(n, i, v)
  if v then return "other" end
  if n == 1 or n == 2 then return n == 1 and "one" or "two" end
  return (n == 0 or within(i % 100, 3, 10)) and "few" or within(i % 100, 11, 19) and "many" or "other"
end)
add("ga", function(n, _, v)
  if v then return "other" end
  return n == 1 and "one" or n == 2 and "two" or within(n, 3, 6) and "few" or within(n, 7, 10) and "many" or "other"
end)
add("gd", function(n)
  if n == 1 or n == 11 then return "one" end
  if n == 2 or n == 12 then return "two" end
  return (n % 1 == 0 and (within(n, 3, 10) or within(n, 13, 19))) and "few" or "other"
end)
add("cy", function(n)
  return ({ [0] = "zero", [1] = "one", [2] = "two", [3] = "few", [6] = "many" })[n] or "other"
end)

local function usual(n) return n == 1 and "one" or "other" end

--- "one" of ("ru", 21). A language of which nothing is known takes "one" for 1.
function plural.form(language, number)
  local n = math.abs(number)
  local i = math.tointeger(n // 1) or 0
  language = language:lower():gsub("_", "-")
  local rule = rules[language] or rules[language:match "^%a+"] or usual
  return rule(n, i, n ~= i)
end

return plural

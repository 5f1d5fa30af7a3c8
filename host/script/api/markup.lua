-- Formatted text between Telegram's three ways to write it: entities (offsets in UTF-16 units), HTML and MarkdownV2. The rules
-- are those of "Formatting options" in the Bot API.
local core = require "core.text"
local json = require "json"

local markup = {}

-- ---- characters that have a meaning ----

--- The text as HTML shows it unchanged, in an attribute too.
function markup.escape_html(text)
  return (tostring(text):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

--- The text as MarkdownV2 shows it unchanged; in code and in links too.
function markup.escape_markdown(text)
  return (tostring(text):gsub("[_*%[%]()~`>#+%-=|{}.!\\]", "\\%0"))
end

local NAMED = {
  amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", nbsp = "\u{A0}", shy = "\u{AD}", copy = "©", reg = "®", trade = "™",
  laquo = "«", raquo = "»", bdquo = "„", ldquo = "“", rdquo = "”", sbquo = "‚", lsquo = "‘", rsquo = "’", mdash = "—",
  ndash = "–", hellip = "…", bull = "•", middot = "·", sect = "§", para = "¶", deg = "°", plusmn = "±", times = "×",
  divide = "÷", euro = "€", pound = "£", yen = "¥", cent = "¢", larr = "←", rarr = "→", uarr = "↑", darr = "↓", hearts = "♥",
  thinsp = "\u{2009}", ensp = "\u{2002}", emsp = "\u{2003}", zwj = "\u{200D}", zwnj = "\u{200C}", sup2 = "²", sup3 = "³",
  frac12 = "½", frac14 = "¼", frac34 = "¾", le = "≤", ge = "≥", ne = "≠", infin = "∞", minus = "−", check = "✓",
}

local function character_of(code)
  local is_character = code and code > 0 and code <= 0x10FFFF and (code < 0xD800 or code > 0xDFFF)
  return is_character and utf8.char(code) or nil
end

--- &lt; &#60; &#x3C; &laquo; as the characters that they stand for; what stands for none stays.
function markup.unescape_html(text)
  text = text:gsub("&#[xX](%x+);", function(digits) return character_of(#digits < 8 and tonumber(digits, 16)) end)
  text = text:gsub("&#(%d+);", function(digits) return character_of(#digits < 9 and tonumber(digits)) end)
  -- &amp; last, so that &amp;lt; becomes &lt; and not <.
  text = text:gsub("&(%a%w*);", function(name) return name ~= "amp" and NAMED[name] or nil end)
  return (text:gsub("&amp;", "&"))
end

-- ---- entities to a notation ----

-- The byte at which each wanted offset is. Offsets are sorted.
local function bytes_at(text, offsets)
  local found, next_one, units = {}, 1, 0
  for at, code in utf8.codes(text) do
    while offsets[next_one] and offsets[next_one] <= units do
      found[offsets[next_one]] = at
      next_one = next_one + 1
    end
    if not offsets[next_one] then break end
    units = units + (code > 0xFFFF and 2 or 1)
  end
  for i = next_one, #offsets do found[offsets[i]] = #text + 1 end
  return found
end

local function sorted_offsets(entities)
  local offsets, seen = {}, {}
  for _, entity in ipairs(entities) do
    for _, offset in ipairs { entity.offset, entity.offset + entity.length } do
      if not seen[offset] then
        seen[offset] = true
        offsets[#offsets + 1] = offset
      end
    end
  end
  table.sort(offsets)
  return offsets
end

-- Outer entities first.
local function by_place(one, other)
  if one.offset ~= other.offset then return one.offset < other.offset end
  if one.length ~= other.length then return one.length > other.length end
  return one.order < other.order
end

-- The entities that the notation has, in the order in which they begin.
local function known_of(entities, notation)
  local known = {}
  for i, entity in ipairs(entities) do
    if notation.marks[entity.type] and entity.length > 0 then
      known[#known + 1] = { type = entity.type, offset = entity.offset, length = entity.length, order = i, entity = entity }
    end
  end
  table.sort(known, by_place)
  return known
end

-- Walks from one offset to the next. What ends is closed, with what was opened inside it, which then opens anew.
local function write(text, entities, notation)
  local known, parts, open = known_of(entities, notation), {}, {}
  local offsets = sorted_offsets(known)
  local bytes, next_one, from = bytes_at(text, offsets), 1, 1
  local function add(part) if part ~= "" then parts[#parts + 1] = part end end
  local function put(mark) add(notation.join(parts[#parts] or "", mark, open)) end
  local function open_one(item)
    open[#open + 1] = item
    put((notation.marks[item.type](item.entity)))
  end
  local function close_until(offset)
    local again = {}
    local lowest = #open + 1
    for i, item in ipairs(open) do
      if item.offset + item.length <= offset then lowest = i break end
    end
    while #open >= lowest do
      local item = table.remove(open)
      put(select(2, notation.marks[item.type](item.entity)))
      if item.offset + item.length > offset then table.insert(again, 1, item) end
    end
    for _, item in ipairs(again) do open_one(item) end
  end
  for _, offset in ipairs(offsets) do
    add(notation.escape(text:sub(from, bytes[offset] - 1), open))
    from = bytes[offset]
    close_until(offset)
    while known[next_one] and known[next_one].offset <= offset do
      open_one(known[next_one])
      next_one = next_one + 1
    end
  end
  add(notation.escape(text:sub(from), open))
  return table.concat(parts)
end

local function tag(name)
  return function() return "<" .. name .. ">", "</" .. name:match "^%S+" .. ">" end
end

local function link_of(entity)
  return entity.url or ("tg://user?id=%d"):format(entity.user and entity.user.id or 0)
end

local function html_link(entity) return '<a href="' .. markup.escape_html(link_of(entity)) .. '">', "</a>" end

local html = {
  escape = function(text) return markup.escape_html(text) end,
  join = function(_, mark) return mark end,
  marks = {
    bold = tag "b", italic = tag "i", underline = tag "u", strikethrough = tag "s", spoiler = tag "tg-spoiler",
    blockquote = tag "blockquote", expandable_blockquote = tag "blockquote expandable", code = tag "code",
    text_link = html_link, text_mention = html_link,
    pre = function(entity)
      if not entity.language or entity.language == "" then return "<pre>", "</pre>" end
      return '<pre><code class="language-' .. markup.escape_html(entity.language) .. '">', "</code></pre>"
    end,
    custom_emoji = function(entity)
      return '<tg-emoji emoji-id="' .. markup.escape_html(entity.custom_emoji_id or "") .. '">', "</tg-emoji>"
    end,
  },
}

--- The text with its entities as HTML.
function markup.to_html(text, entities) return write(text, entities or {}, html) end

local function mark(text) return function() return text, text end end

local function escape_url(url) return (url:gsub("[)\\]", "\\%0")) end

local function markdown_link(entity) return "[", "](" .. escape_url(link_of(entity)) .. ")" end

local markdown = {
  escape = function(text, open)
    local is_code, is_quote = false, false
    for _, item in ipairs(open) do
      is_code = is_code or item.type == "code" or item.type == "pre"
      is_quote = is_quote or item.type == "blockquote" or item.type == "expandable_blockquote"
    end
    text = is_code and text:gsub("[`\\]", "\\%0") or markup.escape_markdown(text)
    return is_quote and text:gsub("\n", "\n>") or text
  end,
  -- Between the marks of italic and underline stands an empty bold text (or, in bold, an empty spoiler), because "__" is always
  -- underline.
  join = function(last, one, open)
    if not one:find "^_" or not last:find "_$" then return one end
    local is_bold = false
    for _, item in ipairs(open) do is_bold = is_bold or item.type == "bold" end
    return (is_bold and "||||" or "**") .. one
  end,
  marks = {
    bold = mark "*", italic = mark "_", underline = mark "__", strikethrough = mark "~", spoiler = mark "||", code = mark "`",
    text_link = markdown_link, text_mention = markdown_link,
    blockquote = function() return ">", "" end,
    expandable_blockquote = function() return "**>", "||" end,
    pre = function(entity) return "```" .. (entity.language or "") .. "\n", "\n```" end,
    custom_emoji = function(entity) return "![", "](tg://emoji?id=" .. (entity.custom_emoji_id or "") .. ")" end,
  },
}

--- The text with its entities as MarkdownV2.
function markup.to_markdown(text, entities) return write(text, entities or {}, markdown) end

-- ---- HTML to entities ----

local TYPES = {
  b = "bold", strong = "bold", i = "italic", em = "italic", u = "underline", ins = "underline", s = "strikethrough",
  strike = "strikethrough", del = "strikethrough", ["tg-spoiler"] = "spoiler", code = "code", pre = "pre",
  blockquote = "blockquote", a = "text_link", ["tg-emoji"] = "custom_emoji", span = "spoiler",
}

local function attribute(text, name)
  local value = text:match("%f[%w-]" .. name:gsub("%-", "%%-") .. '%s*=%s*"([^"]*)"')
    or text:match("%f[%w-]" .. name:gsub("%-", "%%-") .. "%s*=%s*'([^']*)'")
  return value and markup.unescape_html(value)
end

-- The entity that a tag begins; nil: the tag means nothing.
local function entity_of(name, attributes)
  local entity = { type = TYPES[name] }
  if name == "span" and attribute(attributes, "class") ~= "tg-spoiler" then return nil end
  if name == "blockquote" and attributes:find "%f[%w]expandable%f[^%w]" then entity.type = "expandable_blockquote" end
  if name == "tg-emoji" then entity.custom_emoji_id = attribute(attributes, "emoji-id") end
  if name == "a" then
    entity.url = attribute(attributes, "href")
    local id = entity.url and entity.url:match "^tg://user%?id=(%d+)$"
    if id then entity.type, entity.url, entity.user = "text_mention", nil, { id = math.tointeger(tonumber(id)) } end
    if not entity.url and not entity.user then return nil end
  end
  return entity.type and entity
end

local function close(reader, name)
  for i = #reader.open, 1, -1 do
    local item = reader.open[i]
    if item.name == name then
      table.remove(reader.open, i)
      if not item.entity then return end
      item.entity.length = reader.units - item.entity.offset
      return
    end
  end
end

local function open(reader, name, attributes)
  local entity = entity_of(name, attributes)
  local outer = reader.open[#reader.open]
  local language = name == "code" and outer and outer.name == "pre" and attribute(attributes, "class")
  if language then
    outer.entity.language = language:match "^language%-(.+)$"
    entity = nil
  end
  if entity then
    entity.offset = reader.units
    reader.entities[#reader.entities + 1] = entity
  end
  reader.open[#reader.open + 1] = { name = name, entity = entity }
end

local function add_text(reader, text)
  text = markup.unescape_html(text)
  reader.parts[#reader.parts + 1] = text
  reader.units = reader.units + core.length(text)
end

--- HTML as a text and its entities. Tags that Telegram does not have are left out; their text stays.
function markup.from_html(source)
  local reader = { parts = {}, entities = {}, open = {}, units = 0 }
  local at = 1
  while at <= #source do
    local from, to, slash, name, attributes = source:find("<(/?)(%a[%w-]*)([^<>]*)>", at)
    add_text(reader, source:sub(at, (from or 0) - 1))
    if not from then break end
    name, at = name:lower(), to + 1
    if name == "br" then
      add_text(reader, "\n")
    elseif slash == "/" then
      close(reader, name)
    else
      open(reader, name, attributes)
    end
  end
  while #reader.open > 0 do close(reader, reader.open[#reader.open].name) end
  local entities = {}
  for _, entity in ipairs(reader.entities) do
    if entity.length > 0 then entities[#entities + 1] = entity end
  end
  return table.concat(reader.parts), entities
end

-- ---- for calls of Telegram ----

local FIELDS = { text = "entities", caption = "caption_entities" }

local getmetatable, type = getmetatable, type -- every call comes this way: a local costs less than a global

--- Is it a formatted text, as the module text makes them?
function markup.is_formatted(value) return type(value) == "table" and getmetatable(value) == "text" end

--- The parameters of a call, where a formatted text becomes a plain one and its entities.
function markup.spread(parameters)
  if type(parameters.text) ~= "table" and type(parameters.caption) ~= "table" then return parameters end
  local made
  for name, entities in pairs(FIELDS) do
    local value = parameters[name]
    if markup.is_formatted(value) then
      if not made then
        made = {}
        for each, field in pairs(parameters) do made[each] = field end
      end
      made[name], made[entities] = value.text, json.array { table.unpack(value.entities) }
      made.parse_mode = nil
    end
  end
  return made or parameters
end

return markup

-- text: letters, lengths, and formatted text. A formatted text is a plain text and its entities, so nothing in it has to be
-- escaped; it is sent as it is, or written as HTML or MarkdownV2.
local core = require "core.text"
local markup = require "core.markup"
local script = require "core.script"

local text = {
  length = core.length,
}

local function check(value, name)
  if type(value) ~= "string" then script.misuse(("text.%s: a text expected, not a %s"):format(name, type(value))) end
  return value
end

function text.lower(value) return core.lower(check(value, "lower")) end
function text.upper(value) return core.upper(check(value, "upper")) end
function text.fold(value) return core.fold(check(value, "fold")) end

for _, name in ipairs { "escape_html", "escape_markdown", "unescape_html" } do
  text[name] = function(value) return markup[name](type(value) == "number" and tostring(value) or check(value, name)) end
end

--- The text, or its beginning and the ending, in at most so many UTF-16 units.
function text.truncate(value, length, ending)
  check(value, "truncate")
  ending = ending or "…"
  if math.type(length) ~= "integer" or length < 0 then script.misuse "text.truncate: the length must be a whole number" end
  if core.length(value) <= length then return value end
  local room = length - core.length(ending)
  if room <= 0 then return core.cut(value, length) end
  return core.cut(value, room) .. ending
end

-- ---- formatted text ----

local Text = {}
local meta = { __index = Text, __name = "text", __metatable = "text" }

local function new(plain, entities) return setmetatable({ text = plain, entities = entities }, meta) end

-- What may stand in a formatted text: such a text, or anything, as its text.
local function formatted(value)
  if markup.is_formatted(value) then return value end
  return new(tostring(value), {})
end

-- nil, a table or a function would be shown as "nil" or "table: 0x55...", which nobody has meant.
local function showable(value, name)
  local kind = type(value)
  local metatable = kind == "table" and getmetatable(value)
  local has_text = metatable == "text" or type(metatable) == "table" and metatable.__tostring
  if kind ~= "string" and kind ~= "number" and not has_text then
    script.misuse(("text.%s: a text expected, not a %s"):format(name, kind))
  end
  return value
end

local function shifted(entity, units)
  local copy = {}
  for name, field in pairs(entity) do copy[name] = field end
  copy.offset = entity.offset + units
  return copy
end

function meta.__concat(one, other)
  one, other = formatted(one), formatted(other)
  local entities, units = {}, core.length(one.text)
  for i, entity in ipairs(one.entities) do entities[i] = entity end
  for _, entity in ipairs(other.entities) do entities[#entities + 1] = shifted(entity, units) end
  return new(one.text .. other.text, entities)
end

function meta.__tostring(self) return self.text end
function meta.__len(self) return core.length(self.text) end
function meta.__eq(one, other) return one:html() == other:html() end

--- The text as parse_mode = "HTML" wants it, and as "MarkdownV2" does.
function Text:html() return markup.to_html(self.text, self.entities) end
function Text:markdown() return markup.to_markdown(self.text, self.entities) end

-- The text with one more entity around all of it.
local function wrapped(kind, name, value, fields)
  local inner = formatted(showable(value, name))
  local entity = fields or {}
  entity.type, entity.offset, entity.length = kind, 0, core.length(inner.text)
  return new(inner.text, entity.length > 0 and { entity, table.unpack(inner.entities) } or {})
end

--- text.bold(name) .. ", hello": each of these gives a formatted text, in which nothing needs to be escaped.
for name, kind in pairs { bold = "bold", italic = "italic", underline = "underline", strikethrough = "strikethrough",
  spoiler = "spoiler", code = "code" } do
  text[name] = function(value) return wrapped(kind, name, value) end
end

function text.quote(value, is_expandable)
  return wrapped(is_expandable and "expandable_blockquote" or "blockquote", "quote", value)
end

function text.pre(value, language) return wrapped("pre", "pre", value, { language = language }) end

function text.link(value, url) return wrapped("text_link", "link", value, { url = check(url, "link") }) end

--- user: a User object, or an id.
function text.mention(value, user)
  local id = type(user) == "table" and user.id or user
  if math.type(id) ~= "integer" then script.misuse "text.mention: a user, or the id of one, expected" end
  return wrapped("text_mention", "mention", value, { user = { id = id } })
end

function text.emoji(value, custom_emoji_id)
  return wrapped("custom_emoji", "emoji", value, { custom_emoji_id = check(custom_emoji_id, "emoji") })
end

--- text.format("Hello, %s!", text.bold(name)): each %s is the next argument, %% a percent sign.
function text.format(pattern, ...)
  local result, at, used = formatted "", 1, 0
  check(pattern, "format")
  while true do
    local from, to, kind = pattern:find("%%(.)", at)
    result = result .. pattern:sub(at, (from or 0) - 1)
    if not from then break end
    if kind == "s" then
      used = used + 1
      if used > select("#", ...) then script.misuse "text.format: there are more %s than arguments" end
      result = result .. (select(used, ...))
    elseif kind == "%" then
      result = result .. "%"
    else
      script.misuse("text.format knows only %s and %%, not %" .. kind)
    end
    at = to + 1
  end
  return result
end

--- The parts as one formatted text, with the separator between them.
function text.join(parts, separator)
  if type(parts) ~= "table" or markup.is_formatted(parts) then script.misuse "text.join: a list of texts expected" end
  local result = formatted ""
  for i, part in ipairs(parts) do
    if i > 1 and separator then result = result .. separator end
    result = result .. part
  end
  return result
end

--- A formatted text of HTML, of a text and its entities, or of a message.
function text.from_html(source) return new(markup.from_html(check(source, "from_html"))) end

function text.of(value, entities)
  if type(value) == "table" and getmetatable(value) == "message" then
    return new(value.text or value.caption or "", value.entities or value.caption_entities or {})
  end
  return new(check(value, "of"), entities or {})
end

return text

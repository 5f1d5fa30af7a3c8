---@meta text
-- The module text: letters of all languages, lengths, and formatted text. A formatted text is a plain text and its entities, so
-- nothing in it has to be escaped: message:answer("Hello, " .. text.bold(name) .. "!"). Each text or caption of a call may be one.

---@class text
local text = {}

--- A formatted text, made by the functions below. Joined by `..` with other texts it stays one; `#` is its length.
---@class text.Formatted
---@field text string the plain text, as tostring gives it
---@field entities telegram.MessageEntity[]
---@field html fun(self: text.Formatted): string as parse_mode = "HTML" wants it
---@field markdown fun(self: text.Formatted): string as parse_mode = "MarkdownV2" wants it

--- The text in lower case. This and the next two know all letters; string.lower knows only those of English.
---@param value string
---@return string
function text.lower(value) end

--- The text in upper case.
---@param value string
---@return string
function text.upper(value) end

--- The text in a form that is equal for texts that differ only in case, or in how an accent is written: for comparisons.
---@param value string
---@return string
function text.fold(value) end

--- The length in UTF-16 units, as Telegram counts: an emoji has two or more.
---@param value string
---@return integer units
function text.length(value) end

--- The text, or its beginning and the ending, in at most so many UTF-16 units. It is cut between words if it can be.
---@param value string
---@param length integer
---@param ending? string without: "…"
---@return string
function text.truncate(value, length, ending) end

--- Escapes a text for parse_mode = "HTML".
---@param value string
---@return string
function text.escape_html(value) end

--- Escapes a text for parse_mode = "MarkdownV2".
---@param value string
---@return string
function text.escape_markdown(value) end

--- Replaces &lt; &#60; &laquo; and so on by the characters that they stand for.
---@param value string
---@return string
function text.unescape_html(value) end

---@param value string|text.Formatted
---@return text.Formatted
function text.bold(value) end

---@param value string|text.Formatted
---@return text.Formatted
function text.italic(value) end

---@param value string|text.Formatted
---@return text.Formatted
function text.underline(value) end

---@param value string|text.Formatted
---@return text.Formatted
function text.strikethrough(value) end

---@param value string|text.Formatted
---@return text.Formatted
function text.spoiler(value) end

---@param value string
---@return text.Formatted
function text.code(value) end

--- A block of code.
---@param value string
---@param language? string
---@return text.Formatted
function text.pre(value, language) end

--- A quotation.
---@param value string|text.Formatted
---@param is_expandable? boolean only its first lines are shown at first
---@return text.Formatted
function text.quote(value, is_expandable) end

---@param value string|text.Formatted
---@param url string
---@return text.Formatted
function text.link(value, url) end

--- A mention of a person who may have no username.
---@param value string|text.Formatted
---@param user telegram.User|integer
---@return text.Formatted
function text.mention(value, user) end

--- A custom emoji.
---@param value string the emoji that stands for it where it can't be shown
---@param custom_emoji_id string
---@return text.Formatted
function text.emoji(value, custom_emoji_id) end

--- As string.format with %s and %% only: text.format("Hello, %s!", text.bold(name))
---@param pattern string
---@param ... any
---@return text.Formatted
function text.format(pattern, ...) end

--- Joins a list of texts.
---@param parts (string|text.Formatted)[]
---@param separator? string|text.Formatted
---@return text.Formatted
function text.join(parts, separator) end

--- Reads HTML. Tags that Telegram does not have are left out; their text stays.
---@param source string
---@return text.Formatted
function text.from_html(source) end

--- The formatted text of a message (its text or caption), or of a text and its entities.
---@param value telegram.Message|string
---@param entities? telegram.MessageEntity[]
---@return text.Formatted
function text.of(value, entities) end

return text

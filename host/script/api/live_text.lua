-- A text that is shown while it grows, such as the answer of a language model: sent once, then edited now and then, since
-- Telegram allows few edits a minute. What no longer fits goes on in the next message.
local core = require "core.telegram"

local live_text = {}

local LONGEST = 4096
local PAUSE, PAUSE_OF_GROUP = 1, 3 -- seconds between two edits: telegram/FACTS.md, Limits
local LAST_ONLY = { parse_mode = true, reply_markup = true, entities = true } -- half a markup would be refused

local function plain(options)
  local copy = {}
  for name, value in pairs(options) do
    if not LAST_ONLY[name] then copy[name] = value end
  end
  return copy
end

-- Sends or edits, if there is something new to see. options: of this call.
local function show(self, text, options)
  if text == self.shown and next(options) == nil or not text:find "%S" then return end
  if self.message then
    self.message, self.err = self.edit(self.message, text, options)
  else
    self.message, self.err = self.send(text, options)
  end
  self.shown, self.shown_at = text, os.time()
end

-- The text has become too long for one message.
local function turn_page(self)
  local first = core.split(self.text, LONGEST)[1]
  show(self, first, {})
  self.text = self.text:sub(#first + 1):gsub("^%s+", "")
  self.message, self.shown = nil, ""
end

local function add(self, part)
  if self.err then return end -- nobody can read on
  self.text = self.text .. part
  while not self.err and (utf8.len(self.text) or #self.text) > LONGEST do turn_page(self) end
  if self.err or os.time() - self.shown_at < self.pause then return end
  show(self, self.text, self.message and {} or self.plain)
end

--- Calls writer(write), and shows what write gets. send(text, options) and edit(message, text, options) return a message, or
--- nil and an error, as this does. options: of the last call; of the others, all but the markup.
function live_text.show(writer, is_group, send, edit, options)
  local self = { text = "", shown = "", shown_at = 0, send = send, edit = edit, plain = plain(options),
    pause = is_group and PAUSE_OF_GROUP or PAUSE }
  writer(function(part) add(self, tostring(part)) end)
  if not self.err then
    local last = {}
    for name, value in pairs(options) do
      if LAST_ONLY[name] or not self.message then last[name] = value end
    end
    show(self, self.text, last)
  end
  return self.message, self.err
end

return live_text

-- Deep links: t.me/BOT?start=PAYLOAD opens a chat with the bot, which gets "/start PAYLOAD". Telegram lets 64 characters
-- through, of A-Z a-z 0-9 _ and -; so other bytes are encoded as base64url, without padding.
local core = require "core.script"

local link = {}

local LONGEST = 64
local DATA_LONGEST = LONGEST // 4 * 3
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local digit_of = {}
for i = 1, #ALPHABET do
  digit_of[ALPHABET:byte(i)] = i - 1
end

local function encode(data)
  local parts = {}
  for at = 1, #data, 3 do
    local a, b, c = data:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for i = 0, c and 3 or b and 2 or 1 do
      local digit = bits >> (18 - 6 * i) & 63
      parts[#parts + 1] = ALPHABET:sub(digit + 1, digit + 1)
    end
  end
  return table.concat(parts)
end

--- Bytes as text that a link may carry: 4 characters for 3 bytes.
function link.encode(data)
  if type(data) ~= "string" then core.misuse "bot.encode_link: a text expected" end
  if #data > DATA_LONGEST then
    core.misuse(("bot.encode_link: %d bytes are too many, a link carries up to %d"):format(#data, DATA_LONGEST))
  end
  return encode(data)
end

--- The reverse of encode; nil for a payload that encode did not make.
function link.decode(payload)
  if type(payload) ~= "string" then core.misuse "bot.decode_link: a text expected" end
  local bits, count, bytes = 0, 0, {}
  for i = 1, #payload do
    local digit = digit_of[payload:byte(i)]
    if not digit then
      return nil
    end
    bits, count = (bits << 6 | digit) & 0xFFFF, count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 255)
    end
  end
  local data = table.concat(bytes)
  return #data <= DATA_LONGEST and encode(data) == payload and data or nil -- one payload for one text: no spare bits set
end

--- The address of a bot's chat with that payload; kind: "start", "startgroup" (chooses a group to add the bot to).
function link.build(username, payload, kind)
  if type(payload) ~= "string" or #payload > LONGEST or payload:find("[^%w_-]") then
    core.misuse(("a link carries up to %d characters of A-Z a-z 0-9 _ -; bot.encode_link makes such of others"):format(LONGEST))
  end
  if not username then
    error("the bot's name is not known before Telegram has told it: build links in handlers", 3)
  end
  return ("https://t.me/%s?%s=%s"):format(username, kind, payload)
end

return link

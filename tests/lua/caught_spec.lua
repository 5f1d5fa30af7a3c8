-- An error that a script catches names the script's own line too, since the script may show it to its author.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person "Анна" end)

local HEAD = [[local bot, keyboard, telegram = require "bot", require "keyboard", require "telegram"
  local text, time = require "text", require "time" ]]

-- What pcall and xpcall catch of this code, which stands in line 2.
local function caught(code)
  anna:says(HEAD .. ([[
    local is_done, err = pcall(function()
      %s
    end)
    local _, other = xpcall(function() %s end, function(err) return err end)
    return ("%%s %%s | %%s"):format(is_done, err, other) ]]):format(code, code))
  local seen = anna:saw()
  return seen[#seen]
end

describe("a mistake that a script catches", function()
  for code, wanted in pairs {
    ['text.upper "\\xff"'] = "a text in UTF-8 expected",
    ["text.bold()"] = "text.bold: a text expected, not a nil",
    ["text.link({}, 'https://example.org')"] = "text.link: a text expected, not a table",
    ["text.join 'one'"] = "text.join: a list of texts expected",
    ["text.escape_html{}"] = "text.escape_html: a text expected, not a table",
    ["text.unescape_html{}"] = "text.unescape_html: a text expected, not a table",
    ["keyboard.inline()"] = "keyboard.inline: a list of rows expected, not a nil",
    ["keyboard.reply{ print }"] = "keyboard.reply: the label of a button must be a text, not a function",
    ["keyboard.inline{ { { 'Delete', { id = 7 } } } }"] = "keyboard.inline: the data of a button must be a text, not a table",
    ["keyboard.inline{ { {} } }"] = "keyboard.inline: the label of a button must be a text, not a nil",
    ["keyboard.remove(1)"] = "keyboard.remove: the options must be a table, not a number",
    ["bot.link()"] = "a link carries up to 64 characters",
    ["bot.encode_link()"] = "bot.encode_link: a text expected",
    ["bot.encode_link(('x'):rep(49))"] = "bot.encode_link: 49 bytes are too many, a link carries up to 48",
    ["telegram.send_message 'hello'"] = "telegram.send_message: a table of parameters expected, not a string",
    ["bot.decode_link{}"] = "bot.decode_link: a text expected",
    ["bot.read 'texts\\0.txt'"] = "a path without a zero byte expected",
    ["telegram.file 'a.png\\0.txt'"] = "a path without a zero byte expected",
    ["telegram.download()"] = "telegram.download: a file_id expected",
    ["time.in_zone 'Europe/Berlin\\0'"] = "a time zone's name has no zero byte",
  } do
    it("names its line: " .. code, function()
      local seen = caught(code)
      assert.is_not_nil(seen:find(wanted, 1, true), seen)
      assert.matches("^false said:%d+: ", seen)
      assert.matches("| said:%d+: ", seen)
      assert.is_nil(seen:find("lunokhod/", 1, true), seen)
    end)
  end

  it("stays as it is where the script has raised it, or Lua in the script's line", function()
    assert.equal("false plain | plain", caught "error('plain', 0)")
    assert.matches("^false said:3: attempt to index a nil value %(local 'x'%) | said:5: ", caught "local x; x.y = 1")
    anna:says "local value = {} return select(2, pcall(error, value)) == value"
    anna:sees "true"
  end)

  it("is caught across a wait, with results and errors", function()
    anna:says [[local bot = require "bot" local a = { pcall(function(...) bot.sleep(1) return ... end, 1, nil, 3) }
      local is_done, err = pcall(function() bot.sleep(1) error "late" end)
      return ("%s %s %s %s"):format(a[1], a[4], is_done, err)]]
    clock:advance "3s"
    anna:sees "true 3 false said:2: late"
  end)
end)

describe("what has a text", function()
  it("may still be put into a formatted text", function()
    anna:says [[local text = require "text"
      local own = setmetatable({}, { __tostring = function() return "own" end })
      return text.bold(7) .. text.italic(text.bold "b") .. text.code(own)]]
    anna:sees "7bown"
  end)
end)

-- JSON as Lua values and back: exact integers, lists that stay lists, objects where Telegram wants them, places in errors.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local function returns(expected, lua)
  anna:says('local json, telegram, bot = require "json", require "telegram", require "bot" ' .. lua)
  local seen = anna:saw()
  assert.equal(expected, seen[#seen])
end

describe("json.decode", function()
  local numbers = {
    { "9223372036854775807", "integer 9223372036854775807" }, { "-9223372036854775808", "integer -9223372036854775808" },
    { "9007199254740993", "integer 9007199254740993" }, { "9223372036854775808", "float 9.2233720368548e+18" },
    { "-9223372036854775809", "float -9.2233720368548e+18" }, { "99999999999999999999999", "float 1e+23" },
    { "0", "integer 0" }, { "-0", "integer 0" }, { "1e3", "integer 1000" }, { "1.0", "integer 1" },
    { "1.5e-3", "float 0.0015" },
    { "1" .. ("0"):rep(70) .. ".5", "float 1e+70" },
  }
  for _, case in ipairs(numbers) do
    it("reads " .. case[1], function()
      returns(case[2], ('local n = json.decode "[%s]"[1] return math.type(n) .. " " .. n'):format(case[1]))
      returns(case[2], ('local n = json.decode "%s" return math.type(n) .. " " .. n'):format(case[1]))
    end)
  end

  local texts = {
    [ [["\u0041\n\t\"\\\/"]] ] = "A\n\t\"\\/", [ [["\ud83d\ude80"]] ] = "🚀", [ [["\u0416\u20ac"]] ] = "Ж€", ['"12"'] = "12",
    ['"слово"'] = "слово", ['""'] = "",
  }
  for text, value in pairs(texts) do
    it("reads " .. text, function() returns("true", ("return json.decode(%q) == %q"):format(text, value)) end)
  end

  it("reads texts with a zero, and with bytes that are not UTF-8, as they are", function()
    returns("true", [[return json.decode '"a\\u0000b"' == "a\0b" and json.decode '"\xff"' == "\xff"]])
  end)

  for _, text in ipairs {
    "", " ", "[", "]", "[1", "[1,", "[1,]", "[1 2]", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', "{a:1}", "{1:2}",
    '"', '"a', '"\\', '"\\"', '"\\x"', '"\\u12"', '"\\u12G4"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\u0041"',
    "tru", "nul", "True", "1 2", "01",
    "-", "1.", ".5", "1e", "1e+", "+1", "0x10", "NaN", "Infinity", "1e999", "-1e999", "[1]]", "'a'", ("["):rep(1001), "\0",
  } do
    it("refuses " .. text:sub(1, 20), function()
      returns("true", ([[
        local value, why = json.decode(%q)
        return value == nil and why:find("^not JSON: .* at byte %%d+$") ~= nil]]):format(text))
    end)
  end

  it("reads what is a thousand deep", function()
    returns("true", [[return json.decode(("["):rep(1000) .. ("]"):rep(1000)) ~= nil]])
  end)
end)

describe("what was read", function()
  for _, text in ipairs {
    '{"list":[],"map":{}}', "[]", "{}", "[[],{},[[]]]", "[1,2,[3]]", "9223372036854775807", "[-9223372036854775808]",
    '[null,true,"a"]',
  } do
    it("is written the same again: " .. text, function()
      anna:says(('local json = require "json" return json.encode(json.decode %q)'):format(text))
      local seen = anna:saw()[1]
      if text:find "map" then
        assert.matches('"list":%[%]', seen)
        assert.matches('"map":{}', seen)
      else
        assert.equal(text, seen)
      end
    end)
  end

  it("may be changed: a list that was emptied is one, and one with names is none", function()
    returns("[]", [[local t = json.decode "[1]" table.remove(t) return json.encode(t)]])
    returns('{"x":1}', [[local t = json.decode "[]" t.x = 1 return json.encode(t)]])
    returns("[1]", [[local t = json.decode "[]" t[1] = 1 return json.encode(t)]])
  end)

  it("is exact in the data of jobs and of questions", function()
    returns('{"id":9223372036854775807,"list":[],"map":{}}', [[
      local stable = require "core.stable_json"
      return stable.encode(stable.decode(stable.encode({ id = math.maxinteger, list = json.array {}, map = {} }, "x")), "x")]])
  end)
end)

describe("json.encode", function()
  local refused = {
    [ [[ { items = { { name = "да" }, { name = "да\xff" } } } ]] ] =
      "not UTF%-8 %(its byte 5 is 255%) can't be JSON at items%[2%]%.name$",
    [ [[ "\xd0" ]] ] = "not UTF%-8 %(its byte 1 is 208%) can't be JSON$",
    [ [[ { a = { ["\xff"] = 1 } } ]] ] = "not UTF%-8 .* at a$",
    [ [[ { a = { 1, print } } ]] ] = "a function can't be JSON at a%[2%]$",
    [ [[ { { b = 0 / 0 } } ]] ] = "JSON has no number for .*nan at %[1%]%.b$",
    [ [[ { a = { 1, x = 2 } } ]] ] = "both a list and named fields can't be JSON at a$",
    [ [[ { a = { [true] = 1 } } ]] ] = "a key that is a boolean can't be JSON at a$",
  }
  for value, complaint in pairs(refused) do
    it("says where it can't:" .. value, function()
      anna:says(('return select(2, pcall(require "json".encode, %s))'):format(value))
      assert.matches(complaint, anna:saw()[1])
    end)
  end

  it("refuses such bytes in the data of a job, too", function()
    anna:says [[return select(2, pcall(require "core.stable_json".encode, { name = "\xff" }, "a job's"))]]
    assert.matches("a job's data must be .* not UTF%-8 .* at name$", anna:saw()[1])
  end)
end)

describe("an empty table", function()
  local function sent(method, parameters)
    anna:says(('require "telegram".try.%s(%s)'):format(method, parameters))
    local found
    for _, call in ipairs(telegram:requests(method)) do
      if call.parameters.text ~= "nil" then found = call.parameters end -- the bot's own answer is that
    end
    return found
  end

  it("is an object where Telegram wants one", function()
    assert.equal("{}", sent("restrictChatMember", "{ chat_id = 1, user_id = 2, permissions = {} }").permissions)
    local parameters = sent("sendMessage", "{ chat_id = 1, text = 'a', reply_parameters = {}, link_preview_options = {} }")
    assert.equal("{}", parameters.reply_parameters)
    assert.equal("{}", parameters.link_preview_options)
  end)

  it("is a list where Telegram wants one", function()
    assert.equal("[]", sent("setMyCommands", "{ commands = {} }").commands)
    assert.equal("[]", sent("sendMessage", "{ chat_id = 1, text = 'a', entities = {} }").entities)
  end)

  it("is what its place wants, deep within, and in an upload", function()
    local keyboard = [[{ inline_keyboard = { {}, { { text = "a", callback_game = {} }, { text = "b", web_app = {} } }, {} } }]]
    for _, call in ipairs {
      { "sendMessage", "{ chat_id = 1, text = 'a', reply_markup = %s }" },
      { "sendDocument", "{ chat_id = 1, document = require 'telegram'.bytes('a', 'a.txt'), reply_markup = %s }" },
    } do
      local markup = sent(call[1], call[2]:format(keyboard)).reply_markup
      assert.matches('"inline_keyboard":%[%[%],%[{.*}%],%[%]%]', markup)
      assert.matches('"callback_game":{}', markup)
      assert.matches('"web_app":{}', markup)
    end
  end)

  it("alone is no parameter at all", function()
    anna:says "return require 'telegram'.get_me({}).is_bot"
    anna:sees "true"
  end)
end)

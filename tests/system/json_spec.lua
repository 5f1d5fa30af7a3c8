-- JSON passes through a script without a change.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local LARGE = 4503599627370495 -- 16 digits, 52 bits: the most that Telegram promises

-- Runs the body of a handler on one message and returns what it answers.
local function answer_of(body, text)
  local telegram = sandbox {}
  host { telegram = telegram, script = ([[
    local bot, db, json, telegram = require "bot", require "db", require "json", require "telegram"
    bot.on("message", function(message)
      local answer
      %s
      message:answer(tostring(answer))
    end)
  ]]):format(body) }
  local anna = telegram:person("Анна", { id = LARGE })
  anna:says(text or "?")
  return anna:saw(1)[1], telegram, anna
end

describe("JSON", function()
  after_each(world.finish)

  it("brings ids as integers", function()
    assert.equal(("integer %d"):format(LARGE), (answer_of("answer = math.type(message.chat.id) .. ' ' .. message.chat.id")))
  end)

  it("keeps an id on its way into the database, out of it and to Telegram", function()
    local body = [[
      db.exec "CREATE TABLE ids(id)"
      db.exec("INSERT INTO ids VALUES(?)", message.from.id)
      local row = db.one "SELECT id, typeof(id) AS type FROM ids"
      telegram.send_message { chat_id = row.id, text = row.type }
      answer = json.encode { id = row.id }
    ]]
    local _, _, anna = answer_of(body)
    assert.same({ "integer", ('{"id":%d}'):format(LARGE) }, anna:saw(2))
  end)

  it("keeps integers integers and fractions fractions", function()
    local body = [[
      local t = json.decode '{"a":1,"b":1.5,"c":-9007199254740991,"d":1e3,"e":0}'
      answer = table.concat({ math.type(t.a), math.type(t.b), math.type(t.c), t.c, math.type(t.e) }, " ")
        .. json.encode { t.b, t.c }
    ]]
    assert.equal("integer float integer -9007199254740991 integer[1.5,-9007199254740991]", (answer_of(body)))
  end)

  it("has empty arrays, empty objects and null", function()
    local body = [[
      local t = json.decode '{"list":[],"object":{},"nothing":null}'
      answer = #t.list .. json.encode(t.object) .. json.encode(json.array {}) .. json.encode { json.null, json.array(t.list) }
        .. tostring(t.nothing == json.null)
    ]]
    assert.equal("0{}[][null,[]]true", (answer_of(body)))
  end)

  it("keeps every letter of a text", function()
    local text = "одна кавычка \" ' \\ / {[ ]} <b>&amp;</b> 🏆👩‍👧 \u{7f} שלום \\"
    assert.equal(text, (answer_of("answer = message.text", text)))
  end)

  local lone = { quote = [["]], backslash = [[\]], brace = "}", bracket = "]", ["quote before a brace"] = [["},{"]] }
  for what, text in pairs(lone) do
    it("takes a message of a lone " .. what, function() assert.equal(text, (answer_of("answer = message.text", text))) end)
  end

  it("leaves an absent parameter out", function()
    local _, telegram = answer_of [[
      telegram.send_message { chat_id = message.chat.id, text = 'x', parse_mode = nil }
      answer = 'y']]
    local sent
    until_(function()
      sent = telegram:calls("sendMessage")
      return #sent == 2
    end, "both calls")
    assert.is_nil(sent[1].parameters.parse_mode)
    assert.is_nil(sent[1].parameters.reply_markup)
  end)

  it("sends tables as JSON in the right shape", function()
    local _, _, anna = answer_of([[
      -- An empty table is an array, as it nearly always has to be.
      telegram.send_message { chat_id = message.chat.id, text = "x", reply_markup = { inline_keyboard = {} } }
      telegram.sendMessage { chat_id = message.chat.id, text = "z",
        reply_markup = { inline_keyboard = { { { text = "кнопка", callback_data = "1" } } } } }
      answer = 'y'
    ]])
    assert.same({ "x", "z", "y" }, anna:saw(3))
    assert.equal("кнопка", anna:messages()[2].reply_markup.inline_keyboard[1][1].text)
  end)
end)

-- Texts that are longer than a message, and texts that Telegram would take for markup.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local function told(body, count)
  local telegram = sandbox {}
  local lunokhod = host { telegram = telegram, script = ([[
    local bot, telegram = require "bot", require "telegram"
    bot.on("message", function(message) %s end)
  ]]):format(body) }
  local anna = telegram:person("Анна")
  anna:says("<b>_*жирный*_</b> \\ & [ссылка](https://example.org) 1.5!")
  return count and anna:saw(count), anna, lunokhod, telegram
end

describe("A long text", function()
  after_each(world.finish)

  it("goes in parts when asked, cut between lines, none lost", function()
    local texts = told([[
      local lines = {}
      for i = 1, 1000 do lines[i] = "строка " .. i end
      message:answer(table.concat(lines, "\n"), { split = true })
    ]], 3)
    local lines = {}
    for _, text in ipairs(texts) do
      assert.is_true(utf8.len(text) <= 4096)
      for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
    end
    assert.equal(1000, #lines)
    assert.equal("строка 1000", lines[1000])
  end)

  it("carries the keyboard under the last part and is a reply in the first", function()
    local _, anna = told([[
      local keyboard = { inline_keyboard = { { { text = "ok", callback_data = "1" } } } }
      message:reply(("слово "):rep(1000), { split = true, reply_markup = keyboard })
    ]], 2)
    local messages = anna:messages()
    assert.is_not_nil(messages[1].reply_to_message)
    assert.is_nil(messages[1].reply_markup)
    assert.is_nil(messages[2].reply_to_message)
    assert.is_not_nil(messages[2].reply_markup)
  end)

  it("is sent as it is when it fits", function()
    assert.same({ "коротко" }, (told([[message:answer("коротко", { split = true })]], 1)))
  end)

  it("is refused with markup, which a cut would break", function()
    local _, _, lunokhod = told [[message:answer(("*a* "):rep(3000), { split = true, parse_mode = "HTML" })]]
    lunokhod:logged("bot%.lua:2:.*split is for plain text")
  end)

  it("tells the failure of a part, and sends none after it", function()
    local _, _, lunokhod, telegram = told [[
      local _, err = message:answer(("a "):rep(5000), { split = true, chat_id = 404 })
      require "log".info("failed with " .. err.code)
    ]]
    lunokhod:logged("failed with 400")
    assert.equal(1, #telegram:calls("sendMessage"))
  end)
end)

describe("An escaped text", function()
  after_each(world.finish)

  for name, mode in pairs { escape_html = "HTML", escape_markdown = "MarkdownV2" } do
    it("is shown as it was, in " .. mode, function()
      local texts, anna = told(([[message:answer(telegram.%s(message.text), { parse_mode = %q })]]):format(name, mode), 1)
      assert.same({ "<b>_*жирный*_</b> \\ & [ссылка](https://example.org) 1.5!" }, texts)
      for _, entity in ipairs(anna:messages()[1].entities or {}) do assert.equal("url", entity.type) end
    end)
  end

  it("stays in one piece inside markup", function()
    local texts, anna = told([[
      message:answer("*" .. telegram.escape_markdown("a*b_c`d\\") .. "*", { parse_mode = "MarkdownV2" })
    ]], 1)
    assert.same({ "a*b_c`d\\" }, texts)
    assert.equal("bold", anna:messages()[1].entities[1].type)
  end)
end)

-- What the admin does in his chat with the bot: how it is, its dead letters, a reload.
local backups = require "tests.support.backups"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local SCRIPT = [[
  local bot, db = require "bot", require "db"
  db.exec "CREATE TABLE IF NOT EXISTS good(n INTEGER)"
  bot.text("good", function(message) db.exec "INSERT INTO good VALUES (1)" message:answer "all is good" end)
  bot.match("^boom", function(message)
    if not db.one "SELECT 1 FROM good" then error("it is bad: " .. message.text) end
    message:answer("done: " .. message.text)
  end)
  bot.match(".", function(message) message:answer("heard " .. message.text) end)
]]

describe("the admin", function()
  local telegram, admin, anna, lunokhod

  before_each(function()
    telegram = sandbox {}
    admin, anna = telegram:person "Админ", telegram:person "Анна"
    admin:says "hello"
    lunokhod = backups.host(telegram, admin, { script = SCRIPT, options = { "--fresh" } })
    admin:sees_last "heard hello"
  end)

  after_each(world.finish)

  local function asked(text, pattern) return backups.ask(admin, text, pattern) end

  local function fails(text)
    local before = #lunokhod:log_lines "traceback="
    anna:says(text)
    until_(function() return #lunokhod:log_lines "it is bad" > before or #lunokhod:log_lines "dead" > before end, "a failure")
  end

  -- What a button has said for a moment.
  local function told(text)
    until_(function()
      for _, call in ipairs(telegram:calls "answerCallbackQuery") do
        if call.parameters.text == text then return true end
      end
    end, text)
  end

  it("learns how the host is", function()
    anna:says "good"
    anna:sees_last "all is good"
    local status = asked("/status", "^lunokhod")
    assert.matches("^lunokhod %d+%.%d+%.%d+, since 20%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d UTC%.\n", status)
    assert.matches("Updates: %d+ received", status)
    assert.matches("Last backup: 20.* in message %d+%.\n", status)
    assert.matches("Changes that it does not have: %d+%.\n", status)
    assert.matches("Scripts: 1 files", status)
    assert.is_nil(status:find("Dead letters", 1, true))
  end)

  it("has dead letters handed out again, or dropped, by a button each", function()
    assert.matches("no dead letters", asked("/errors", "dead letters"))
    fails "boom one"
    fails "boom two"
    local list = until_(function()
      local text = asked("/errors", "ead letters")
      return text:find("Dead letters: 2", 1, true) and text
    end, "two dead letters")
    assert.matches("\n2, 20.* UTC: [^\n]*bot%.lua:5: it is bad: boom two\n1, 20[^\n]*bot%.lua:5: it is bad: boom one$", list)
    assert.matches("Dead letters: 2, see /errors", asked("/status", "^lunokhod"))
    anna:says "good"
    anna:sees_last "all is good"
    admin:presses "Drop 1"
    told "Dropped."
    admin:presses "Again 2"
    told "Handed out again."
    anna:sees_last "done: boom two"
    admin:presses "Again 1"
    told "It is not there any more."
    assert.matches("no dead letters", asked("/errors", "no dead letters"))
  end)

  it("may press only the buttons of the newest list", function()
    fails "boom one"
    until_(function() return asked("/errors", "ead letters"):find "Dead letters: 1" end, "a dead letter")
    local messages = admin:messages()
    local old = messages[#messages]
    asked("/errors", "Dead letters: 1")
    local data = old.reply_markup.inline_keyboard[1][2].callback_data
    telegram:post("callbacks", { chat_id = admin.id, message_id = old.message_id, data = data })
    told "That list is over: /errors makes a new one."
    assert.matches("Dead letters: 1", asked("/errors", "ead letters"))
  end)

  it("reloads, and is told what failed", function()
    assert.equal("Reloaded: 1 files.", asked("/reload", "^Reload"))
    lunokhod:write("bot.lua", "local bot = require 'bot'\nerror 'broken'")
    assert.matches("Reload failed, the old scripts go on: [^\n]*bot%.lua:2: broken", asked("/reload", "^Reload"))
    anna:says "still there"
    anna:sees_last "heard still there"
  end)

  it("loses nothing that waits by going back to data that the scripts can't work on", function()
    local first = backups.documents(telegram, admin)[1]
    local old = backups.send_as_admin(telegram, admin, backups.bytes(telegram, admin, first.message_id))
    anna:says "good"
    anna:sees_last "all is good"
    lunokhod:write("bot.lua", SCRIPT .. "if not db.one 'SELECT 1 FROM good' then error 'old data' end")
    asked("/reload", "^Reloaded")
    admin:sends { text = "/restore", reply_to_message_id = old }
    until_(function() return backups.told(admin, "^Go back to that backup") > 0 end, "the question")
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    local expected = { "all is good" }
    for i = 1, 70 do -- more than stay in memory of one chat
      anna:says("n" .. i)
      expected[i + 1] = "heard n" .. i
    end
    telegram:holds(1)
    until_(function() return lunokhod:status().updates.unfinished >= 70 end, "all to wait")
    admin:presses "Go back to it"
    lunokhod:logged "the admin goes back"
    telegram:let_go "apply"
    lunokhod:logged "the scripts can't work on the data of that backup.*old data"
    assert.same(expected, anna:saw(71))
  end)

  it("sees that there are no backups of earlier days yet", function()
    assert.matches("no backups of earlier days", asked("/history", "backups"))
  end)

  it("is the only one, and only in private", function()
    local group = telegram:chat("group", "Группа", { admin, anna })
    for _, command in ipairs { "/status", "/errors", "/reload", "/history" } do
      anna:says(command)
      anna:sees_last("heard " .. command)
      admin:says(command, group)
      until_(function()
        local texts = telegram:texts_of(group.id)
        return texts[#texts] == "heard " .. command
      end, command .. " in a group")
    end
  end)
end)

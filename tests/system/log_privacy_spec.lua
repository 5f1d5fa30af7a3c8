-- What is not in the log: what people write, and what they are called.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local SCRIPT = [[
local bot, db, keyboard = require "bot", require "db", require "keyboard"
db.exec "CREATE TABLE IF NOT EXISTS said(name TEXT, text TEXT)"
bot.command("start", function(message)
  local buttons = keyboard.inline { { { text = "Ещё", callback_data = "more" } } }
  message:answer("Привет, " .. message.from.first_name, { reply_markup = buttons })
end)
bot.callback("^more$", function(query) query.message:answer("ещё для " .. query.from.first_name) end)
bot.command("fail", function() error "on purpose" end)
bot.on("message", function(message)
  db.exec("INSERT INTO said VALUES (?, ?)", message.from.first_name, message.text or "")
  message:answer("Записано: " .. (message.text or ""))
end)
]]

local PEOPLE = {
  { first_name = "Аделаида", last_name = "Крестовоздвиженская", username = "adelaida_k" },
  { first_name = "Zinaida", last_name = "O'Connor-Smythe", username = "zinaida_oc" },
}
local TEXTS = { "у меня болит колено", "my secret diary, page 7", "/fail самовар" }

describe("the log", function()
  after_each(world.finish)

  for _, level in ipairs { "info", "debug" } do
    for _, format in ipairs { "text", "json" } do
      it(("has no message and no name, as %s at level %s"):format(format, level), function()
        local telegram = sandbox {}
        local admin = telegram:person("Аркадий", { last_name = "Хозяинов" })
        admin:says "здравствуйте, я главный"
        local lunokhod = host {
          telegram = telegram, script = SCRIPT, options = { "--fresh", "--log-level", level, "--log-format", format },
          environment = { ADMIN_ID = tostring(admin.id), BACKUP_INTERVAL = "1" }, wait = false,
        }
        lunokhod:logged("running", 60)
        local people = {}
        for i, who in ipairs(PEOPLE) do people[i] = telegram:person(who.first_name, who) end
        for _, person in ipairs(people) do
          person:says "/start колобок"
          until_(function() return #person:saw() > 0 end, "a greeting")
          person:presses "Ещё"
          for _, text in ipairs(TEXTS) do person:says(text) end
          person:says "и ещё кое-что"
          person:sees_last "Записано: и ещё кое-что"
        end
        admin:says "/backup"
        admin:says "/errors"
        admin:says "/history"
        until_(function() return #lunokhod:log_lines("handler failed.*on purpose") == #people end, "both failures")
        until_(function() return #lunokhod:log_lines("saved") > 1 end, "a backup")
        lunokhod:reload()
        assert.equal(0, lunokhod:stop())
        local log = lunokhod.process:stderr()
        local words = { "Аркадий", "Хозяинов", "главный", "кое%-что", "колобок", "самовар", "колено", "diary", "Привет" }
        for _, who in ipairs(PEOPLE) do
          for _, name in pairs(who) do words[#words + 1] = name end
        end
        for _, word in ipairs(words) do
          assert.is_nil(log:find(word), ("%s is in the log:\n%s"):format(word, log))
        end
      end)
    end
  end
end)

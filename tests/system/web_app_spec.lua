-- The data of a Mini App: what the sandbox signs as Telegram does, by another library, is what a script finds to be genuine.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

describe("The data of a Mini App", function()
  after_each(world.finish)

  it("are genuine where they come from Telegram, and nowhere else", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = [[
      local bot, telegram = require "bot", require "telegram"
      bot.on("message:text", function(message)
        local data, why = telegram.check_init_data(message.text)
        message:answer(data and "hello, " .. data.user.first_name or why)
      end)
    ]] }
    local anna = telegram:person "Анна + Co"
    local opened = telegram:post("web_apps", { from_id = anna.id, url = "https://127.0.0.1/app", chat_id = anna.id })
    anna:says(opened.init_data)
    anna:sees_last "hello, Анна + Co"
    anna:says((opened.init_data:gsub("user=", "user=%%20", 1)))
    anna:sees_last "Telegram has not signed it for this bot"
  end)
end)

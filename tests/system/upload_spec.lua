-- How long a call may take: it ends when nothing moves, by the call's own option where it has one.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local SCRIPT = [[
  local bot, telegram = require "bot", require "telegram"
  local function send(message, options)
    local file = telegram.bytes(("x"):rep(1e6), "a.bin")
    local sent, err = telegram.send_document({ chat_id = message.chat.id, document = file }, options)
    message:answer(sent and "sent" or err.kind)
  end
  bot.command("patient", function(message) send(message, { timeout = 60 }) end)
  bot.command("hasty", function(message) send(message, { timeout = 3 }) end)
  bot.command("fetch", function(message)
    local sent = telegram.send_document { chat_id = message.chat.id, document = telegram.bytes("moon", "b.bin") }
    message:answer(telegram.download(sent.document.file_id) or "nothing")
  end)
  bot.command("wrong", function(message)
    local _, err = pcall(send, message, { timout = 1 })
    message:answer(tostring(err))
  end)
]]

describe("a slow upload", function()
  after_each(world.finish)

  it("ends by the timeout that the call asks for", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = SCRIPT }
    local anna, boris = telegram:person "Anna", telegram:person "Boris"
    telegram:fault { method = "sendDocument", kind = "hold", times = 1, chat_id = anna.id }
    telegram:fault { method = "sendDocument", kind = "delay", ms = 5000, times = 1, chat_id = boris.id }
    anna:says "/hasty"
    boris:says "/patient"
    anna:sees_last "uncertain"
    boris:sees_last "sent"
  end)

  it("is not ended by its handler's deadline, nor is a slow download", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = SCRIPT, options = { "--deadline", "3" } }
    local anna, boris = telegram:person "Anna", telegram:person "Boris"
    telegram:fault { method = "sendDocument", kind = "delay", ms = 4000, times = 1 }
    anna:says "/patient"
    anna:sees_last "sent"
    telegram:fault { method = "file", kind = "delay", ms = 4000, times = 1 }
    boris:says "/fetch"
    boris:sees_last "moon"
    assert.same({}, lunokhod:log_lines("took longer"))
  end)

  it("with a misspelt option is an error", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = SCRIPT }
    local anna = telegram:person "Anna"
    anna:says "/wrong"
    assert.matches('there is no option "timout", did you mean timeout?', anna:saw(1)[1], 1, true)
  end)
end)

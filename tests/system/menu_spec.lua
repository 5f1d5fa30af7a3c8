-- The menu of commands: Telegram shows what the scripts describe.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

-- A script with those commands, { name = description }, in the order of their names.
local function script_of(commands)
  local lines, names = { 'local bot = require "bot"\nbot.command("hidden", print)' }, {}
  for name in pairs(commands) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do lines[#lines + 1] = ("bot.command(%q, print, %q)"):format(name, commands[name]) end
  return table.concat(lines, "\n")
end

-- The menu of all chats as one text.
local function menu_of(telegram)
  local _, answer = telegram:bot "getMyCommands"
  local words = {}
  for i, command in ipairs(answer.result) do words[i] = command.command .. ": " .. command.description end
  return table.concat(words, ", ")
end

local function shows(telegram, wanted)
  local seen
  until_(function()
    seen = menu_of(telegram)
    return seen == wanted
  end, function() return ("the menu %q, not %q"):format(wanted, seen) end)
end

-- What check says of a script that it refuses.
local function refusal_of(text)
  local path = os.tmpname()
  process.write_file(path, text)
  local code, _, err = world.run { "check", path }
  os.remove(path)
  assert.equal(1, code)
  return err
end

describe("the menu of commands", function()
  after_each(world.finish)

  it("is there after the start, and changes with a reload", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = script_of { tea = "Чай", coffee = "Кофе" } }
    shows(telegram, "coffee: Кофе, tea: Чай")
    lunokhod:write("bot.lua", script_of { tea = "Чёрный чай" })
    lunokhod:reload()
    shows(telegram, "tea: Чёрный чай")
  end)

  it("is the operator's where the scripts describe nothing", function()
    local telegram = sandbox {}
    telegram:bot("setMyCommands", { commands = { { command = "mine", description = "Моё" } } })
    local lunokhod = host { telegram = telegram, script = script_of {} }
    lunokhod:write("bot.lua", script_of { tea = "Чай" })
    shows(telegram, "mine: Моё")
    lunokhod:reload()
    shows(telegram, "tea: Чай")
  end)

  it("takes no name and no description that Telegram would refuse, and says where", function()
    for name, words in pairs { ["Чай"] = "unlike", ["tea-time"] = "unlike", [("t"):rep(33)] = "unlike" } do
      assert.matches("bot.command: a command of the menu has .*" .. words, refusal_of(script_of { [name] = "Чай" }))
    end
    local err = refusal_of(script_of { tea = ("ч"):rep(257) })
    assert.matches(":3: bot.command: a description has up to 256 characters", err)
    refusal_of(script_of { tea = "\xff" })
    local path = os.tmpname()
    process.write_file(path, script_of { [("t"):rep(32)] = ("ч"):rep(256), ["/TEA"] = "Чай" })
    assert.equal(0, (world.run { "check", path }))
    os.remove(path)
  end)
end)

-- Albums: photos that were sent together come to a handler as one list. None is lost, and the order of the chat holds.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local BOT = [[
  local bot, db = require "bot", require "db"
  bot.on("album", function(messages)
    local captions = {}
    for i, message in ipairs(messages) do captions[i] = message.caption or "-" end
    messages[1]:answer(("album of %d: %s"):format(#messages, table.concat(captions, " ")))
  end)
  bot.on("message:photo", function(message) message:answer("photo " .. (message.caption or "-")) end)
  bot.on("message", function(message) message:answer(message.text or "?") end)
]]

local function sends_album(person, group, captions, chat)
  for _, caption in ipairs(captions) do
    person:sends({ kind = "photo", text = nil, caption = caption, media_group_id = group }, chat)
  end
end

-- What people send until comes() arrives in one answer, as an album does at Telegram: its first poll is held until then.
local function bot_and(script)
  local telegram = sandbox {}
  telegram:fault { method = "getUpdates", kind = "hold", times = 1 }
  local lunokhod = host { telegram = telegram, script = script }
  telegram:holds(1)
  return lunokhod, telegram, function() telegram:let_go("apply") end
end

describe("An album", function()
  after_each(world.finish)

  it("comes as one, its parts in order", function()
    local _, telegram, comes = bot_and(BOT)
    local anna = telegram:person("Анна")
    sends_album(anna, "7001", { "one", "two", "three" })
    comes()
    assert.same({ "album of 3: one two three" }, anna:saw(1))
  end)

  it("keeps its place between the messages before and after it", function()
    local _, telegram, comes = bot_and(BOT)
    local anna = telegram:person("Анна")
    anna:says("before")
    sends_album(anna, "7001", { "one", "two" })
    anna:says("after")
    comes()
    assert.same({ "before", "album of 2: one two", "after" }, anna:saw(3))
  end)

  it("is one for each album, and for each chat", function()
    local _, telegram, comes = bot_and(BOT)
    local anna, boris = telegram:person("Анна"), telegram:person("Борис")
    sends_album(anna, "7001", { "a1" })
    sends_album(boris, "7002", { "b1" })
    sends_album(anna, "7003", { "a3" })
    sends_album(boris, "7002", { "b2" })
    sends_album(anna, "7001", { "a2" })
    comes()
    assert.same({ "album of 2: a1 a2", "album of 1: a3" }, anna:saw(2))
    assert.same({ "album of 2: b1 b2" }, boris:saw(1))
  end)

  it("that is full does not wait for more", function()
    local _, telegram, comes = bot_and(BOT)
    local anna, captions = telegram:person("Анна"), {}
    for i = 1, 11 do captions[i] = tostring(i) end
    sends_album(anna, "7001", captions)
    comes()
    assert.same({ "album of 10: 1 2 3 4 5 6 7 8 9 10", "album of 1: 11" }, anna:saw(2))
  end)

  it("holds no other chat up", function()
    local _, telegram, comes = bot_and(BOT)
    local anna, boris = telegram:person("Анна"), telegram:person("Борис")
    sends_album(anna, "7001", { "one" })
    boris:says("hello")
    comes()
    assert.same({ "hello" }, boris:saw(1))
    assert.same({ "album of 1: one" }, anna:saw(1))
  end)

  it("comes as messages where nobody asks for albums", function()
    local _, telegram, comes = bot_and [[
      local bot = require "bot"
      bot.on("message:photo", function(message) message:answer("photo " .. message.caption) end)
    ]]
    local anna = telegram:person("Анна")
    sends_album(anna, "7001", { "one", "two" })
    comes()
    assert.same({ "photo one", "photo two" }, anna:saw(2))
  end)

  it("comes as messages when a reload has taken its handler away meanwhile", function()
    local lunokhod, telegram, comes = bot_and(BOT)
    local anna = telegram:person("Анна")
    comes()
    local seen, round = 0, 0
    world.until_(function() -- a slow machine may need longer for the reload than the host waits for the rest of an album
      lunokhod:write("bot.lua", BOT)
      lunokhod:reload()
      round = round + 1
      sends_album(anna, tostring(7000 + round), { "one", "two" })
      world.until_(function() return telegram:status().updates_pending == 0 end, "the arrival of both")
      lunokhod:write("bot.lua", (BOT:gsub('"album"', '"edited_message"')))
      assert.matches("level=info", lunokhod:reload())
      local before, parts = seen, 0
      while parts < 2 do
        seen = seen + 1
        parts = parts + (tonumber(anna:saw(seen)[seen]:match("^album of (%d)")) or 1)
      end
      return table.concat(anna:saw(), " ", before + 1) == "photo one photo two"
    end, "an album without its handler")
  end)

  it("is finished before a stop, and each of its parts counted", function()
    local lunokhod, telegram, comes = bot_and(BOT)
    local anna = telegram:person("Анна")
    sends_album(anna, "7001", { "one", "two" })
    anna:says("after")
    comes()
    world.until_(function() return telegram:status().updates_pending == 0 end, "the arrival of all three")
    assert.equal(0, lunokhod:stop())
    lunokhod:logged("received=3 finished=3 failed=0 unfinished=0")
    assert.same({ "album of 2: one two", "after" }, anna:saw(2))
  end)

  it("whose handler fails is kept among the dead letters, and comes as an album again", function()
    local lunokhod, telegram, comes = bot_and((BOT:gsub("local captions", "error 'so wrong' local captions")))
    local anna = telegram:person("Анна")
    sends_album(anna, "7001", { "one", "two" })
    comes()
    lunokhod:logged("so wrong")
    lunokhod:write("bot.lua", BOT)
    lunokhod:reload()
    lunokhod:signal("USR1")
    lunokhod:logged("dead letters are handed out again.*count=2")
    assert.same({ "album of 2: one two" }, anna:saw(1))
  end)
end)

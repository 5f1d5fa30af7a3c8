-- Groups that become supergroups with a new id. Scripts are told once, the order holds, and calls with the old id work.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local BOT = [[
  local bot, db, telegram = require "bot", require "db", require "telegram"
  db.exec "CREATE TABLE IF NOT EXISTS groups(chat INTEGER PRIMARY KEY, count INTEGER)"
  bot.migrated(function(old_id, new_id)
    db.exec("UPDATE groups SET chat = ? WHERE chat = ?", new_id, old_id)
    db.exec("UPDATE groups SET count = count + 100 WHERE chat = ?", new_id)
  end)
  bot.text("count", function(message)
    db.exec("INSERT OR IGNORE INTO groups VALUES(?, 0)", message.chat.id)
    local row = db.one("UPDATE groups SET count = count + 1 WHERE chat = ? RETURNING count", message.chat.id)
    message:answer(tostring(row.count))
  end)
  bot.match("^tell (%-%d+)$", function(_, id) telegram.send_message { chat_id = math.tointeger(id), text = "told" } end)
  bot.match("^file (%-%d+)$", function(_, id)
    telegram.send_document { chat_id = math.tointeger(id), document = telegram.bytes("abc", "a.txt") }
  end)
]]

local function group_and(script)
  local telegram = sandbox {}
  local lunokhod = host { telegram = telegram, script = script or BOT }
  local anna = telegram:person("Анна")
  local group = telegram:chat("group", "Луноход", { anna })
  return lunokhod, telegram, anna, group
end

local function moves(telegram, group)
  return setmetatable({ id = math.tointeger(telegram:post("migrations", { chat_id = group.id }).id) }, { __index = group })
end

describe("A group that becomes a supergroup", function()
  after_each(world.finish)

  it("is told to the script once, before the messages of the new chat", function()
    local _, telegram, anna, group = group_and()
    anna:says("count", group)
    anna:says("count", group)
    group:saw(2)
    local new = moves(telegram, group)
    anna:says("count", new)
    assert.same({ "103" }, new:saw(1))
  end)

  it("gets the answers to what was said before, in order, wherever they can be seen", function()
    local telegram = sandbox {}
    local anna = telegram:person("Анна")
    local group = telegram:chat("group", "Луноход", { anna })
    anna:says("count", group)
    anna:says("count", group)
    local new = moves(telegram, group)
    anna:says("count", new)
    host { telegram = telegram, script = BOT }
    assert.same({ "1", "2", "103" }, new:saw(3))
  end)

  it("is told again by the second message when the handler of the first failed", function()
    local lunokhod, telegram, anna, group = group_and((BOT:gsub("bot.migrated%(function%(old_id, new_id%)", [[
      local has_failed = false
      bot.migrated(function(old_id, new_id)
        if not has_failed then has_failed = true error "not yet" end]])))
    anna:says("count", group)
    group:saw(1)
    local new = moves(telegram, group)
    anna:says("count", new)
    assert.same({ "102" }, new:saw(1))
    lunokhod:logged("not yet")
  end)

  it("is told to every script", function()
    local telegram = sandbox {}
    local script = [[
      local bot, log = require "bot", require "log"
      bot.migrated(function(old_id, new_id) log.info(("%s heard of %d"):format("NAME", new_id - old_id)) end)
    ]]
    local files = { ["a.lua"] = script:gsub("NAME", "A"), ["b.lua"] = script:gsub("NAME", "B") }
    local lunokhod = host { telegram = telegram, files = files }
    moves(telegram, telegram:chat("group", "Луноход", { telegram:person("Анна") }))
    lunokhod:logged("A heard of %-1000000000000")
    lunokhod:logged("B heard of %-1000000000000")
  end)

  it("gets what a script still sends to its old id", function()
    local _, telegram, anna, group = group_and()
    local new = moves(telegram, group)
    anna:says(("tell %d"):format(group.id))
    anna:says(("file %d"):format(group.id))
    assert.same({ "told", "(no text)" }, new:saw(2))
  end)

  it("moves though a script does not care, and its messages come on", function()
    local _, telegram, anna, group = group_and [[
      local bot = require "bot"
      bot.on("message:text", function(message) message:answer(message.text) end)
    ]]
    anna:says("one", group)
    group:saw(1)
    local new = moves(telegram, group)
    anna:says("two", new)
    assert.same({ "two" }, new:saw(1))
  end)
end)

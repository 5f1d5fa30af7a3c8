-- A reload changes the bot's answers and nothing else.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local function says(word)
  return ([[
    local bot = require "bot"
    bot.on("message", function(message) message:answer(%q) end)
  ]]):format(word)
end

describe("a reload", function()
  after_each(world.finish)

  it("by SIGHUP changes the answer without a restart", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = says("старое") }
    local anna = telegram:person("Анна")
    anna:says("?")
    anna:saw(1)
    lunokhod:write("bot.lua", says("новое"))
    lunokhod:reload()
    anna:says("?")
    assert.same({ "старое", "новое" }, anna:saw(2))
    assert.is_true(lunokhod:is_running())
  end)

  it("by --watch comes with the saved file", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = says("старое"), options = { "--watch" } }
    local anna = telegram:person("Анна")
    anna:says("?")
    anna:saw(1)
    lunokhod:write("bot.lua", says("новое"))
    lunokhod:logged("[Rr]eload")
    anna:says("?")
    assert.same({ "старое", "новое" }, anna:saw(2))
  end)

  it("by --watch sees editors that write beside and rename, and new files", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = says("старое"), options = { "--watch" } }
    local anna = telegram:person("Анна")
    lunokhod:write("bot.lua~", says("новое"))
    assert(os.rename(lunokhod.directory .. "/bot.lua~", lunokhod.directory .. "/bot.lua"))
    until_(function()
      anna:says("?")
      local texts = anna:saw(1)
      return texts[#texts] == "новое"
    end, "an answer of the renamed file")
    lunokhod:write("a.lua", says("из нового файла"))
    until_(function()
      anna:says("?")
      local texts = anna:saw(1)
      return texts[#texts] == "из нового файла"
    end, "an answer of the new file")
  end)

  it("by --watch sees modules in directories that come later, and one that is swapped for another", function()
    local telegram = sandbox {}
    local script = [[local bot = require "bot" local found, menu = pcall(require, "dishes")
      bot.on("message", function(message) message:answer(found and menu or "none") end)]]
    local lunokhod = host { telegram = telegram, script = script, options = { "--watch" } }
    local anna = telegram:person("Анна")
    local function answers(word)
      until_(function()
        anna:says("?")
        local texts = anna:saw(1)
        return texts[#texts] == word
      end, "the answer " .. word)
    end
    answers("none")
    local menu = lunokhod.directory .. "/dishes"
    assert(os.execute(("mkdir %s %s.1 %s.2"):format(menu, menu, menu)))
    lunokhod:write("dishes/init.lua", 'return "first"')
    answers("first")
    lunokhod:write("dishes.1/init.lua", 'return "second"')
    assert(os.execute(("rm -r %s && ln -s dishes.1 %s"):format(menu, menu)))
    answers("second")
    lunokhod:write("dishes.2/init.lua", 'return "third"')
    assert(os.execute(("ln -s dishes.2 %s.new && mv -T %s.new %s"):format(menu, menu, menu)))
    answers("third")
  end)

  it("lets handlers in flight finish in the old code", function()
    local telegram = sandbox {}
    local function version(word)
      return ([[
        local bot = require "bot"
        local word = %q
        bot.on("message", function(message)
          message:answer(message.text .. word .. 1)
          message:answer(message.text .. word .. 2)
        end)
      ]]):format(word)
    end
    local lunokhod = host { telegram = telegram, script = version(" старое ") }
    local anna = telegram:person("Анна")
    telegram:fault { method = "sendMessage", kind = "hold", times = 1 }
    anna:says("а")
    telegram:holds(1)
    anna:says("б") -- waits in the lane, and so begins in the new code
    lunokhod:write("bot.lua", version(" новое "))
    lunokhod:reload()
    assert.same({}, anna:saw())
    telegram:let_go("apply")
    assert.same({ "а старое 1", "а старое 2", "б новое 1", "б новое 2" }, anna:saw(4))
  end)

  it("under a stream of updates loses none, repeats none and keeps their order", function()
    local telegram = sandbox {}
    local function version(n)
      return ([[
        local bot, db = require "bot", require "db"
        db.exec "CREATE TABLE IF NOT EXISTS seen(chat INTEGER PRIMARY KEY, n INTEGER)"
        bot.on("message", function(message)
          db.exec("INSERT OR IGNORE INTO seen VALUES(?, 0)", message.chat.id)
          local seen = db.one("UPDATE seen SET n = n + 1 WHERE chat = ? RETURNING n", message.chat.id)
          message:answer(("%d %%d %%s"):format(seen.n, message.text))
        end)
      ]]):format(n)
    end
    local lunokhod = host { telegram = telegram, script = version(1) }
    local users, each, reloads = 200, 60, 12
    for n = 2, reloads do
      telegram:flood { users = users, messages_each = each // reloads, text = "да", first_id = 5000 }
      until_(function() return telegram:sent() >= (n - 2) * users * (each // reloads) + 10 end, "some answers of this flood")
      lunokhod:write("bot.lua", version(n))
      lunokhod:reload()
    end
    local total = (reloads - 1) * (each // reloads)
    telegram:has_sent(total * users)
    for id = 5000, 5000 + users - 1 do
      local last = 0
      for i, text in ipairs(telegram:texts_of(id)) do
        local by, count = text:match("^(%d+) (%d+) да$")
        assert.equal(i, tonumber(count))
        assert.is_true(tonumber(by) >= last, "an older version answered after a newer one")
        last = tonumber(by)
      end
      assert.equal(total, #telegram:texts_of(id))
    end
    assert.equal(0, lunokhod:stop())
    assert.equal(users * total, telegram:sent())
  end)

  it("of a broken script keeps the old one, and says file and line", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = says("старое") }
    local anna = telegram:person("Анна")
    for broken, line in pairs {
      ["local a = 1\nlocal b = = 2\n"] = 2,
      ["\n\nerror('so broken')\n"] = 3,
      ["require 'bot'.no_such_function('x')\n"] = 1,
      ["local t = {}\nwhile true do t[1] = 1 end\n"] = 2,
    } do
      lunokhod:write("bot.lua", broken)
      assert.matches(("bot%%.lua:%d:"):format(line), lunokhod:reload())
    end
    anna:says("?")
    assert.same({ "старое" }, anna:saw(1))
    lunokhod:write("bot.lua", says("новое"))
    lunokhod:reload()
    anna:says("?")
    assert.same({ "старое", "новое" }, anna:saw(2))
  end)

  it("that fails leaves no table behind", function()
    local telegram = sandbox {}
    local tables = [[
      local bot, db = require "bot", require "db"
      bot.on("message", function(message)
        message:answer(tostring(db.one("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'").n))
      end)
    ]]
    local lunokhod = host { telegram = telegram, script = tables }
    local anna = telegram:person("Анна")
    lunokhod:write("bot.lua", tables .. "db.exec 'CREATE TABLE half(x)'\nerror('here')")
    assert.matches("bot%.lua:%d+:.*here", lunokhod:reload())
    anna:says("?")
    anna:saw(1)
    lunokhod:write("bot.lua", tables .. "db.exec 'CREATE TABLE half(x)'")
    lunokhod:reload()
    anna:says("?")
    assert.same({ "0", "1" }, anna:saw(2))
  end)

  it("keeps the data", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, scripts = { "scripts" } }
    local anna = telegram:person("Анна")
    anna:says("/start")
    anna:says("Клик")
    anna:saw(2)
    lunokhod:reload()
    anna:says("Клик")
    assert.same({ "Приветствую Анна", "Кликов: 1 🏆", "Кликов: 2 🏆" }, anna:saw(3))
  end)

  it("during a restore starts no job before the data is there", function()
    local telegram = sandbox {}
    local admin = telegram:person("Админ")
    local function start(options)
      return host {
        telegram = telegram, options = options, environment = { ADMIN_ID = tostring(admin.id) }, wait = false, script = [[
          local bot, db, log = require "bot", require "db", require "log"
          db.exec "CREATE TABLE IF NOT EXISTS words(word)"
          local function tell(what)
            log.info(what .. " saw " .. db.one("SELECT count(*) AS n FROM words").n)
          end
          bot.after(0, function() tell "once" end)
          bot.every(0.1, function() tell "again" end)
          bot.text("слово", function(message) db.exec("INSERT INTO words VALUES(?)", message.text) message:answer "ok" end)
        ]],
      }
    end
    local first = start { "--fresh" }
    first:logged("msg=running")
    admin:says("слово")
    admin:saw(1)
    assert.equal(0, first:stop())
    telegram:fault { method = "getFile", kind = "hold", times = 1 }
    local second = start { "--watch" }
    telegram:holds(1)
    second:reload()
    local path = second.directory .. "/bot.lua"
    world.write_file(path, process.read_file(path) .. "\n")
    until_(function() return #second:log_lines("msg=reloaded") > 1 end, "a reload by a change")
    assert.same({}, second:log_lines("msg=restored"))
    telegram:let_go("apply")
    second:logged("again saw 1")
    second:logged("once saw")
    assert.same({}, second:log_lines("saw 0"))
    assert.equal(1, #second:log_lines("once saw")) -- not once for each load
    local is_running = false
    for line in second.process:stderr():gmatch("[^\n]+") do
      is_running = is_running or line:find("msg=running", 1, true)
      assert(is_running or not line:find(" saw ", 1, true), line)
    end
    assert.equal(0, second:stop())
  end)
end)

-- What happens to a host is recorded, played again at home against changed scripts, and made a spec.
local backups = require "tests.support.backups"
local dkjson = require "dkjson"
local process = require "tests.support.process"
local webhook_host = require "tests.support.webhook_host"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local SHOP = [[
local bot, db, http, keyboard = require "bot", require "db", require "http", require "keyboard"
db.exec "CREATE TABLE IF NOT EXISTS bought(chat INTEGER, what TEXT)"
bot.command("start", function(message)
  message:answer("Здравствуйте, " .. message.from.first_name .. "!", { reply_markup = keyboard.reply { { "Чай", "Кофе" } } })
end)
bot.text("Чай", function(message)
  db.exec("INSERT INTO bought VALUES (?, 'tea')", message.chat.id)
  local count = db.one("SELECT count(*) AS n FROM bought WHERE chat = ?", message.chat.id).n
  message:answer("Чая у вас: " .. count, { reply_markup = keyboard.inline { { { "Выпить", "drink:" .. count } } } })
end)
bot.callback("^drink:(%d+)$", function(query) query:answer "На здоровье" end)
bot.command("weather", function(message)
  local answer = http.get(SERVICE .. "/sandbox/status?city=" .. message.from.first_name)
  message:answer("Погода: " .. answer.status)
end)
bot.otherwise(function(message)
  local count = tonumber(message.text:match "%d+")
  message:answer("По " .. 100 // count .. " на " .. message.text)
end)
]]
local MENDED = "(count > 0 and 100 // count or 0)"
local TELEGRAM_SECRET = sandbox.TOKEN:match ":(.+)"

local directory, file, telegram, anna, boris

local function set_up()
  directory = process.new_directory()
  file = directory .. "/bot.jsonl"
  telegram = sandbox {}
  anna, boris = telegram:person("Аннушка", { username = "annushka_k" }), telegram:person "Boris"
end

local function tear_down()
  os.execute("rm -rf " .. process.quote(directory))
  world.finish()
end

-- Writes the scripts, and returns their path.
local function write_shop(name, change)
  local path = directory .. "/" .. name
  local text = SHOP:gsub("SERVICE", function() return ("%q"):format(telegram.url) end)
  if change then text = text:gsub("100 // count", function() return change end) end
  process.write_file(path, text)
  return path
end

local function options(...) return { "--record", file, "--allow-private-http", ... } end

-- What people do, and what they see, so that nothing is under way afterwards.
local function shop(asks_weather)
  local group = telegram:chat("group", "Тайная вечеря", { anna, boris })
  anna:says "/start"
  anna:saw(1)
  anna:presses "Чай"
  anna:saw(2)
  anna:presses "Выпить"
  until_(function() return #telegram:calls "answerCallbackQuery" == 1 end, "the answer to the button")
  boris:says "Отдаю 4 огурца"
  assert.same({ "По 25 на Отдаю 4 огурца" }, boris:saw(1))
  boris:says("Здесь все свои 5", group)
  group:saw(1)
  boris:says "Секретно 0" -- the handler fails
  boris:says "снова 50"
  boris:saw(2)
  if not asks_weather then return end
  boris:says "/weather"
  boris:saw(3)
end

-- Anna orders one more, and sees so.
local function drink_tea(number)
  anna:says "Чай"
  until_(function() return table.concat(anna:saw(), "|"):find("Чая у вас: " .. number, 1, true) end, "tea " .. number)
end

local function replay(...) return world.run { "replay", ... } end

-- The report without its first lines and without times.
local function differences(printed)
  local lines = {}
  for line in printed:gmatch "[^\n]+" do lines[#lines + 1] = (line:gsub("^%d+%-%d+%-%d+ %d+:%d+:%d+  ", "")) end
  return lines
end

local function lines_of_file()
  local lines = {}
  for line in (process.read_file(file) or ""):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

local function stop(lunokhod) assert.equal(0, lunokhod:stop(), lunokhod.process:stderr()) end

describe("a recording of a failure", function()
  local path, recorded, mode, boris_id -- all but the path are those of one host

  local function record()
    set_up()
    path = write_shop "shop.lua"
    local lunokhod = host { telegram = telegram, scripts = { path }, options = options() }
    shop()
    stop(lunokhod)
    local pipe = io.popen("stat -c %a " .. process.quote(file))
    recorded, mode, boris_id = process.read_file(file), pipe:read "l", boris.id
    pipe:close()
  end

  before_each(function()
    if not recorded then return record() end
    directory = process.new_directory()
    file = directory .. "/bot.jsonl"
    process.write_file(file, recorded)
    path = write_shop "shop.lua"
  end)
  after_each(tear_down)

  it("is the owner's, and holds no token, no text and no name", function()
    local text = recorded
    assert.equal("600", mode)
    for _, word in ipairs {
      TELEGRAM_SECRET, "Аннушка", "annushka", "Boris", "огурца", "Отдаю", "Здесь", "свои", "Секретно", "снова", "вечеря", "%D0",
    } do
      assert.is_nil(text:find(word, 1, true), word)
    end
    for _, word in ipairs { "Здравствуйте, ", "Чай", "Выпить", "drink:1",
      "/start", "shop.lua:18: attempt to", "На здоровье" } do
      assert.truthy(text:find(word, 1, true), word .. " in\n" .. text)
    end
  end)

  it("fails again at home, and nothing differs", function()
    local code, printed, complained = replay(file, path)
    assert.same({ 0, "" }, { code, complained }, printed)
    assert.truthy(printed:find("fails as recorded: %S*shop.lua:18: attempt to "), printed)
    assert.truthy(printed:find("\nnothing differs\n", 1, true), printed)
  end)

  it("shows exactly what mends it", function()
    local code, printed = replay(file, write_shop("mended.lua", MENDED))
    local lines = differences(printed)
    assert.equal(1, code, printed)
    assert.equal(6, #lines, printed) -- two about the file
    assert.matches("%(" .. boris_id .. "%): \"%S+ 0\"$", lines[3])
    assert.matches("^  %- does not fail any more: %S*shop.lua:18: attempt to [^\n]*$", lines[4])
    assert.matches('^  %+ sendMessage { chat_id = ' .. boris_id .. ', text = "По 0 на %S+ 0" }$', lines[5])
    assert.equal("2 differences", lines[6])
  end)

  it("shows what is said otherwise, what is not said, and what fails now", function()
    process.write_file(directory .. "/other.lua", (process.read_file(path)
      :gsub('"Чая у вас: "', '"Чаю у вас: "'):gsub('query:answer "На здоровье"', 'error "не пью"')))
    local code, printed = replay(file, directory .. "/other.lua")
    assert.equal(1, code)
    assert.truthy(printed:find('  ~ sendMessage\n    text: "Чаю у вас: 1", was "Чая у вас: 1"', 1, true), printed)
    assert.truthy(printed:find("  %+ fails: %S*other.lua:11: не пью"), printed)
    assert.truthy(printed:find("\n3 differences\n", 1, true), printed)
  end)

  it("is walked through step by step", function()
    local code, printed = replay("--step", file, path) -- Enter comes from nobody
    assert.equal(0, code, printed)
    process.write_file(directory .. "/enter", ("\n"):rep(100))
    local pipe = io.popen(("%s replay --step %s %s <%s"):format(sandbox.PROGRAM, process.quote(file), process.quote(path),
      process.quote(directory .. "/enter")))
    local steps = pipe:read "a"
    pipe:close()
    local _, count = steps:gsub("-- Enter goes on: ", "")
    assert.equal(7, count, steps)
    assert.truthy(steps:find('"Чай"\n  = sendMessage {', 1, true), steps)
    assert.truthy(steps:find("\n  fails: ", 1, true), steps)
  end)

  it("becomes a spec that succeeds, until the bot is mended", function()
    local code, spec, complained = world.run { "test", "--from", file, path }
    assert.same({ 0, "" }, { code, complained })
    process.write_file(directory .. "/recorded_spec.lua", spec)
    local done, printed = world.run { "test", path, directory .. "/recorded_spec.lua" }
    assert.equal(0, done, printed .. spec)
    assert.matches("^1 success", printed)
    assert.truthy(spec:find(':press("Чай")', 1, true) and spec:find(':press("Выпить")', 1, true), spec)
    assert.truthy(spec:find('assert.equal%("На здоровье", %S+:popup%(%)%)'), spec)
    local later, complaint = world.run { "test", write_shop("mended.lua", MENDED), directory .. "/recorded_spec.lua" }
    assert.equal(1, later)
    assert.matches("recorded_spec.lua:%d+: does as on ", complaint)
  end)

  it("that is cut off in its last line is read as far as it goes", function()
    local text = process.read_file(file)
    process.write_file(file, text:sub(1, -12))
    local code, printed = replay(file, path)
    assert.equal(0, code, printed)
    assert.truthy(printed:find("The last line is cut off", 1, true), printed)
  end)

  it("that is none, or is not there, is refused", function()
    process.write_file(directory .. "/none", '{"update":{}}\n')
    process.write_file(directory .. "/broken", (process.read_file(file):gsub("\n", "\nhello\n", 1)))
    for name, complaint in pairs {
      none = "this is no recording", broken = "broken:2: this is no line of a recording", nowhere = "No such file",
    } do
      local code, _, complained = replay(directory .. "/" .. name, path)
      assert.equal(2, code)
      assert.truthy(complained:find(complaint, 1, true), complained)
    end
    assert.equal(2, (replay(file)))
    local code, _, complained = replay(file, directory .. "/nothing.lua")
    assert.equal(2, code)
    assert.truthy(complained:find("nothing.lua", 1, true), complained)
  end)
end)

describe("a recording", function()
  before_each(set_up)
  after_each(tear_down)

  it("of a webhook is as good, and has what other services said", function()
    local path = write_shop "shop.lua"
    local lunokhod = webhook_host.new { telegram = telegram, scripts = { path }, options = options() }
    shop(true)
    stop(lunokhod)
    local code, printed = replay(file, path)
    assert.equal(0, code, printed)
    assert.truthy(printed:find("8 updates", 1, true), printed)
    assert.is_nil(process.read_file(file):find(TELEGRAM_SECRET, 1, true))
    process.write_file(directory .. "/other.lua", (process.read_file(path):gsub("%?city=", "?town=")))
    code, printed = replay(file, directory .. "/other.lua")
    assert.equal(1, code)
    assert.truthy(printed:find("\n  %- GET http://127.0.0.1:%d+/sandbox/status%?city=%S+\n  %+ GET .*%?town="), printed)
  end)

  it("has the calls that travel in the answers to a webhook's requests", function()
    local script = 'require "bot".otherwise(function(message) message:answer("Принято: " .. message.text) end)'
    local lunokhod = webhook_host.new { telegram = telegram, script = script, options = options "--reply-in-webhook" }
    boris:says "раз 1"
    boris:saw(1)
    stop(lunokhod)
    process.write_file(directory .. "/reply.lua", script)
    assert.is_truthy(process.read_file(file):find '"method":"sendMessage"')
    local code, printed = replay(file, directory .. "/reply.lua")
    assert.equal(0, code, printed)
    assert.truthy(printed:find("1 update, 1 call", 1, true), printed)
    process.write_file(directory .. "/reply_spec.lua", (select(2, world.run { "test", "--from", file })))
    local done, failed = world.run { "test", directory .. "/reply.lua", directory .. "/reply_spec.lua" }
    assert.equal(0, done, failed)
    assert.truthy(process.read_file(directory .. "/reply_spec.lua"):find(':sees("Принято: ', 1, true))
  end)

  it("of a bot that waits is played by its own time, and what is kept under a key is found", function()
    local path = directory .. "/slow.lua"
    process.write_file(path, [=[
      local bot, keyboard = require "bot", require "keyboard"
      bot.command("slow", function(message) bot.sleep(0.5) message:answer("Проснулся") end)
      bot.command("long", function(message)
        message:answer("Какой?", { reply_markup = keyboard.inline { { { "Вот", "pick", { text = ("x"):rep(99) } } } } })
      end)
      bot.button("pick", function(query, value) query:answer("Выбрано: " .. #value.text) end)
      bot.command("dice", function(message) message:answer("Выпало " .. math.random(1000000)) end)
    ]=])
    local lunokhod = host { telegram = telegram, scripts = { path }, options = options() }
    anna:says "/slow"
    boris:says "/long"
    boris:saw(1)
    boris:presses "Вот"
    until_(function() return #telegram:calls "answerCallbackQuery" == 1 end, "the answer to the button")
    assert.same({ "Проснулся" }, anna:saw(1))
    stop(lunokhod)
    process.write_file(directory .. "/slow_spec.lua", (select(2, world.run { "test", "--from", file, path })))
    local done, failed = world.run { "test", path, directory .. "/slow_spec.lua" }
    assert.equal(0, done, failed .. process.read_file(directory .. "/slow_spec.lua"))
    local again = host { telegram = telegram, scripts = { path }, options = options() }
    anna:says "/dice"
    anna:saw(2)
    stop(again)
    local code, printed = replay(file, path)
    assert.equal(0, code, printed)
    assert.truthy(printed:find("4 updates, 4 calls", 1, true), printed)
  end)

  it("with texts has them, and the data that was there", function()
    local path = write_shop "shop.lua"
    local script = process.read_file(path)
    local first = backups.host(telegram, anna, { script = script })
    drink_tea(1)
    stop(first)
    local second = backups.host(telegram, anna, { script = script, options = options "--record-texts" })
    drink_tea(2)
    boris:says("Отдаю 4 огурца за " .. TELEGRAM_SECRET) -- which he can only have from elsewhere
    boris:saw(1)
    stop(second)
    local text = process.read_file(file)
    assert.truthy(text:find("Отдаю 4 огурца", 1, true) and text:find("Аннушка", 1, true))
    assert.is_nil(text:find(TELEGRAM_SECRET, 1, true))
    local code, printed = replay(file, path)
    assert.equal(0, code, printed)
    assert.is_nil(printed:find("empty database", 1, true), printed)
  end)

  it("of an admin's hosts finds the data of each in the file, and no backup of the one before", function()
    local path = write_shop "shop.lua"
    process.write_file(path, process.read_file(path) .. [[
      bot.command("dice", function(message) message:answer("Выпало " .. math.random(1000000)) end)
    ]])
    for number = 1, 2 do
      local lunokhod = backups.host(telegram, anna, { script = process.read_file(path), options = options "--record-texts" })
      drink_tea(number)
      anna:says "/dice"
      until_(function()
        local _, count = table.concat(anna:saw(), "|"):gsub("Выпало", "")
        return count == number
      end, "the dice")
      stop(lunokhod)
    end
    local code, printed = replay(file, path)
    assert.equal(0, code, printed)
    assert.truthy(printed:find(" updates, 4 calls", 1, true), printed)
  end)

  it("has what a script downloads, with its update, and no backup that the host fetches", function()
    local path = write_shop "shop.lua"
    process.write_file(path, [[
      local bot, telegram = require "bot", require "telegram"
      bot.command("echo", function(message)
        local sent = telegram.send_document { chat_id = message.chat.id, document = telegram.bytes("moon", "a.txt") }
        message:answer("Байтов: " .. #telegram.download(sent.document.file_id))
      end)
    ]])
    local lunokhod = backups.host(telegram, anna, { script = process.read_file(path), options = options "--fresh" })
    anna:sends { text = "/restore", reply_to_message_id = backups.documents(telegram, anna)[1].message_id }
    until_(function() return pcall(anna.presses, anna, "Go back to it") end, "the button")
    lunokhod:logged "gone back to an earlier backup"
    boris:says "/echo"
    assert.same({ "(no text)", "Байтов: 4" }, boris:saw(2))
    stop(lunokhod)
    local methods, cause = {}, nil
    for _, text in ipairs(lines_of_file()) do
      local line = dkjson.decode(text)
      if line.update and line.update.message and line.update.message.text == "/echo" then cause = line.update.update_id end
      if line.call then methods[#methods + 1] = line.method .. (line.of == cause and "" or " of another") end
    end
    assert.same({ "sendDocument", "getFile", "download", "sendMessage" }, methods)
    local _, printed = replay(file, path)
    assert.is_nil(printed:find("getFile", 1, true) or printed:find("download", 1, true), printed)
  end)

  it("goes on behind that of a host that was killed", function()
    local path = write_shop "shop.lua"
    local first = host { telegram = telegram, scripts = { path }, options = options() }
    boris:says "один 1"
    boris:saw(1)
    until_(function() return (process.read_file(file) or ""):find '"end":' end, "the end of the handler")
    first.process.may_be_killed = true
    first:signal "KILL"
    first:ends()
    local handle = io.open(file, "a")
    handle:write '{"at":1,"upda' -- as a crash within a line leaves it
    handle:close()
    local second = host { telegram = telegram, scripts = { path }, options = options() }
    boris:says "два 2"
    boris:saw(2)
    stop(second)
    local starts = 0
    for _, line in ipairs(lines_of_file()) do
      local decoded = dkjson.decode(line)
      if decoded and decoded.recording then starts = starts + 1 end
    end
    assert.equal(2, starts)
    local code, printed = replay(file, path)
    assert.equal(0, code, printed)
    assert.is_nil(printed:find("cut off", 1, true), printed)
  end)

  it("on a full disk, or at its limit, ends with one warning, and the bot goes on", function()
    local path = write_shop "shop.lua"
    local function works(record)
      local lunokhod = host { telegram = telegram, scripts = { path }, options = { "--record", record, "--record-limit", "1" } }
      local before = #boris:saw()
      boris:says "раз 1"
      boris:saw(before + 1)
      boris:says "два 2"
      boris:saw(before + 2)
      stop(lunokhod)
      local warnings = lunokhod:log_lines "the recording"
      assert.equal(1, #warnings, lunokhod.process:stderr())
      return warnings[1]
    end
    assert.matches("No space left", works "/dev/full")
    process.write_file(file, ("\n"):rep((1 << 20) - 10))
    assert.matches("has reached its limit", works(file))
    assert.equal((1 << 20) - 9, #process.read_file(file)) -- an empty line, so that the next begins by itself
  end)

  it("is refused where another host records, through a link, and where it can't be", function()
    local path = write_shop "shop.lua"
    host { telegram = telegram, scripts = { path }, options = options() }
    local function complaint(record, ...)
      local code, _, complained = world.run({ "run", "--record", record, ... }, telegram:environment())
      assert.equal(2, code, complained)
      return complained
    end
    assert.matches("another host records there", complaint(file, path))
    os.execute(("ln -s %s %s"):format(process.quote(directory .. "/elsewhere"), process.quote(directory .. "/link")))
    assert.matches("%-%-record .*/link: ", complaint(directory .. "/link", path))
    assert.matches("No such file", complaint(directory .. "/no/where", path))
    local code, _, complained = world.run({ "run", "--record-texts", path }, telegram:environment())
    assert.equal(2, code)
    assert.matches("%-%-record%-texts needs %-%-record", complained)
  end)
end)

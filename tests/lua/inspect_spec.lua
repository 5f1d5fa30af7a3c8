-- Warnings of `lunokhod check` about the text of a script. The texts are not run.
scripts "errors/inspect.lua"

local anna
before_each(function() anna = telegram:person "Анна" end)

-- Names that mean nothing here, so that no source has to declare them.
local NAMES = "local a, b, f, g, t, x, y, id, my, name, other, oracle, parameters, prefix, query, wrap, message "

local function warnings(source)
  anna:says(source:find "^#!" and source or NAMES .. source)
  local lines = {}
  for line in anna:last().text:gmatch "[^\n]+" do lines[#lines + 1] = line ~= "fine" and line or nil end
  return lines
end

local function fine(source) assert.same({}, warnings(source), source) end

local function warns(source, ...) assert.same({ ... }, warnings(source), source) end

describe("a call of Telegram", function()
  it("names a method that there is not, and the nearest one in the same spelling", function()
    assert.same({ "a.lua:2: telegram.send_mesage: no such method, did you mean send_message?" },
      warnings 'local telegram = require "telegram"\ntelegram.send_mesage{ chat_id = 1 }')
    assert.same({ "a.lua:1: telegram.sendMesage: no such method, did you mean sendMessage?" },
      warnings 'local telegram = require("telegram") telegram.sendMesage{}')
    assert.same({ "a.lua:1: telegram.frobnicate: no such method" }, warnings 'local t = require "telegram" t.frobnicate()')
  end)

  it("names a parameter that the method does not have, on its own line", function()
    assert.same({
      "a.lua:3: telegram.send_message: no parameter chatid, did you mean chat_id?",
      "a.lua:4: telegram.send_message: no parameter foo",
    }, warnings 'local telegram = require "telegram"\ntelegram.send_message{\n  chatid = 1,\n  foo = 2; text = "x" }')
  end)

  it("names a step or a job that no script has", function()
    for source, what in pairs {
      ['message:ask("How much?", "nrom")'] = 'step "nrom"',
      ['query:ask(("How %s?"):format(f(1, "norm")), "nrom", { 1, 2 }, {})'] = 'step "nrom"',
      ['require "fsm".set(message, "nrom")'] = 'step "nrom"',
      ['local b = require "bot" b.after(1, "rmind", { f(function() if x then end end) })'] = 'job "rmind"',
      ['local bot = require "bot" bot.every(60 * 60, "norm")'] = 'job "norm"',
      ['local bot = require "bot" bot.daily("09:00", "rmind")'] = 'job "rmind"',
      ['local bot = require "bot" bot.weekly("mon", "09:00", "rmind")'] = 'job "rmind"',
      ['local bot = require "bot" bot.monthly(1, "09:00", "rmind")'] = 'job "rmind"',
      ['local bot = require "bot" bot.cron("0 9 * * *", "rmind")'] = 'job "rmind"',
      ['local bot = require "bot" bot.cancel("rmind", 1)'] = 'job "rmind"',
      ['local bot = require "bot" bot.cron("0 9 * * 1-5", "rmind")'] = 'job "rmind"',
    } do
      assert.same({ "a.lua:1: no script has the " .. what }, warnings(source))
    end
  end)

  it("is silent about names that are registered, that it can't read, or that are others'", function()
    for _, source in ipairs {
      'message:ask("How much?", "norm")',
      'message:ask("How much?", name)',
      'message:ask("How much?", "no" .. "rm")',
      'message:ask("How much?", prefix .. "rm")',
      'message:ask("How much?", "n\\111rm")',
      'message:ask("How much?")',
      'message:ask()',
      'local Oracle function Oracle:ask(what, whom) end oracle:ask("why", "me")',
      'local ask ask("why", "me")',
      'require "fsm".set(message, "norm")',
      'local bot = require "bot" bot.after(1, "remind") bot.cancel(id, "x") bot.every(1, function() end)',
      'local bot = other bot.after(1, "rmind")',
    } do
      fine(source)
    end
  end)

  it("finds the call wherever it stands", function()
    for _, source in ipairs {
      'require "telegram".nothing{}',
      'require("telegram").nothing{}',
      'local bot, tg = require "bot", require "telegram" tg.nothing()',
      'local tg <const> = require "telegram" local other = tg other.nothing{}',
      'telegram = require "telegram" function f() telegram.nothing() end',
      'local telegram = require "telegram" return telegram["nothing"]{}',
      'local telegram = require "telegram" pcall(telegram.nothing, {})',
      'local telegram = require "telegram" local x = { telegram.nothing{} }',
      'local telegram = require "telegram" telegram.send_message{ chat_id = 1, text = telegram.nothing() }',
      'local telegram = require "telegram" telegram.send_message{ chat_id = 1, text = f(function() telegram.nothing() end) }',
      'local telegram = require "telegram" do local telegram = 1 end telegram.nothing()',
      'local telegram = require "telegram" if x then local telegram = 1 elseif y then telegram.nothing() end',
      'local telegram = require "telegram" for telegram = 1, 2 do f() end do telegram.nothing() end',
      'local telegram = require "telegram" local function f(telegram, ...) end telegram.nothing()',
      'local telegram = require "telegram" repeat local telegram until true telegram.nothing()',
      '#!/usr/bin/lua\nlocal telegram = require "telegram" telegram.nothing()',
    } do
      local found = warnings(source)
      assert.equal(1, #found, source)
      assert.matches("telegram%.nothing: no such method", found[1])
    end
  end)

  it("looks at the keys of the call's own table only", function()
    fine [[
      local telegram = require "telegram"
      telegram.send_message{ chat_id = { chat = 1, { foo = 2 } }, text = f { foo = 1 }, reply_markup = g(function()
        local a, foo = 1, 2
        if a then foo = 3 end
        for foo = 1, 2 do a = { foo = 1 } end
        while a do foo = a end
        repeat foo = 1 until foo
        return function() bar = 1 end
      end) }
      telegram.send_message(parameters)
      telegram.send_message({ chat_id = 1, ["text"] = "x" })
      telegram.send_message{ text = function() local a, chat = 1, 2 return chat end, chat_id = 1 }
    ]]
    assert.same({ "a.lua:1: telegram.send_message: no parameter chatid, did you mean chat_id?" },
      warnings 'local telegram = require "telegram" telegram.send_message({ text = { foo = 1 }, ["chatid"] = 1 })')
  end)

  it("reads neither comments nor strings", function()
    fine [==[
      local telegram = require "telegram" -- telegram.nothing()
      --[[ telegram.nothing()
      telegram.nothing() ]] --[=[ ]] telegram.nothing() ]=]
      --[ telegram.nothing()
      print("telegram.nothing()", 'it\'s telegram.nothing()', "\\", [[telegram.nothing()]], [=[ ]] telegram.nothing() ]=])
    ]==]
  end)

  it("counts the lines of what it does not read", function()
    local source = 'local telegram = require "telegram" --[[\n\n]] local a = [[\n]] .. "\\\n"\ntelegram.nothing()'
    assert.same({ "a.lua:6: telegram.nothing: no such method" }, warnings(source))
  end)

  it("knows when the name means something else", function()
    fine 'local telegram = {} telegram.nothing()'
    fine 'local telegram telegram.nothing()'
    fine 'local telegram = require "telegram" local function f(telegram) telegram.nothing() end'
    fine 'local telegram = require "telegram" local f = function(a, telegram, ...) telegram.nothing() end'
    fine 'local telegram = require "telegram" for _, telegram in pairs(t) do telegram.nothing() end'
    fine 'local telegram = require "telegram" do local a, telegram = 1 telegram.nothing() end'
    fine 'local telegram = require "telegram" my.telegram.nothing() my:telegram().nothing()'
    fine 'local telegram = require "telegram" telegram = wrap(telegram) telegram.nothing()'
    fine 'local telegram = require "telegram" local x = { telegram = require "telegram" } x.nothing()'
    fine 'local telegram = require "telegram" local function telegram() end telegram.nothing()'
    fine 'local telegram = require "telegram".get_me telegram.nothing()'
    fine 'local telegram = wrap(require "telegram") telegram.nothing()'
    fine 'local require = f local telegram = require "telegram" telegram.nothing()'
  end)

  it("knows the module's own functions, and those that a script adds", function()
    fine 'local telegram = require "telegram" telegram.split{ foo = 1 }'
    fine 'local telegram = require "telegram" telegram.later() function telegram.later(x) end'
    fine 'local telegram = require "telegram" telegram.later = f telegram.later{ foo = 1 }'
  end)

  it("says so when a method is called with a colon", function()
    assert.same({ "a.lua:1: telegram:get_me: write a dot instead of the colon" },
      warnings 'local telegram = require "telegram" telegram:get_me()')
  end)
end)

describe("a script", function()
  it("is told of required parameters that are missing, where all are there to be seen", function()
    local require_it = 'local telegram = require "telegram" '
    warns(require_it .. "telegram.send_message{ text = x }", "a.lua:1: telegram.send_message: the parameter chat_id is missing")
    warns(require_it .. "telegram.send_photo{}", "a.lua:1: telegram.send_photo: the parameter chat_id is missing",
      "a.lua:1: telegram.send_photo: the parameter photo is missing")
    warns(require_it .. "telegram.try.deleteMessage{ chat_id = 1 }",
      "a.lua:1: telegram.deleteMessage: the parameter message_id is missing")
    fine(require_it .. "telegram.send_message(x) telegram.get_me{} telegram.get_me() telegram.send_message{ [x] = 1 }")
    fine(require_it .. "telegram.edit_message_text{ text = x } message:answer(x, {})")
    fine(require_it .. "f(telegram.send_message, telegram.try.send_photo, telegram.split)")
    warns(require_it .. "telegram.get_me{ x = 1 }", "a.lua:1: telegram.get_me: no parameter x")
  end)

  it("is told of misspelt keys within keyboards and other objects", function()
    local require_both = 'local telegram, keyboard = require "telegram", require "keyboard" '
    warns(require_both .. "telegram.send_message{ chat_id = 1, text = x,\n"
      .. "reply_markup = { inline_keyboard = { { { text = x, callback_dta = x } } } },\n"
      .. "reply_parameters = { mesage_id = 1 }, entities = { { typ = x, ofset = 1 } } }",
      "a.lua:2: InlineKeyboardButton: no field callback_dta, did you mean callback_data?",
      "a.lua:3: MessageEntity: no field ofset, did you mean offset?",
      "a.lua:3: MessageEntity: no field typ, did you mean type?",
      "a.lua:3: MessageEntity: the field length is missing",
      "a.lua:3: ReplyParameters: no field mesage_id, did you mean message_id?")
    warns(require_both .. "f(keyboard.inline{ { 'a', { 'b', x }, { txt = x, url = x, text = x } } })",
      "a.lua:1: InlineKeyboardButton: no field txt, did you mean text?")
    warns(require_both .. "f(keyboard.reply({ 'a', { { text = x, request_contct = true } } }, { resize_keybord = true }))",
      "a.lua:1: KeyboardButton: no field request_contct, did you mean request_contact?",
      "a.lua:1: keyboard.reply: no option resize_keybord, did you mean resize_keyboard?")
    warns('require "telegram".set_my_commands{ commands = {}, scope = { type = "chat", chat_i = 1 } }',
      "a.lua:1: BotCommandScopeChat: no field chat_i, did you mean chat_id?")
    fine(require_both .. 'telegram.set_my_commands{ commands = {}, scope = { type = "chat", chat_id = 1 } }')
  end)

  it("is told of misspelt options", function()
    warns('require "http".get("https://e.org", { timeuot = 5 })', "a.lua:1: http.get: no option timeuot, did you mean timeout?")
    warns('require "bot".every(60, "remind", nil, { skp = true })', "a.lua:1: bot.every: no option skp, did you mean skip?")
    warns('require "telegram".get_me({}, { quite = true })', "a.lua:1: telegram.get_me: no option quite, did you mean quiet?")
    warns('require "broadcast".start{ to = {}, txet = x }', "a.lua:1: broadcast.start: no parameter txet, did you mean text?")
    fine('local bot = require "bot" bot.text(x, function(m) m:answer(x, { split = true })\n'
      .. 'm:ask(x, "norm", x, { quiet = true, timeout = 5 }) end)')
    warns('require "bot".weekly("monday", "09:00", "remind", nil, { zoen = "UTC" })',
      "a.lua:1: bot.weekly: no option zoen, did you mean zone?")
    fine 'require "broadcast".start{ to = {}, method = "sendPhoto", photo = x }'
    fine 'require "http".post("https://e.org", { anything = 1 }, { headers = { ["X-Y"] = "z" } })'
  end)

  it("is told of methods and fields of what handlers get", function()
    local with_bot = 'local bot = require "bot" '
    warns(with_bot .. 'bot.command("a", function(m)\nm:anwser(m.txet, { quiet = true })\nf(m.from.frist_name) end)',
      "a.lua:2: Message has no field txet, did you mean text?",
      "a.lua:2: message:anwser: no such method, did you mean answer?",
      "a.lua:3: User has no field frist_name, did you mean first_name?")
    warns(with_bot .. "local function h(query) query:anser() query.message:edit(x, { pase_mode = x }) end bot.callback('x', h)",
      "a.lua:1: callback_query:anser: no such method, did you mean answer?",
      "a.lua:1: message:edit: no option pase_mode, did you mean parse_mode?")
    warns(with_bot .. 'bot.on("message:photo", function(m) local first = m.photo[1] f(first.file_idd, m:answer(x).chta) end)',
      "a.lua:1: Message has no field chta, did you mean chat?",
      "a.lua:1: PhotoSize has no field file_idd, did you mean file_id?")
    warns(with_bot .. 'local shop = bot.router "private" shop.comand("a", f) shop.command("b", function(m) m:anwser(x) end)\n'
      .. 'shop.router().on("callback_query", function(query) query:anser() end)',
      "a.lua:1: bot.Router has no field comand, did you mean command?",
      "a.lua:1: message:anwser: no such method, did you mean answer?",
      "a.lua:2: callback_query:anser: no such method, did you mean answer?")
    fine(with_bot .. 'bot.callback("a", function(query) query:answer(x, { alert = true })\n'
      .. 'query.message:answer{ text = x } end)')
    fine(with_bot .. 'bot.step("a", function(m) m.txet = 1 f(m.txet, m.brand_new, m.chat.id) m = f() m:anwser() end)')
    fine(with_bot .. 'local function h(m) m:anwser() f(m.txet) end bot.text("a", h) bot.callback("a", h)')
  end)

  it("is told of misspelt members of modules and of Lua's libraries", function()
    warns('local bot = require "bot" bot.comand(x, f) f(bot.me)',
      "a.lua:1: bot.comand: there is no such thing, did you mean command?")
    warns("string.fomat(x)", "a.lua:1: string.fomat: there is no such thing, did you mean format?")
    warns('os.execute "ls"', "a.lua:1: os.execute: there is no such thing")
    fine 'local string = f() string.fomat(x)'
    fine 'string.trim = f string.trim(x) table.unpack(x) f(math.pi)'
  end)

  it("is told of names that nobody has defined", function()
    warns("undefned(1)\nprint(tostrin(1))", 'a.lua:1: undefined variable "undefned"',
      'a.lua:2: undefined variable "tostrin", did you mean tostring?')
    warns('json.encode{}', 'a.lua:1: undefined variable "json": add local json = require "json"')
    fine "counter = 1 f(counter) function helper() end helper()"
    fine "_ENV = f() whatever()"
  end)

  it("is told of SQL that its tables do not know", function()
    local with_db = 'local db = require "db" '
    warns(with_db .. 'db.one("SELECT nmae FROM users")', "a.lua:1: no such column: nmae")
    warns(with_db .. '\ndb.all("SELECT * FROM user WHERE id = " .. "?", 1)', "a.lua:2: no such table: user")
    warns(with_db .. 'local SQL = [[SELEC 1]] for row in db.rows(SQL) do f(row) end', 'a.lua:1: near "SELEC": syntax error')
    warns(with_db .. 'db.exec "INSERT INTO users VALUES (1); INSERT INTO users VALUES (1, 2)"',
      "a.lua:1: table users has 2 columns but 1 values were supplied")
    warns(with_db .. 'db.exec "CREAT TABLE x(y)"', 'a.lua:1: near "CREAT": syntax error')
    fine(with_db .. 'db.exec "CREATE TABLE users(id)" db.exec("ALTER TABLE users ADD COLUMN name") db.exec "DROP TABLE old"')
    fine(with_db .. 'db.exec "ALTER TABLE users RENAME TO old" db.exec "INSERT INTO users SELECT id, name FROM old"')
    fine(with_db .. 'db.exec "CREATE TABLE later(x)" db.one("SELECT x FROM later") db.one("SELECT " .. x) f.one("SELEC")')
    fine(with_db .. 'db.exec "CREATE TABLE IF NOT EXISTS notes(user_id, text)"')
  end)

  it("is told of values that do not fit the SQL", function()
    local with_db = 'local db = require "db" '
    warns(with_db .. 'db.one("SELECT name FROM users WHERE id = ?")',
      "a.lua:1: the SQL has 1 parameters, but 0 values are given")
    warns(with_db .. 'db.one("SELECT name FROM users WHERE id = ?", 1, 2)',
      "a.lua:1: the SQL has 1 parameters, but 2 values are given")
    warns(with_db .. 'db.exec("INSERT INTO users VALUES (?)", 1, f())',
      "a.lua:1: table users has 2 columns but 1 values were supplied")
    warns(with_db .. 'db.exec("DELETE FROM users WHERE id = :id", { di = 1 })',
      "a.lua:1: a value is given for :di, which the SQL does not have")
    warns(with_db .. 'db.exec("DELETE FROM users WHERE id = ?", { id = 1 })',
      "a.lua:1: a table of values needs names in the SQL: :name instead of ?",
      "a.lua:1: a value is given for :id, which the SQL does not have")
    fine(with_db .. 'db.exec("INSERT INTO users VALUES (?, ?)", f()) db.exec("INSERT INTO users VALUES (?, ?)", 1, f())')
    fine(with_db .. 'db.exec("DELETE FROM users WHERE id = :id", x) db.exec("DELETE FROM users WHERE id = :id", { id = 1 })')
    fine(with_db .. 'local function g(...) db.exec("INSERT INTO users VALUES (?, ?)", ...) end')
  end)
end)

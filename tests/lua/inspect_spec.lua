-- Warnings of `lunokhod check`: the analysis itself, on texts of scripts.
local inspect = assert(loadfile("host/script/api/inspect.lua"))()

local methods = {
  sendMessage = { chat_id = true, text = true, reply_markup = true },
  sendPhoto = { chat_id = true, photo = true, caption = true },
  getMe = {},
}

local function find_method(name)
  local wanted = name:gsub("_(%l)", string.upper)
  if name == "split" then return true end
  if methods[wanted] then return wanted end
  return nil, name:find("^send") and "sendMessage" or nil
end

local function find_parameter(method, name)
  if methods[method][name] then return true end
  return false, name:find("^chat") and "chat_id" or nil
end

local registered = { step = { norm = {} }, job = { remind = {} } }

local function warnings(source) return inspect.calls(source, "a.lua", find_method, find_parameter, registered) end

local function fine(source) assert.same({}, warnings(source)) end

describe("inspect.calls", function()
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
      'function Oracle:ask(what, whom) end oracle:ask("why", "me")',
      'ask("why", "me")',
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
      'local telegram = require "telegram" telegram.send_message{ text = telegram.nothing() }',
      'local telegram = require "telegram" telegram.send_message{ text = f(function() telegram.nothing() end) }',
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
    assert.same({ "a.lua:1: telegram.send_message: no parameter chat, did you mean chat_id?" },
      warnings 'local telegram = require "telegram" telegram.send_message({ text = { foo = 1 }, ["chat"] = 1 })')
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
    fine 'telegram.nothing()'
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

  it("takes a text that ends in the middle without falling over", function()
    local source = 'local telegram = require "telegram" '
      .. 'telegram.send_message{ chat_id = [==[ x ]==], text = "a\\"b" } --[[ end ]]'
    for length = 0, #source do warnings(source:sub(1, length)) end
  end)
end)

-- What bot.lua registers, in short.
local function route(what, try, update_type)
  return { what = what, where = "b.lua:" .. #what, update_type = update_type or "message", try = try }
end

local function text(exact) return route(("text %q"):format(exact), function(message) return message.text == exact end) end

local function match(pattern)
  return route(("match %q"):format(pattern), function(message) return message.text and message.text:find(pattern) ~= nil end)
end

local function command(name)
  return route("command /" .. name, function(message) return message.text and message.text:match("^/(%w+)") == name end)
end

local function on(update_type, field)
  return route("on " .. update_type .. (field and ":" .. field or ""), function(payload)
    return not field or payload[field] ~= nil
  end, update_type)
end

local function callback(pattern)
  local function try(query) return query.data and query.data:find(pattern) ~= nil end
  return route(("callback %q"):format(pattern), try, "callback_query")
end

local function otherwise() return route("otherwise", function(message) return message.text ~= nil end) end

describe("inspect.unreachable", function()
  local function dead(...)
    local names = {}
    for _, warning in ipairs(inspect.unreachable { ... }) do names[#names + 1] = warning:match("^%S+ (.-) can never match") end
    return names
  end

  it("says where, what and why", function()
    assert.same({ 'b.lua:10: text "Hello" can never match: b.lua:10 has the same' }, (function()
      local one, other = text "Hello", text "Hello"
      one.where, other.where = "b.lua:10", "b.lua:10"
      return inspect.unreachable { one, other }
    end)())
    assert.same({ 'b.lua:12: text "Hello" can never match: b.lua:10 takes it first (on message)' },
      inspect.unreachable { on "message", text "Hello" })
  end)

  it("takes tests that are functions for different ones", function()
    local function by_function(what, wanted)
      return route(what .. " by a function", function(message) return message.text == wanted end)
    end
    assert.same({}, dead(by_function("match", "a"), by_function("match", "b"), by_function("otherwise", "c"),
      by_function("otherwise", "d"), otherwise()))
    assert.same({ "otherwise" }, dead(route("match by a function", function(message) return message.text end), otherwise()))
  end)

  it("finds what is registered twice", function()
    assert.same({ 'text "Клик"', "command /start", 'match "^%d+$"', "on message:photo", 'callback "^a"', "otherwise" }, dead(
      text "Клик", text "Клик", command "start", command "start", match "^%d+$", match "^%d+$", on("message", "photo"),
      on("message", "photo"), callback "^a", callback "^a", otherwise(), otherwise()))
  end)

  it("finds what a route that takes everything keeps away", function()
    assert.same({ 'text "a"', "command /start", 'match "^b"', "on message:text", "otherwise" },
      dead(match ".*", text "a", command "start", match "^b", on("message", "text"), otherwise()))
    assert.same({ "on message:photo", 'text "a"', "on message" },
      dead(on "message", on("message", "photo"), text "a", on "message"))
    assert.same({ 'callback "^x:"' }, dead(callback ".", callback "^x:"))
    assert.same({ 'callback "^x:"' }, dead(on "callback_query", callback "^x:"))
  end)

  it("finds a text or a command that a pattern takes first", function()
    assert.same({ 'text "a \\"quoted\\"\\\n\\0\\13\\"text"' }, dead(match '^a "q.*"\n%z\r"t', text 'a "quoted"\n\0\r"text'))
    assert.same({ "command /start" }, dead(match "^/", command "start"))
    assert.same({ 'text "/start"' }, dead(command "start", text "/start"))
  end)

  it("is silent where something is left to match", function()
    assert.same({}, dead(command "start", text "a", text "b", match "^%d+$", on("message", "photo"), otherwise()))
    assert.same({}, dead(match "^%d+$", on("message", "text")))
    assert.same({}, dead(match "^%d", match "^x", text "a", command "b", on "message"))
    assert.same({}, dead(text "/start", command "start"))
    assert.same({}, dead(match "x", match "xy", on("message", "text")))
    assert.same({}, dead(on "message", on "edited_message", callback ".*"))
    assert.same({}, dead(otherwise(), on("message", "photo"), on "message"))
  end)

  it("does not fall over a route that does", function()
    assert.same({}, dead(route("odd", function() error("no") end), text "a", route("unheard of", function() end)))
  end)
end)

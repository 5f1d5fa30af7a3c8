-- The warnings of `lunokhod check` and of a running host about a script that loads but is wrong.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

-- The warnings of check about these files, name -> text, without the directory.
local function warnings(files)
  local directory = process.new_directory()
  os.execute("mkdir " .. directory .. "/lib")
  for name, text in pairs(files) do process.write_file(directory .. "/" .. name, text) end
  local code, _, err = world.run { "check", directory }
  os.execute("rm -rf " .. process.quote(directory))
  assert.equal(0, code, err)
  local lines = {}
  for line in err:gmatch("warning: ([^\n]+)") do lines[#lines + 1] = line:gsub(directory:gsub("%p", "%%%0") .. "/", "") end
  return lines
end

describe("a script that is written wrong", function()
  after_each(world.finish)

  it("is told by check which method or parameter there is not, in what it requires too", function()
    assert.same({
      "bot.lua:2: telegram.send_mesage: no such method, did you mean send_message?",
      "bot.lua:4: telegram.send_message: no parameter chatid, did you mean chat_id?",
      "bot.lua:4: telegram.send_message: the parameter text is missing",
      "lib/helper.lua:1: telegram.getMee: no such method, did you mean getMe?",
    }, warnings {
      ["bot.lua"] = 'local telegram = require "telegram"\nlocal early = telegram.send_mesage\nrequire "helper".f = function()\n'
        .. "  telegram.send_message{ chatid = early } telegram.split('x')\nend",
      ["lib/helper.lua"] = 'return { f = function() require "telegram".getMee() end }',
    })
  end)

  it("is told by check which of its files are hidden by modules of the host", function()
    local use = 'local bot, menu = require "bot", require "menu" require "lib.text" require "text"'
    assert.same({
      'menu.lua is never loaded: require "menu" gives the module of the host; rename the file',
      'lib/menu.lua is never loaded: require "menu" gives the module of the host; rename the file',
    }, warnings {
      ["bot.lua"] = use, -- a script, and no shared code
      ["menu.lua"] = "return { show = function() end }",
      ["lib/menu.lua"] = "return {}",
      ["lib/text.lua"] = "return {}", -- required under another name
      ["lib/limit.lua"] = "return {}", -- which nobody requires
      ["lib/bot.lua"] = "print 'a script of another bot'",
    })
  end)

  it("is told by check which handlers can never match, across files", function()
    assert.same({ 'b.lua:1: text "Hello" can never match: a.lua:1 takes it first (match ".")' }, warnings {
      ["a.lua"] = 'require "bot".match(".", print)',
      ["b.lua"] = 'require "bot".text("Hello", print)',
    })
  end)

  it("is told by check which step or job no script has", function()
    assert.same({
      'a.lua:2: no script has the step "nrom"',
      'b.lua:1: no script has the job "rmind"',
    }, warnings {
      ["a.lua"] = 'local bot = require "bot"\n'
        .. 'bot.command("norm", function(message) message:ask("?", "nrom") message:ask("?", "norm") end)',
      ["b.lua"] = 'local bot = require "bot" bot.every(60, "rmind") bot.every(60, "remind")',
      ["c.lua"] = 'local bot = require "bot" bot.step("norm", print) bot.job("remind", print)',
    })
  end)

  it("is told by check of SQL that does not fit the tables that all scripts have made", function()
    assert.same({ "a.lua:2: no such column: nmae" }, warnings {
      ["a.lua"] = 'local db = require "db"\nif os.getenv "NEVER" then db.one("SELECT nmae FROM users WHERE id = ?", 1) end',
      ["b.lua"] = 'require "db".exec "CREATE TABLE users(id, name)"',
    })
  end)

  it("is told by check which field an update can't have", function()
    assert.same({ 'a.lua:2: bot.on: callback_query has no field "dat", did you mean data?' }, warnings {
      ["a.lua"] = 'local bot = require "bot"\nbot.on("callback_query:dat", print) bot.on("poll:question", print)',
    })
  end)

  it("makes check fail only with --strict", function()
    local directory = process.new_directory()
    local path = directory .. "/a.lua"
    process.write_file(path, "if false then undefined() end")
    assert.equal(0, (world.run { "check", path }))
    local code, _, err = world.run { "check", "--strict", path }
    assert.equal(1, code)
    assert.matches('warning: [^\n]*:1: undefined variable "undefined"', err)
    os.execute("rm -rf " .. process.quote(directory))
  end)

  it("is none that is shipped: no script and no example has a warning", function()
    local paths = { "scripts" }
    for path in io.popen("ls examples/*.lua"):lines() do
      if not path:find "_spec%.lua$" then paths[#paths + 1] = path end
    end
    assert.is_true(#paths > 10)
    for _, path in ipairs(paths) do
      local code, _, err = world.run { "check", "--strict", path }
      assert.equal(0, code, path .. ": " .. err)
      assert.equal("", err)
    end
  end)

  it("is told of on a reload, in the log", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = 'require "bot".command("a", print)' }
    lunokhod:write("bot.lua", 'require "bot".command("a", function(m) m:anwser "x" end)')
    lunokhod:reload()
    lunokhod:logged 'a script is probably wrong" warning="[^"]*:1: message:anwser: no such method, did you mean answer%?"'
  end)

  it("is told of at the start where the host's module hides a file", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, files = {
      ["bot.lua"] = 'require "bot".command("a", print) require "menu"', ["menu.lua"] = "return { run = print }" } }
    lunokhod:logged 'a file is hidden" warning="[^"]*/menu.lua is never loaded'
  end)

  it("is told of a misspelt method when it runs", function()
    local telegram = sandbox {}
    host { telegram = telegram, script = [[
      local bot, telegram = require "bot", require "telegram"
      bot.on("message", function(message)
        local _, err = telegram.send_mesage { chat_id = message.chat.id, text = "?" }
        message:answer(tostring(err))
      end)
    ]] }
    local anna = telegram:person("Анна")
    anna:says("?")
    assert.same({ "telegram.send_mesage: no such method, did you mean send_message?" }, anna:saw(1))
  end)
end)

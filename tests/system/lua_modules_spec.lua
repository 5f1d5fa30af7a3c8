-- Modules of other people, laid out beside the scripts as LuaRocks does; folders of one's own; and the watch on all of them.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local ROCKS = "lua_modules/share/lua/5.4"

-- Debian's packages of pure Lua, and a module of each.
local PACKAGES = {
  ["lua-ansicolors"] = "ansicolors", ["lua-argparse"] = "argparse", ["lua-basexx"] = "basexx",
  ["lua-binaryheap"] = "binaryheap", ["lua-check"] = "luacheck.parser", ["lua-cliargs"] = "cliargs",
  ["lua-coxpcall"] = "coxpcall", ["lua-dkjson"] = "dkjson", ["lua-fifo"] = "fifo", ["lua-inifile"] = "inifile",
  ["lua-inspect"] = "inspect", ["lua-logging"] = "logging", ["lua-luassert"] = "luassert", ["lua-mediator"] = "mediator",
  ["lua-messagepack"] = "MessagePack", ["lua-moses"] = "moses", ["lua-penlight"] = "pl", ["lua-say"] = "say",
  ["lua-unit"] = "luaunit", ["lua-uri"] = "uri",
}

local function shell(command) assert(os.execute(command .. " >/dev/null 2>&1"), command) end

-- A directory with those files, name -> text.
local function directory_of(files)
  local directory = process.new_directory()
  for name, text in pairs(files) do
    local folder = name:match "^(.*)/"
    if folder then shell("mkdir -p " .. process.quote(directory .. "/" .. folder)) end
    process.write_file(directory .. "/" .. name, text)
  end
  return directory
end

local LAY_OUT = [[
  dpkg -L %s | grep '^/usr/share/lua/5[.][1-4]/.*[.]lua$' | while read -r path; do
    target=%s/${path#/usr/share/lua/5.?/}; mkdir -p "${target%%/*}"; cp -L "$path" "$target"; echo "$target"
  done]]

-- Copies the files of an installed package, whichever version of Lua Debian has put them under.
local function lay_out(package, directory)
  local copied <close> = assert(io.popen(LAY_OUT:format(package, directory .. "/" .. ROCKS)))
  assert.matches("%.lua", copied:read "a", package .. " is not installed: make test-deps")
end

local function check(directory)
  local code, out, err = world.run { "check", directory }
  shell("rm -rf " .. process.quote(directory))
  return code, (out or "") .. (err or "")
end

describe("a script requires", function()
  after_each(world.finish)

  for package, module in pairs(PACKAGES) do
    it(package, function()
      local directory = directory_of { ["bot.lua"] = ('assert(require %q) print "it is there"'):format(module) }
      lay_out(package, directory)
      if package == "lua-luassert" then lay_out("lua-say", directory) end -- which it requires
      local code, text = check(directory)
      assert.equal(0, code, text)
      assert.matches("it is there", text)
    end)
  end

  it("and uses them", function()
    local directory = directory_of { ["bot.lua"] = [[
      local List, inspect, dkjson = require "pl.List", require "inspect", require "dkjson"
      local Date, ini = require "pl.Date", require "inifile"
      print(List { 3, 1, 2 }:sort():join "-", inspect { a = 1 }, dkjson.encode { 1, 2 }, Date ~= nil and ini ~= nil)
    ]] }
    for _, package in ipairs { "lua-penlight", "lua-inspect", "lua-dkjson", "lua-inifile" } do lay_out(package, directory) end
    local _, text = check(directory)
    assert.matches("1%-2%-3 {\\n  a = 1\\n} %[1,2%] true", text)
  end)

  it("modules whose globals no script sees, and which see no script's", function()
    local directory = directory_of {
      ["bot.lua"] = [[
        mine = 1
        local odd = require "odd"
        assert(odd.mine == nil and require "other" == "shared")
        assert(not pcall(function() return shared end))
        assert(not pcall(function() return unset end))
        print(odd.tried)]],
      [ROCKS .. "/odd.lua"] = [[
        shared = "shared"
        string.upper = nil
        return { mine = mine, tried = tostring(setfenv) .. tostring(io.open("/etc/passwd")) }]],
      [ROCKS .. "/other.lua"] = "return shared",
    }
    local code, text = check(directory)
    assert.equal(0, code, text)
    assert.matches("nilnil", text)
  end)

  it("folders of its own, below lib/ and beside it", function()
    local directory = directory_of {
      ["bot.lua"] = 'print(require "shop" .. require "shop.prices" .. require "deep.er.still" .. require "beside.it")',
      ["lib/shop/init.lua"] = 'return "a"', ["lib/shop/prices.lua"] = 'return "b"', ["lib/deep/er/still.lua"] = 'return "c"',
      ["beside/it.lua"] = 'return "d"',
    }
    local _, text = check(directory)
    assert.matches("abcd", text)
  end)

  it("its own code, which is still told of a global that was never set", function()
    local directory = directory_of { ["bot.lua"] = 'require "shop"', ["lib/shop/init.lua"] = "return unset" }
    local code, text = check(directory)
    assert.not_equal(0, code)
    assert.matches('undefined variable "unset"', text)
  end)
end)

describe("--watch sees", function()
  local BOT = 'local word = require "word" require("bot").on("message", function(message) message:answer(word) end)'
  local directory, anna
  after_each(function()
    world.finish()
    shell("rm -rf " .. process.quote(directory))
  end)

  local function start(files, path)
    directory = directory_of(files)
    local telegram = sandbox {}
    host { telegram = telegram, scripts = { path and directory .. "/" .. path or directory }, options = { "--watch" } }
    anna = telegram:person "Анна"
  end

  local function answers(word)
    until_(function()
      anna:says "?"
      local texts = anna:saw(1)
      return texts[#texts] == word
    end, "the answer " .. word)
  end

  for _, place in ipairs { "lib/word/init.lua", ROCKS .. "/word.lua", "word/init.lua" } do
    it("a change of " .. place, function()
      start { ["bot.lua"] = BOT, [place] = 'return "old"' }
      answers "old"
      process.write_file(directory .. "/" .. place, 'return "new"')
      answers "new"
    end)
  end

  it("a folder that is new, and what comes into it later", function()
    start { ["bot.lua"] = 'local ok, word = pcall(require, "word") require("bot").on("message", function(message) '
      .. 'message:answer(ok and word or "none") end)' }
    answers "none"
    shell("mkdir -p " .. directory .. "/lib/word")
    process.write_file(directory .. "/lib/word/init.lua", 'return "old"')
    answers "old"
    process.write_file(directory .. "/lib/word/init.lua", 'return "new"')
    answers "new"
  end)

  it("a link that leads to another release", function()
    start({ ["one/bot.lua"] = BOT, ["one/lib/word.lua"] = 'return "old"', ["two/bot.lua"] = BOT,
      ["two/lib/word.lua"] = 'return "new"' }, "one")
    world.finish()
    shell(("ln -s one %s/current"):format(directory))
    local telegram = sandbox {}
    host { telegram = telegram, scripts = { directory .. "/current" }, options = { "--watch" } }
    anna = telegram:person "Анна"
    answers "old"
    shell(("ln -s two %s/next && mv -T %s/next %s/current"):format(directory, directory, directory))
    answers "new"
    process.write_file(directory .. "/two/lib/word.lua", 'return "newer"')
    answers "newer"
  end)
end)

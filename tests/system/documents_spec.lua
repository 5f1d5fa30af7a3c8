-- The user documents are true: their examples run, and their commands, options, routes and links exist.
local client = require "tests.support.client"
local dkjson = require "dkjson"
local documents = require "tests.support.documents"
local process = require "tests.support.process"
local world = require "tests.support.world"
local sandbox = world.sandbox

local PAGES = { "README.md", "examples/GUIDE.md", "examples/MIGRATING.md", "examples/TESTING.md", "examples/OPERATING.md" }
local KIT = { "telegram", "clock", "bot", "http", "scripts" } -- what a spec sees, beside what busted gives

local directories = {}

local function new_directory()
  directories[#directories + 1] = process.new_directory()
  return directories[#directories]
end

-- Runs a program to its end. Returns its exit code and all that it has printed.
local function run(arguments)
  local program = process.start(arguments, { MAKEFLAGS = "" }) -- else a make in it would join the one that runs us
  program.may_be_killed = true
  return program:wait(), program:stdout() .. program:stderr()
end

-- What is wrong with the examples of a page, as a list of texts.
local function complaints_about(page)
  local directory, wrong = new_directory(), {}
  local names = documents.write_lua(page, directory)

  local function expect(name, arguments, unwanted)
    local code, printed = run(arguments)
    if code ~= 0 or unwanted and printed:find(unwanted) then wrong[#wrong + 1] = ("%s: %s"):format(name, printed) end
  end

  -- luacheck sees what a script has not required, also where no test goes.
  local function expect_no_undefined(name, ...)
    expect(name, { "luacheck", "--no-config", "--no-color", "--only", "1", "--std", ... })
  end

  for _, name in ipairs(names.shared) do expect_no_undefined(name, "lua54", directory .. "/" .. name) end
  for _, name in ipairs(names.scripts) do
    expect_no_undefined(name, "lua54", directory .. "/" .. name)
    expect(name, { sandbox.PROGRAM, "check", directory .. "/" .. name }, "warning: ")
  end
  for _, name in ipairs(names.specs) do
    local path = directory .. "/" .. name
    expect_no_undefined(name, "lua54+busted", path, "--read-globals", table.unpack(KIT))
    expect(name, { sandbox.PROGRAM, "test", path }, "^0 success")
  end
  return wrong, names
end

-- The headings of a page as GitHub names them in links.
local function headings(path)
  local names = {}
  for title in process.read_file(path):gmatch("\n#+ ([^\n]+)") do
    names[title:lower():gsub("[^%w%- _]", ""):gsub(" ", "-")] = true
  end
  return names
end

-- ---- what the program knows ----

local help = {} -- command -> the text of its --help

local function help_of(command)
  help[command] = help[command] or select(2, world.run { command, "--help" })
  return help[command]
end

local function check_lunokhod(words)
  local command = words[2] or ""
  assert(help_of(command) ~= "", "there is no command: " .. table.concat(words, " "))
  for _, word in ipairs(words) do
    local is_option = word:find("^%-%-")
    local is_known = not is_option or help_of(command):find(" " .. word .. " ", 1, true)
    assert(is_known, "there is no option: " .. table.concat(words, " "))
  end
  if command == "backup" then
    assert(help_of(command):find("lunokhod backup " .. words[3], 1, true), "there is no verb: " .. table.concat(words, " "))
  end
end

local function check_make(words)
  local _, targets = run { "make", "help" }
  local makefile = process.read_file("Makefile") .. process.read_file("tests/fuzz/fuzz.mk")
  for i = 2, #words do
    local variable = words[i]:match("^([%u_]+)=")
    if variable then
      assert(makefile:find("$(" .. variable .. ")", 1, true), "make has no variable " .. variable)
    else
      assert(targets:find("  make " .. words[i] .. " ", 1, true), "make has no target " .. words[i])
    end
  end
end

-- What a page may call without us: programs of the system.
local foreign = {
  docker = true, install = true, kill = true, mkdir = true, openssl = true, pkill = true, sqlite3 = true, sudo = true,
  systemctl = true,
}

local function check_command(words)
  if words[1]:find("lunokhod$") then
    check_lunokhod(words)
  elseif words[1] == "make" then
    check_make(words)
  elseif words[1] ~= "curl" then
    assert(foreign[words[1]], "a command that this test does not know: " .. table.concat(words, " "))
  end
end

-- `curl [-X METHOD] [--json BODY] URL`, with our sandbox in the place of the URL's machine. Returns status and answer.
local function do_curl(url, words)
  local method, body, path
  for i, word in ipairs(words) do
    if word == "-X" then method = words[i + 1] end
    if word == "--json" then body = words[i + 1] end
    path = path or word:match("^http://127%.0%.0%.1:%d+(/.*)$") or word:match("^\"http://127%.0%.0%.1:%d+(/.*)\"$")
  end
  return client.request(method or body and "POST" or "GET", url .. path, body and assert(dkjson.decode(body)))
end

describe("the documents", function()
  after_each(function()
    for _, directory in ipairs(directories) do os.execute("rm -rf " .. process.quote(directory)) end
    directories = {}
    world.finish()
  end)

  for _, path in ipairs(PAGES) do
    it(path .. " has examples that run as they stand", function()
      assert.same({}, (complaints_about(process.read_file(path))))
    end)

    it(path .. " names commands and options that exist", function()
      for _, words in ipairs(documents.commands(process.read_file(path))) do check_command(words) end
    end)

    it(path .. " links to what is there", function()
      local folder = path:match("^.*/") or ""
      for target in process.read_file(path):gmatch("%]%(([^)]+)%)") do
        local file, part = target:match("^([^#]*)#?(.*)$")
        if not file:find("^https?:") then
          local name = file == "" and path or folder .. file
          assert(os.rename(name, name), path .. " links to " .. target)
          if part ~= "" then assert(headings(name)[part], path .. " links to " .. target) end
        end
      end
    end)
  end

  it("have examples at all", function()
    local _, names = complaints_about(process.read_file("README.md"))
    assert.same({ scripts = { "count.lua" }, specs = { "count_spec.lua" }, shared = {} }, names)
  end)
end)

-- What this test must find, on pages that are wrong.
describe("an example", function()
  after_each(world.finish)

  local function page(...) return "\n```lua\n" .. table.concat({ ... }, "\n```\n\n```lua\n") .. "\n```\n" end
  local COUNT = '-- a.lua\nlocal bot = require "bot"\nbot.command("a", function(message) message:answer("A") end)'

  local wrong = {
    ["that uses a module at its top level without require"] = page '-- a.lua\nbot.command("a", print)',
    ["that uses a module in a handler without require"] =
      page '-- a.lua\nlocal bot = require "bot"\nbot.job("a", function() telegram.get_me() end)',
    ["that requires what is not there"] = page '-- a.lua\nlocal bot = require "robot"\nbot.command("a", print)',
    ["that calls a method that Telegram does not have"] =
      page '-- a.lua\nlocal telegram = require "telegram"\nreturn function() telegram.send_massage {} end',
    ["whose spec fails"] =
      page(COUNT, '-- a_spec.lua\nscripts "a.lua"\nit("b", function() telegram:person("Anna"):sees("B") end)'),
    ["whose spec tests nothing"] = page(COUNT, '-- a_spec.lua\nscripts "a.lua"'),
  }
  for what, text in pairs(wrong) do
    it(what .. " is found", function() assert.equal(1, math.min(1, #complaints_about(text))) end)
  end

  it("without a name is found", function()
    assert.has_error(function() complaints_about(page 'local bot = require "bot"') end)
  end)

  it("of a command that does not exist is found", function()
    for _, line in ipairs {
      "make frobnicate", "build/lunokhod frobnicate", "build/lunokhod run --frobnicate scripts", "frobnicate",
      "build/lunokhod backup frobnicate",
    } do
      assert.has_error(function() check_command(documents.commands("\n```sh\n" .. line .. "\n```\n")[1]) end)
    end
  end)
end)

describe("OPERATING.md", function()
  after_each(world.finish)

  -- `--name VALUE` -> the environment variable or "", as the program says and as the page says.
  local function options_of_program()
    local options = {}
    for line in help_of("run"):gmatch("[^\n]+") do
      local name, rest = line:match("^  (%-%-[%w-]+)(.*)$")
      if name then
        local value = rest:match("^ (%S+)%f[%s]")
        options[value and name .. " " .. value or name] = rest:match("%(or ([%u_]+)%)$") or ""
      end
    end
    return options
  end

  local function rows() return documents.table_rows(process.read_file("examples/OPERATING.md"), "option") end

  it("has every option of `lunokhod run`, with its value and its environment variable", function()
    local described = {}
    for _, row in ipairs(rows()) do
      described[row[1]:match("^`(.*)`$")] = row[2]:match("`([%u_]+)`") or ""
    end
    assert.same(options_of_program(), described)
  end)

  it("has the range of every number", function()
    local count = 0
    for _, row in ipairs(rows()) do
      local name = row[1]:match("^`(%-%-%S+)")
      local least, most = row[3]:match("(%d+) to ([%d,]+)$")
      if least then
        count = count + 1
        for _, value in ipairs { math.tointeger(least) - 1, math.tointeger((most:gsub(",", ""))) + 1 } do
          local code, _, complaint = world.run({ "run", name, tostring(value), "scripts" }, { BOT_TOKEN = "1:a" })
          assert.equal(2, code)
          assert.matches(("from %s to %s"):format(least, (most:gsub(",", ""))), complaint)
        end
      end
    end
    assert.equal(7, count)
  end)
end)

describe("TESTING.md", function()
  after_each(world.finish)

  local PAGE = process.read_file("examples/TESTING.md") or ""

  it("names routes that the sandbox has", function()
    local telegram = sandbox {}
    local rows = documents.table_rows(PAGE, "route")
    assert.is_true(#rows >= 20)
    for _, row in ipairs(rows) do
      local method, path = row[1]:match("^`(%u+) ([%w_/]+)`$") -- or "the same"
      local answer = method and select(2, client.request(method, telegram.url .. path, method == "POST" and {} or nil)) or ""
      assert.is_nil(answer:find("there is no " .. (method or "") .. " /", 1, true), row[1])
    end
  end)

  it("has calls of the sandbox that work one after the other", function()
    local telegram, count = sandbox {}, 0
    for _, words in ipairs(documents.commands(PAGE)) do
      if words[1] == "curl" then
        local status, answer = do_curl(telegram.url, words)
        count = count + 1
        assert.equal(200, status, table.concat(words, " ") .. "\n" .. answer)
      end
    end
    assert.is_true(count >= 5)
  end)

  it("names a token that the sandbox takes for a bot's", function()
    local telegram = sandbox {}
    local token = PAGE:match("BOT_TOKEN=(%S+)")
    local status = client.request("GET", ("%s/bot%s/getMe"):format(telegram.url, token))
    assert.equal(200, status)
  end)

  it("has every option of `lunokhod test`, `replay`, `sandbox` and `dev`", function()
    local described, known = {}, {}
    for _, row in ipairs(documents.table_rows(PAGE, "option")) do
      for option in row[1]:gmatch("`([^`]+)`") do described[option] = true end
    end
    local all = help_of("test") .. help_of("replay") .. help_of("sandbox") .. help_of("dev")
    for name, value in all:gmatch("\n  (%-%-[%w-]+)( ?%u*) ") do
      known[(name .. value):match("^(.-)%s*$")] = true
    end
    assert.same(known, described)
  end)

  it("names the faults that the sandbox has", function()
    local telegram = sandbox {}
    local _, answer = client.request("POST", telegram.url .. "/sandbox/faults", { kind = "frobnicate" })
    local described, known = {}, {}
    for _, row in ipairs(documents.table_rows(PAGE, "kind")) do
      for kind in row[1]:gmatch("`([%w_]+)`") do described[kind] = true end
    end
    for kind in answer:match("must be one of ([%w_ ]+)"):gmatch("%S+") do known[kind] = true end
    assert.same(known, described)
  end)
end)

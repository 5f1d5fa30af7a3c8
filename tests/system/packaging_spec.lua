-- What leaves this folder: `make install`, the Debian package, the archive of the sources; and that they all have one version.
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local world = require "tests.support.world"

local VERSION = process.read_file("Makefile"):match "\nVERSION%s*=%s*(%S+)"

local function has(program) return os.execute("command -v " .. program .. " >/dev/null 2>&1") end

local function run(...)
  local program = process.start({ ... }, { MAKEFLAGS = "" }) -- else a make in it would join the one that runs us
  program.may_be_killed = true
  return program:wait(300), program:stdout(), program:stderr() -- a build on a busy machine
end

local function make(...)
  local code, printed, complained = run("make", ...)
  assert.equal(0, code, printed .. complained)
  return printed
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

-- The commands that the program's help names: "lunokhod status, reload, stop, log      of a running host".
local function commands()
  local names = {}
  local _, help = world.run { "help" }
  for line in help:gmatch "\n  lunokhod ([^\n]+)" do
    local listed = line:gsub("  .*", "")
    names[#names + 1] = listed:match "^%l+"
    for name in listed:gmatch ", (%l+)" do names[#names + 1] = name end
  end
  assert(#names > 10, help)
  return names
end

describe("the version", function()
  after_each(world.finish)

  it("is the same in the program, the Makefile and the changelog", function()
    local _, printed = world.run { "--version" }
    assert.equal(VERSION, printed:match "^lunokhod (%S+)\n")
    for _, library in ipairs { "Lua", "SQLite", "libcurl/", "libuv", "libmicrohttpd", "GnuTLS", "zlib", "zstd", "xxHash",
      "jansson", "libsodium", "GLib", "cairo" } do
      assert.matches("\n  " .. library .. " ?%d+%.%d+[%.%d]*", printed)
    end
    assert.equal(VERSION, process.read_file("host/CHANGELOG.md"):match "\n## (%S+) %(%d%d%d%d%-%d%d%-%d%d%)")
  end)
end)

describe("make install", function()
  local directory

  before_each(function() directory = process.new_directory() end)
  after_each(function()
    os.execute("rm -rf " .. process.quote(directory))
    world.finish()
  end)

  it("brings program, manual, units, types, examples and completion", function()
    make("install", "DESTDIR=" .. directory, "PREFIX=/opt")
    for _, path in ipairs {
      "bin/lunokhod", "share/man/man1/lunokhod.1", "share/bash-completion/completions/lunokhod", "share/lunokhod/types/bot.lua",
      "share/doc/lunokhod/examples/echo.lua", "share/doc/lunokhod/lunokhod.conf", "lib/systemd/system/lunokhod@.service",
    } do
      assert.truthy(process.read_file(directory .. "/opt/" .. path), path)
    end
    local unit = process.read_file(directory .. "/opt/lib/systemd/system/lunokhod.service")
    assert.truthy(unit:find("ExecStart=/opt/bin/lunokhod run", 1, true), unit)
    assert.is_nil(unit:find("/usr/", 1, true))
    local manual = process.read_file(directory .. "/opt/share/man/man1/lunokhod.1"):gsub("\\%-", "-")
    local _, help = world.run { "run", "--help" }
    for option in help:gmatch "\n  (%-%-[%w-]+)" do assert.truthy(manual:find("\n.B " .. option, 1, true), option) end
    for _, name in ipairs(commands()) do
      assert.truthy(name == "version" or manual:find("\n.SS " .. name .. "\n", 1, true), name)
    end
    if has "man" then
      local page = directory .. "/opt/share/man/man1/lunokhod.1"
      local code, _, complained = run("env", "LC_ALL=C.UTF-8", "man", "--warnings", "-l", page)
      assert.same({ 0, "" }, { code, complained })
    end
  end)

  it("completes commands and options in bash", function()
    local function completed(...)
      local words = { ... }
      local script = [[. host/packaging/completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lunokhod
        printf '%s\n' "${COMPREPLY[@]}"]]
      local _, printed = run("bash", "-c", script, "bash", sandbox.PROGRAM, table.unpack(words))
      return lines_of(printed)
    end
    for _, name in ipairs(commands()) do assert.same({ name }, completed(name)) end
    assert.same({ "status", "stop" }, completed "st")
    assert.same({ "--copy-to", "--copy-dir" }, completed("run", "--copy"))
    assert.same({ "pull", "push" }, completed("backup", "pu"))
    assert.same({ "--strict" }, completed("check", "--s"))
  end)
end)

describe("the Debian package", function()
  after_each(world.finish)

  it("is what lintian wants, twice the same, and needs what the program needs", function()
    if not has "dpkg-deb" or not has "dpkg-shlibdeps" then
      pending "dpkg-dev is not here"
      return
    end
    make "deb-package"
    local package = process.read_file "build/lunokhod.deb"
    make "deb-package"
    assert.is_true(package == process.read_file "build/lunokhod.deb")
    local _, needs = run("dpkg-deb", "-f", "build/lunokhod.deb", "Depends")
    for _, name in ipairs { "ca%-certificates", "tzdata", "libcairo2", "libmicrohttpd12", "liblua5%.4%-0 %(", "libuv1" } do
      assert.matches(name, needs)
    end
    if has "lintian" then
      local _, printed = run("lintian", "--fail-on", "none",
        "--suppress-tags", "bogus-mail-host,bogus-mail-host-in-debian-changelog",
        "build/lunokhod.deb")
      assert.equal("", printed)
    end
  end)
end)

describe("make dist", function()
  after_each(world.finish)

  it("makes the same bytes each time", function()
    if not has "git" or not os.execute "git rev-parse HEAD >/dev/null 2>&1" then
      pending "these are not the sources as git has them"
      return
    end
    local path = ("build/lunokhod-%s.tar.gz"):format(VERSION)
    make "dist"
    local archive = process.read_file(path)
    os.remove(path)
    make "dist"
    assert.is_true(archive == process.read_file(path))
    local _, names = run("tar", "-tzf", path)
    assert.truthy(names:find(("lunokhod-%s/Makefile\n"):format(VERSION), 1, true))
  end)
end)

-- `make` on a machine without its packages names them. `make run`: one command starts a bot that answers, and one Ctrl-C ends
-- everything.
local client = require "tests.support.client"
local process = require "tests.support.process"
local socket = require "socket"
local world = require "tests.support.world"
local until_ = world.until_

-- A terminal sends Ctrl-C to the whole group of what runs in it; and make shows what it says on stdout and on stderr.
local function press_ctrl_c(make) os.execute(("kill -INT -%d"):format(make.pid)) end

-- All that a process has started, and what these have started.
local function descendants(pid, list)
  for child in (process.read_file(("/proc/%s/task/%s/children"):format(pid, pid)) or ""):gmatch("%d+") do
    list[#list + 1] = child
    descendants(child, list)
  end
  return list
end

describe("make run", function()
  after_each(world.finish)

  it("shows a bot on a page, and ends by one Ctrl-C: gracefully, with nothing left", function()
    -- What a shell starts in the background ignores SIGINT, unlike what runs in a terminal.
    local command = { "setsid", "env", "--default-signal=INT", "make", "run", "PORT=0" }
    local make = process.start(command, { BOT_TOKEN = "", MAKEFLAGS = "" })
    make:logged("msg=running")
    local url = until_(function() return make:stdout():match("chat page: (http://127%.0%.0%.1:%d+)/") end, "the page's address")
    client.call("POST", url .. "/sandbox/users", { id = 7, first_name = "Анна" })
    client.call("POST", url .. "/sandbox/messages", { chat_id = 7, text = "/start" })
    until_(function()
      local shown = client.call("GET", url .. "/sandbox/messages?chat_id=7")
      return shown.messages[2] and shown.messages[2].text == "Приветствую Анна"
    end, "the bot's answer")
    local started = descendants(make.pid, {})
    assert.is_true(#started >= 2) -- what holds the sandbox, and the host
    press_ctrl_c(make)
    make.may_be_killed = true
    make:wait()
    for _, pid in ipairs(started) do
      until_(function() return not process.read_file("/proc/" .. pid .. "/stat") end, "the end of process " .. pid)
    end
    assert.same({}, make:log_lines("second signal"))
    assert.equal(1, #make:log_lines("msg=stopped .*unfinished=0"))
  end)
end)

describe("make run of a bot of one's own", function()
  after_each(world.finish)

  -- `make run` as in a terminal; what it needs is built already.
  local function make_run(...)
    return process.start({ "setsid", "env", "--default-signal=INT", "make", "run", ... }, { BOT_TOKEN = "", MAKEFLAGS = "" })
  end

  it("loads what is in its folder, beside the clone, and nothing else", function()
    local folder = process.new_directory()
    process.write_file(folder .. "/hello.lua", 'require "bot".command("start", function(message) message:answer "Hello" end)')
    local make = make_run("PORT=0", "BOT=" .. folder)
    make:logged("msg=running scripts=1 ")
    local url = until_(function() return make:stdout():match("chat page: (http://127%.0%.0%.1:%d+)/") end, "the page's address")
    client.call("POST", url .. "/sandbox/users", { id = 7, first_name = "Anna" })
    client.call("POST", url .. "/sandbox/messages", { chat_id = 7, text = "/start" })
    until_(function()
      local shown = client.call("GET", url .. "/sandbox/messages?chat_id=7")
      return shown.messages[2] and shown.messages[2].text == "Hello"
    end, "the bot's answer")
    press_ctrl_c(make)
    make.may_be_killed = true
    make:wait()
    os.execute("rm -r " .. process.quote(folder))
  end)

  it("says what to do where there is no such folder", function()
    local make = make_run("PORT=0", "BOT=/nowhere/mybot")
    assert.equal(2, make:wait())
    assert.is_truthy(make:stderr():find('there is no /nowhere/mybot: "mkdir /nowhere/mybot"', 1, true), make:stderr())
  end)

  it("says what to do where the port is taken", function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local make = make_run("PORT=" .. port)
    assert.equal(2, make:wait())
    listener:close()
    local words = ("port %d is taken: choose another with --port N (make run PORT=N)"):format(port)
    assert.is_truthy(make:stderr():find(words, 1, true), make:stderr())
  end)
end)

describe("make", function()
  after_each(world.finish)

  -- A machine on which these are the only packages missing.
  local function without(packages)
    local folder = process.new_directory()
    local cases = "case \"$*\" in " .. packages .. ") exit 1;; esac\n"
    process.write_file(folder .. "/dpkg-query", "#!/bin/sh\n" .. cases .. "echo 'install ok installed'\n")
    process.write_file(folder .. "/pkg-config", "#!/bin/sh\nexit 1\n")
    os.execute("chmod +x " .. folder .. "/*")
    return folder
  end

  it("says what is missing and what to do, instead of a compiler's error", function()
    local folder = without("*libuv1-dev|*uthash-dev")
    local make = process.start({ "make", "-j2", "BUILD=" .. folder .. "/build" },
      { PATH = folder .. ":" .. os.getenv("PATH"), MAKEFLAGS = "" })
    assert.equal(2, make:wait())
    assert.is_truthy(make:stderr():find('missing: libuv1-dev uthash-dev\nrun "make deps" first\n', 1, true), make:stderr())
    assert.is_nil(make:stdout():find("CC ", 1, true))
    os.execute("rm -r " .. folder)
  end)

  it("without root and sudo tells what root must install, and stops", function()
    local folder = without("*libuv1-dev|*uthash-dev")
    process.write_file(folder .. "/id", "#!/bin/sh\necho 1000\n")
    for _, name in ipairs { "sh", "make", "grep", "sed", "find", "nproc", "awk", "uname", "cc" } do
      os.execute(("ln -s $(command -v %s) %s/%s"):format(name, folder, name))
    end
    os.execute(("printf '#!/bin/sh\n' > %s/apt-get; chmod +x %s/*"):format(folder, folder)) -- and no sudo
    local make = process.start({ "env", "PATH=" .. folder, "make", "deps", "BUILD=" .. folder .. "/build" }, { MAKEFLAGS = "" })
    assert.equal(2, make:wait())
    local expected = "these packages are missing; let root install them: apt-get install libuv1-dev uthash-dev\n"
    assert.truthy(make:stderr():find(expected, 1, true), make:stderr())
    assert.is_nil(make:stdout():find("installing", 1, true))
    os.execute("rm -r " .. folder)
  end)
end)

-- `make run`: one command starts a bot that answers, and one Ctrl-C ends everything.
local client = require "tests.support.client"
local process = require "tests.support.process"
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
    assert.is_true(#started >= 3) -- the shell, the sandbox, the host
    press_ctrl_c(make)
    make.may_be_killed = true
    make:wait()
    for _, pid in ipairs(started) do assert.is_nil(process.read_file("/proc/" .. pid .. "/stat")) end
    assert.same({}, make:log_lines("second signal"))
    assert.equal(1, #make:log_lines("msg=stopped .*unfinished=0"))
  end)
end)

-- The first chapter of the guide, followed word for word from a clean clone: a folder beside it, a script, the chat page, a
-- spec.
local client = require "tests.support.client"
local documents = require "tests.support.documents"
local process = require "tests.support.process"
local world = require "tests.support.world"
local until_ = world.until_

local PATIENCE = 600 -- seconds for a build

-- Of the sources as they are, where these are no repository of ours: unpacked from an archive, or another user's.
local COPY = "mkdir -p %s && tar --exclude=./build --exclude=node_modules --exclude=./.git -cf - . | tar -xf - -C %s"
  .. " && cd %s && git init -q && git add -A && git -c user.name=a -c user.email=a commit -qm a"

local function make_clone(path)
  local quoted = process.quote(path)
  if os.execute(("git clone --quiet . %s 2>/dev/null"):format(quoted)) then return end
  assert(os.execute(COPY:format(quoted, quoted, quoted)))
end

describe("the guide's first chapter", function()
  local directory, clone

  before_each(function()
    directory = process.new_directory()
    clone = directory .. "/lunokhod"
    make_clone(clone)
  end)
  after_each(function()
    world.finish()
    os.execute("rm -rf " .. process.quote(directory))
  end)

  -- Starts a command line in the clone, as a terminal does. A quick build will do.
  local function start(line)
    return process.start({ "setsid", "env", "--default-signal=INT", "-C", clone, "sh", "-c", line },
      { BOT_TOKEN = "", MAKEFLAGS = "", CFLAGS = "-O0" })
  end

  -- What a newcomer does on the chat page.
  local function talk(make)
    local url = until_(function()
      return make:stdout():match("chat page: (http://127%.0%.0%.1:%d+)/")
    end, "the page's address", PATIENCE)
    make:logged("msg=running scripts=1 ", PATIENCE)
    client.call("POST", url .. "/sandbox/users", { id = 7, first_name = "Anna" })
    local function last()
      local messages = client.call("GET", url .. "/sandbox/messages?chat_id=7").messages
      return messages[#messages] and messages[#messages].text
    end
    client.call("POST", url .. "/sandbox/messages", { chat_id = 7, text = "/start" })
    until_(function() return last() == "Write something, and I repeat it." end, "the answer to /start")
    local script = directory .. "/mybot/echo.lua"
    process.write_file(script, (process.read_file(script):gsub("Write something", "Say something")))
    make:logged "msg=\"?reloaded"
    client.call("POST", url .. "/sandbox/messages", { chat_id = 7, text = "/start" })
    until_(function() return last() == "Say something, and I repeat it." end, "the answer of the changed script")
    process.write_file(script, (process.read_file(script):gsub("Say something", "Write something")))
    os.execute(("kill -INT -%d"):format(make.pid))
    make.may_be_killed = true
    make:wait()
  end

  it("leads from a clone to a tested bot in a folder of its own", function()
    local talks, runs = 0, 0
    local page = process.read_file(clone .. "/examples/GUIDE.md")
    for _, block in ipairs(documents.all_blocks(documents.section(page, "## 1. Your first bot"))) do
      if block.language == "lua" then
        process.write_file(directory .. "/mybot/" .. block.text:match("^%-%- ([%w_]+%.lua)\n"), block.text)
      end
      for line in (block.language == "sh" and block.text or ""):gmatch("[^\n]+") do
        if line:find("^make run") then
          talk(start(line .. " PORT=0")) -- the usual port may be another test's
          talks = talks + 1
        elseif not line:find("^BOT_TOKEN=") then -- that needs the real Telegram
          local command = start(line)
          assert.equal(0, command:wait(PATIENCE), line .. "\n" .. command:stdout() .. command:stderr())
          runs = runs + 1
        end
      end
    end
    assert.same({ 1, 3 }, { talks, runs })
    local status = assert(io.popen(("git -C %s status --porcelain"):format(process.quote(clone))))
    assert.equal("", status:read "a") -- the clone stays as it is
    status:close()
  end)
end)

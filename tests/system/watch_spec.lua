-- `run --watch` sees whatever changes a script: in directories below, in new ones, and where a link leads elsewhere.
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local BOT = 'require "bot".command("start", function(message) message:answer "hi" end)\n'

describe("a watch", function()
  local directory, lunokhod

  local function shell(command) assert(os.execute(("cd %s && %s"):format(process.quote(directory), command))) end

  local function reloads(what, change)
    local before = #lunokhod:log_lines "msg=reloaded"
    change()
    until_(function() return #lunokhod:log_lines "msg=reloaded" > before end, "a reload after " .. what)
  end

  local function watches(path)
    local telegram = sandbox {}
    lunokhod = host { telegram = telegram, scripts = { directory .. path }, options = { "--watch" } }
  end

  before_each(function() directory = process.new_directory() end)
  after_each(function()
    world.finish()
    os.execute("rm -rf " .. process.quote(directory))
  end)

  it("sees modules in directories below, and in those that come later", function()
    shell "mkdir -p s/menu"
    process.write_file(directory .. "/s/main.lua", 'require "menu"\n' .. BOT)
    process.write_file(directory .. "/s/menu/init.lua", "return 1")
    watches "/s"
    reloads("a change below", function() shell "echo 'return 2' > s/menu/init.lua" end)
    reloads("a directory that is new", function() shell "mkdir -p s/lib/sub" end)
    reloads("a file in it", function() shell "echo 'return 1' > s/lib/sub/x.lua" end)
    reloads("a directory that is gone", function() shell "mv s/lib ." end)
    reloads("one that is back", function() shell "mv lib s/" end)
    reloads("a file in it", function() shell "echo 'return 2' > s/lib/sub/x.lua" end)
  end)

  it("sees where a link leads: as Kubernetes changes files, and as releases are switched", function()
    shell "mkdir -p k/..1 k/..2 && ln -s ..1 k/..data && ln -s ..data/main.lua k/main.lua && ln -s k current"
    process.write_file(directory .. "/k/..1/main.lua", BOT)
    process.write_file(directory .. "/k/..2/main.lua", BOT .. "--2")
    watches "/current"
    reloads("the link within", function() shell "ln -s ..2 k/..new && mv -T k/..new k/..data" end)
    shell "mkdir release"
    process.write_file(directory .. "/release/main.lua", BOT)
    reloads("the link above", function() shell "ln -s release new && mv -T new current" end)
    reloads("a file behind it", function() process.write_file(directory .. "/release/main.lua", BOT .. "--2") end)
  end)

  it("sees a directory that is made anew", function()
    shell "mkdir s"
    process.write_file(directory .. "/s/main.lua", BOT)
    watches "/s"
    shell "rm -r s"
    lunokhod:logged "reload failed, the old scripts go on"
    reloads("its return", function() shell(("mkdir s && echo '%s' > s/main.lua"):format((BOT:gsub("\n", "")))) end)
    reloads("a change in it", function() process.write_file(directory .. "/s/main.lua", BOT .. "--2") end)
  end)
end)

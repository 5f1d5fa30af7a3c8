-- The log for machines: each line of a run is as OPERATING says, all lines that a handler causes can be found by its number,
-- and levels can be set for modules.
local backups = require "tests.support.backups"
local dkjson = require "dkjson"
local process = require "tests.support.process"
local world = require "tests.support.world"
local until_ = world.until_

local SCRIPT = [[
local bot, log, telegram, db = require "bot", require "log", require "telegram", require "db"
db.exec "CREATE TABLE IF NOT EXISTS seen(n INTEGER)"
bot.text("wait", function(message)
  log.info "begun"
  db.exec "INSERT INTO seen VALUES(1)"
  message:answer "one"
  bot.sleep(0.01)
  log.info("sent", message.message_id)
  telegram.send_message { chat_id = 1, text = "to nobody" }
  bot.parallel { function() log.info "one of two" end, function() log.info "two of two" end }
end)
bot.text("lost", function(message) message:answer "lost" end)
bot.text("fail", function(message)
  message:answer "first"
  error "so wrong"
end)
bot.text("job", function() bot.after(0, "tick", "x") end)
bot.job("tick", function() log.warn "from a job" error "in a job" end)
]]

-- name -> type, by the tables of OPERATING.
local function fields()
  local text = assert(process.read_file "examples/OPERATING.md"):match "\n## The log\n(.-)\n## "
  local found = {}
  for names, kind in text:gmatch "\n| (`[^|]+) | (%a[%a ]*) |" do
    for name in names:gmatch "`([%w_]+)`" do found[name] = kind end
  end
  return found
end

local function is_of(value, kind)
  if kind == "integer or text" then return is_of(value, "integer") or is_of(value, "text") end
  return kind == "text" and type(value) == "string" or kind == "integer" and math.type(value) == "integer"
end

local function lines(lunokhod)
  local list = {}
  for line in lunokhod.process:stderr():gmatch "[^\n]+" do
    local read = assert(dkjson.decode(line), line)
    list[#list + 1] = read
  end
  return list
end

describe("the log for machines", function()
  local telegram, admin, anna
  before_each(function()
    telegram = world.sandbox {}
    admin, anna = telegram:person "Admin", telegram:person "Anna"
  end)
  after_each(world.finish)

  local function start(...)
    local options = { "--fresh", "--log-format", "json", ... }
    return backups.host(telegram, admin, { script = SCRIPT, options = options, wait = false })
  end

  -- The first line with such a message, when it has come.
  local function line_of(lunokhod, msg)
    return until_(function()
      for _, line in ipairs(lines(lunokhod)) do
        if line.msg:find(msg, 1, true) then return line end
      end
    end, function() return ("the line %q\n%s"):format(msg, lunokhod.process:stderr()) end)
  end

  it("has the fields that OPERATING lists, and the same for all lines of a handler", function()
    local lunokhod = start("--log-level", "debug")
    line_of(lunokhod, "running")
    anna:says "wait"
    local first = line_of(lunokhod, "begun")
    assert.same({ "info", "bot" }, { first.level, first.module })
    assert.is_true(math.type(first.run) == "integer" and math.type(first.update) == "integer")
    for _, msg in ipairs { "sent", "one of two", "two of two", "a call to Telegram failed, and nobody looked" } do
      local line = line_of(lunokhod, msg)
      assert.same({ first.run, first.update }, { line.run, line.update }, msg)
    end
    telegram:fault { method = "sendMessage", kind = "drop_after", times = 1 }
    anna:says "lost"
    local lost = line_of(lunokhod, "a call of Telegram has no answer")
    assert.equal("telegram", lost.module)
    assert.is_true(lost.run > first.run and lost.update > first.update)
    anna:says "fail"
    local failed = line_of(lunokhod, "a handler failed")
    assert.is_true(failed.run > lost.run and failed.update > lost.update)
    assert.matches("so wrong", failed.traceback)
    anna:says "job"
    local job, job_failed = line_of(lunokhod, "from a job"), line_of(lunokhod, "a scheduled function failed")
    assert.same({ nil, job.run }, { job.update, job_failed.run })
    lunokhod:stop()
    local known = fields()
    for _, line in ipairs(lines(lunokhod)) do
      for _, name in ipairs { "time", "level", "msg", "module" } do assert.is_string(line[name], dkjson.encode(line)) end
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", line.time)
      for name, value in pairs(line) do
        assert.is_true(known[name] ~= nil and is_of(value, known[name]), name .. " in " .. dkjson.encode(line))
      end
    end
  end)

  it("has no field in the program that OPERATING does not list", function()
    local known, found = fields(), 0
    local files = io.popen "find host -name '*.c'"
    for path in files:lines() do
      for call in process.read_file(path):gmatch "log_[diew]%a+(%b())" do
        for name, conversion in call:gsub('"%s*"', ""):gmatch "[ ;]([%l_]+)=%%(%S*)" do
          found = found + 1
          local kind = conversion:find "^s" and "text" or "integer"
          local is_of_specs = name == "url" and path == "host/kit/fake_http.c"
          assert.is_true(known[name] == kind or known[name] == "integer or text" or is_of_specs,
            ("%s is %s"):format(name, kind))
        end
      end
    end
    files:close()
    assert.is_true(found > 100)
  end)

  it("shows of each module what is wanted, and everything after SIGUSR2", function()
    local lunokhod = start("--log-level", "error,bot=info,updates=debug")
    anna:says "wait"
    line_of(lunokhod, "two of two")
    line_of(lunokhod, "updates arrived")
    for _, line in ipairs(lines(lunokhod)) do
      assert.is_true(line.module == "bot" or line.module == "updates" or line.level == "error", dkjson.encode(line))
    end
    lunokhod:signal "USR2"
    assert.equal("command", line_of(lunokhod, "the log shows another level").module)
    lunokhod:signal "USR2" -- as before, so that it is not shown
    until_(function()
      lunokhod:signal "USR2"
      return #lunokhod:log_lines "another level" > 1
    end, "another level once more")
    for _, line in ipairs(lunokhod:log_lines "another level") do assert.matches('"debug":1', line) end
    local wrong = world.host { telegram = telegram, script = SCRIPT, options = { "--log-level", "moon=debug" }, wait = false }
    assert.equal(2, wrong:ends())
    wrong:logged "knows no module 'moon'"
  end)
end)

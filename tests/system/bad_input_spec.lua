-- What a person who starts or asks a host may get wrong: one line says what to do, and the exit code is the right one.
local process = require "tests.support.process"
local socket = require "socket"
local world = require "tests.support.world"

describe("what can't be right", function()
  local folder, taken, port
  before_each(function()
    folder = process.new_directory()
    world.write_file(folder .. "/bot.lua", 'require("bot").command("start", print)')
    world.write_file(folder .. "/broken.lua", "so wrong (")
    world.write_file(folder .. "/text", "nonsense\n")
    world.write_file(folder .. "/settings", "moon = 3\n")
    taken = assert(socket.bind("127.0.0.1", 0))
    port = select(2, taken:getsockname())
  end)
  after_each(function()
    taken:close()
    world.finish()
    os.execute("rm -rf " .. process.quote(folder))
  end)

  -- Each: exit code, a pattern in the only line, the arguments. DIR is the folder, TAKEN a port that is in use.
  local cases = {
    { 2, "^lunokhod sandbox: %-%-port must be a number from 0 to 65535, not 'abc'\n$", "sandbox --port abc" },
    { 2, "^lunokhod dev: %-%-port must be a number .* not 'abc'\n$", "dev --port abc DIR/bot.lua" },
    { 2, "^lunokhod run: %-%-memory must be a number from 4 to 65536, not 'x'\n$", "run --memory x DIR/bot.lua" },
    { 2, "^lunokhod run: unknown option %-%-port %(see lunokhod run %-%-help%)\n$", "run --port 1 DIR/bot.lua" },
    { 2, "^lunokhod status: unknown option %-%-follow", "status --follow" },
    { 2, "^lunokhod run: which scripts%? ", "run" },
    { 2, "^lunokhod backup: what shall it do%? lunokhod backup now | list | verify | pull FILE ", "backup" },
    { 2, "can't read the token file DIR/nowhere: No such file", "run --token-file DIR/nowhere DIR/bot.lua" },
    { 2, "DIR/text does not hold a bot's token", "run --token-file DIR/text DIR/bot.lua" },
    { 2, "can't read the certificate authorities in DIR/nowhere", "run --ca-file DIR/nowhere DIR/bot.lua" },
    { 2, "DIR/text holds no certificate of an authority", "run --ca-file DIR/text DIR/bot.lua" },
    { 1, "DIR/text and DIR/text are not a certificate and its key",
      "run --listen 127.0.0.1:0 --tls-cert DIR/text --tls-key DIR/text DIR/bot.lua" },
    { 2, "%-%-tls%-cert and %-%-tls%-key belong together", "run --listen 127.0.0.1:0 --tls-cert DIR/text DIR/bot.lua" },
    { 1, "can't listen at 127.0.0.1 port TAKEN: .*; choose another port", "run --listen 127.0.0.1:TAKEN DIR/bot.lua" },
    { 1, "can't listen at 127.0.0.1 port TAKEN: .*; choose another port", "sandbox --port TAKEN" },
    { 1, "port TAKEN is taken: choose another with %-%-port N %(make run PORT=N%)", "dev --port TAKEN DIR/bot.lua" },
    { 2, "with %-%-database there are no backups: .*%-%-keep%-days",
      "run --admin-id 5 --database postgresql:///x --keep-days 3 DIR/bot.lua" },
    { 2, "DIR/settings:1: there is no setting 'moon'", "run --config DIR/settings DIR/bot.lua" },
    { 1, "broken.lua:1: syntax error near 'wrong'\"?\n$", "run DIR/broken.lua" },
    { 1, "^lunokhod check: .*broken.lua:1: syntax error near 'wrong'\n$", "check DIR/broken.lua" },
    { 2, "^lunokhod replay: DIR: Is a directory\n$", "replay DIR DIR/bot.lua" },
    { 1, "no host answers on DIR/nowhere: No such file or directory; does it run%?\n$", "status --control DIR/nowhere" },
  }
  for _, case in ipairs(cases) do
    local code, pattern, line = table.unpack(case)
    it("is told: lunokhod " .. line, function()
      local function here(text)
        return (text:gsub("DIR", function() return folder end):gsub("TAKEN", tostring(port)))
      end
      local words = {}
      for word in here(line):gmatch "%S+" do words[#words + 1] = word end
      local plain = folder:gsub("%p", "%%%0")
      local got, out, err = world.run(words, { BOT_TOKEN = not line:find "token" and "1:a" or "" })
      assert.equal(code, got, out .. err)
      assert.matches((pattern:gsub("DIR", (plain:gsub("%%", "%%%%"))):gsub("TAKEN", tostring(port))), err)
      assert.equal(1, select(2, err:gsub("\n", "")), err)
      assert.is_nil(err:find("stack traceback", 1, true))
    end)
  end

  it("is the socket of a host that was killed", function()
    local path = folder .. "/socket"
    local lunokhod = world.host { telegram = world.sandbox {}, script = 'require("bot").command("start", print)',
      options = { "--control", path } }
    lunokhod.process.may_be_killed = true
    lunokhod:signal "KILL"
    lunokhod:ends()
    local code, _, words = world.run { "reload", "--control", path }
    assert.equal(1, code)
    assert.equal(("lunokhod reload: no host answers on %s: Connection refused; does it run?\n"):format(path), words)
  end)

  it("is a Telegram that can't be reached: the first line says that the host waits, and for what", function()
    local lunokhod = world.host { telegram = world.sandbox {}, script = 'require("bot").command("start", print)', wait = false,
      options = { "--api-root", "http://127.0.0.1:9" } }
    local first = lunokhod:logged "can't start yet: waiting for Telegram"
    assert.matches("can't reach http://127.0.0.1:9: check the network and TELEGRAM_API_ROOT", first)
    assert.equal(first, lunokhod.process:stderr():match "^[^\n]+")
  end)

  it("is no place for --help: behind a verb it stands as well", function()
    local _, of_backup = world.run { "backup", "--help" }
    local _, of_dead = world.run { "dead", "-h" }
    assert.same({ 0, of_backup, "" }, { world.run { "backup", "pull", "FILE", "--help" } })
    assert.same({ 0, of_dead, "" }, { world.run { "dead", "show", "--help" } })
    assert.matches("^lunokhod backup now ", select(2, world.run { "backup", "now", "--help" }))
    local code, out, complaint = world.run { "run", "--", "--help" }
    assert.same({ 2, "" }, { code, out })
    assert.matches("^lunokhod run: ", complaint)
    assert.equal(2, (world.run { "help", "nothing" }))
  end)

  it("is a standard output with no room: it is told, and the exit code is no success", function()
    for _, line in ipairs { "backup key", "check DIR/bot.lua", "version", "run --help", "--help" } do
      local words = { "sh", "-c", 'exec "$@" >/dev/full', "sh", world.sandbox.PROGRAM }
      for word in line:gsub("DIR", folder):gmatch "%S+" do words[#words + 1] = word end
      local full = process.start(words)
      assert.equal(1, full:wait(), line)
      assert.matches("lunokhod: can't write all of it to the standard output: No space left on device\n$", full:stderr())
    end
  end)

  it("is none of the standard files open: no connection takes the place of one", function()
    local telegram = world.sandbox {}
    local anna = telegram:person "Anna"
    world.write_file(folder .. "/echo.lua", [[
      require("bot").on("message:text", function(message) message:answer(message.text) end)]])
    local closed = process.start({ "sh", "-c", 'exec "$0" run --log-level debug "$1" <&- >&- 2>&-', world.sandbox.PROGRAM,
      folder .. "/echo.lua" }, telegram:environment())
    anna:says "hello"
    assert.same({ "hello" }, anna:saw(1))
    closed:signal "TERM"
    assert.equal(0, closed:wait())
  end)

  it("is nothing in --help, which has every default", function()
    for _, command in ipairs { "run", "check", "test", "backup", "sandbox", "dev", "status", "reload", "stop", "log", "dead",
      "sql" } do
      local code, text = world.run { command, "--help" }
      assert.equal(0, code)
      assert.matches("^lunokhod " .. command, text)
      assert.is_nil(text:find "default %-%d")
    end
    local _, text = world.run { "run", "--help" }
    assert.equal(text, select(2, world.run { "help", "run" }))
    for _, default in ipairs { "https://api.telegram.org", "128", "30", "2000", "25", "100", "text", "info" } do
      assert.truthy(text:find("(default " .. default .. ")", 1, true), default)
    end
  end)
end)

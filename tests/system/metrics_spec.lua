-- What machines see of a host: metrics that Prometheus takes, whether it lives, whether it is ready; over TCP, a Unix
-- socket and TLS.
local backups = require "tests.support.backups"
local client = require "tests.support.client"
local http = require "socket.http"
local ltn12 = require "ltn12"
local webhook_host = require "tests.support.webhook_host"
local world = require "tests.support.world"
local metric, shell, until_ = webhook_host.metric, webhook_host.shell, world.until_

local SCRIPT = [[
local bot, telegram = require "bot", require "telegram"
bot.text("fail", function() error "so wrong" end)
bot.text("refused", function() telegram.sendMessage { chat_id = 1, text = "x" } end)
bot.on("message:text", function(message) message:answer(message.text) end)
]]

local function start(telegram, options, more)
  local what = { telegram = telegram, script = SCRIPT, options = { "--listen", "127.0.0.1:0" } }
  table.move(options or {}, 1, #(options or {}), 3, what.options)
  for name, value in pairs(more or {}) do what[name] = value end
  local bot = world.host(what)
  bot.port = tonumber(bot:logged("msg=listening"):match "port=(%d+)")
  bot.url = "http://127.0.0.1:" .. bot.port
  return bot
end

local function status(bot, path, headers, method)
  local _, code = http.request {
    url = bot.url .. path, method = method or "GET", headers = headers, sink = ltn12.sink.null() }
  return code
end

describe("the metrics of a host", function()
  local telegram, anna
  before_each(function()
    telegram = world.sandbox {}
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  it("are in order for Prometheus, and move with what happens", function()
    local bot = start(telegram)
    local function is(name, value)
      until_(function() return metric(bot, name) == value end, function()
        return ("%s %s, not %s"):format(name, value, metric(bot, name))
      end)
    end
    is("lunokhod_updates_received_total", 0)
    is("lunokhod_handler_duration_seconds_count", 0)
    for _, text in ipairs { "one", "two", "fail", "refused" } do anna:says(text) end
    is("lunokhod_updates_received_total", 4)
    is("lunokhod_updates_finished_total", 3)
    is("lunokhod_updates_failed_total", 1)
    is("lunokhod_updates_unfinished", 0)
    is("lunokhod_lanes", 0)
    is("lunokhod_dead_letters", 1)
    is("lunokhod_handler_duration_seconds_count", 4)
    is('lunokhod_handler_duration_seconds_bucket{le="+Inf"}', 4)
    is('lunokhod_calls_total{method="sendMessage",outcome="ok"}', 2)
    is('lunokhod_calls_total{method="sendMessage",outcome="refused"}', 1)
    is('lunokhod_calls_in_flight', 1) -- the poll
    assert.is_true(metric(bot, "lunokhod_last_arrival_timestamp_seconds") > os.time() - 100)
    assert.is_true(metric(bot, "process_resident_memory_bytes") > 1e6)
    telegram:fault { method = "sendMessage", kind = "429", retry_after = 1, times = 1 }
    anna:says "three"
    is('lunokhod_call_pauses_total{method="sendMessage"}', 1)
    is("lunokhod_call_pause_seconds_total", 1)
    bot:reload()
    bot:write("bot.lua", "so wrong")
    bot:reload()
    is('lunokhod_reloads_total{outcome="loaded"}', 1)
    is('lunokhod_reloads_total{outcome="refused"}', 1)
    local _, text = client.request("GET", bot.url .. "/metrics")
    local path = webhook_host.new_directory() .. "/metrics"
    world.write_file(path, text)
    local is_good, words = shell("build/promtool check metrics <" .. path)
    assert.same({ true, "" }, { is_good, words })
    local names = {}
    for name in text:gmatch "\n([%a_]+)[{ ]" do names[name] = true end
    for name in pairs(names) do assert.is_truthy(name:find "^lunokhod_" or name:find "^process_", name) end
  end)

  it("tell of backups", function()
    local admin = telegram:person "Admin"
    local bot = start(telegram, nil, { environment = { ADMIN_ID = tostring(admin.id) }, script = backups.SCRIPT, wait = false })
    bot:logged("msg=running")
    local first = metric(bot, "lunokhod_backup_last_timestamp_seconds")
    assert.is_true(first > os.time() - 100 and first < os.time() + 100)
    admin:says "save"
    until_(function() return metric(bot, "lunokhod_backup_last_timestamp_seconds") > first end, "another backup")
    assert.equal(0, metric(bot, "lunokhod_backup_failures"))
    assert.is_true(metric(bot, "lunokhod_backup_image_bytes") > 4096)
    assert.is_true(metric(bot, "lunokhod_backup_uploaded_bytes_total") >= metric(bot, "lunokhod_backup_archive_bytes"))
  end)

  it("say that a host lives before it is ready, and neither to the outside", function()
    telegram:fault { method = "getMe", kind = "500", times = 1000 }
    local bot = start(telegram, nil, { wait = false })
    bot:logged "can't start yet"
    assert.same({ 200, 503, 200 }, { status(bot, "/healthz"), status(bot, "/readyz"), status(bot, "/metrics") })
    telegram:heal()
    bot:logged("msg=running")
    assert.same({ 200, 200, 1 }, { status(bot, "/healthz"), status(bot, "/readyz"), metric(bot, "lunokhod_ready") })
    assert.same({ 404, 404, 405, 200 }, {
      status(bot, "/"), status(bot, "/metrics", { ["X-Forwarded-For"] = "1.2.3.4" }), status(bot, "/metrics", nil, "POST"),
      status(bot, "/healthz", nil, "HEAD") })
  end)

  it("are at a Unix socket, which the next host takes over and the first leaves alone", function()
    local path = webhook_host.new_directory() .. "/http"
    local function ask() return shell(("curl -sf --unix-socket %s http://x/metrics | grep process_start_time"):format(path)) end
    local first = world.host { telegram = telegram, script = SCRIPT, options = { "--listen", "unix:" .. path } }
    local is_there, at_first = ask()
    assert.is_true(is_there)
    local second = world.host { telegram = world.sandbox {}, script = SCRIPT, options = { "--listen", "unix:" .. path } }
    local _, then_ = ask()
    assert.is_true(#then_ > 0 and then_ ~= at_first)
    first:stop()
    local _, now = ask()
    assert.equal(then_, now)
    second:stop()
    assert.is_nil(io.open(path))
  end)

  it("come by TLS with a certificate that is read again on SIGHUP and lunokhod reload", function()
    local directory = webhook_host.new_directory()
    local function certify(name)
      assert(shell(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout new "
        .. "-out new.cert -subj /CN=%s -addext subjectAltName=IP:127.0.0.1 && mv new key && mv new.cert cert")
        :format(directory, name)))
    end
    certify "first"
    local socket = directory .. "/control"
    local bot = start(telegram, { "--tls-cert", directory .. "/cert", "--tls-key", directory .. "/key", "--control", socket })
    local function ask()
      return select(2, shell(("curl -sv --cacert %s/cert https://127.0.0.1:%d/healthz"):format(directory, bot.port)))
    end
    assert.matches("CN=first.*\nok\n", ask())
    certify "second"
    bot:reload()
    assert.matches("CN=second.*\nok\n", ask())
    certify "third"
    assert.equal(0, (world.run { "reload", "--control", socket }))
    assert.matches("CN=third.*\nok\n", ask())
    world.write_file(directory .. "/key", "nonsense")
    bot:reload()
    bot:logged "the new certificate can't be used, the old one stays"
    assert.matches("CN=third.*\nok\n", ask())
    local code, _, words = world.run { "reload", "--control", socket }
    assert.equal(1, code)
    assert.matches("the new certificate can't be used, the old one stays: .*key", words)
    assert.is_false((shell("curl -sf " .. bot.url .. "/healthz")), "no plain HTTP beside it")
  end)

  it("need a place that is free and files that are right, or the host says what is wrong", function()
    local bot = start(telegram)
    local directory = webhook_host.new_directory()
    world.write_file(directory .. "/file", "x")
    local environment = telegram:environment()
    for words, case in pairs {
      ["--listen is ADDRESS:PORT, %[IPV6%]:PORT or unix:PATH, not '8080'"] = { 2, "--listen", "8080" },
      ["can't listen at 127.0.0.1 port %d+: Address already in use"] = { 1, "--listen", "127.0.0.1:" .. bot.port },
      ["is not an IP address"] = { 2, "--listen", "moon:80" },
      ["is no socket, and is not replaced"] = { 2, "--listen", "unix:" .. directory .. "/file" },
      ["needs %-%-listen: where does the host take"] = { 2, "--webhook", "https://x/hook" },
      ["%-%-webhook must begin with https"] = { 2, "--listen", "127.0.0.1:0", "--webhook", "x/hook" },
      ["must be another one than /metrics"] = { 2, "--listen", "127.0.0.1:0", "--webhook", "https://x/metrics" },
      ["may not hold"] = { 2, "--listen", "127.0.0.1:0", "--webhook", "https://x/a%20b" },
      ["belong together"] = { 2, "--listen", "127.0.0.1:0", "--tls-cert", "x" },
      ["can't read " .. directory .. "/none"] = { 1, "--listen", "127.0.0.1:0", "--tls-cert", directory .. "/none",
        "--tls-key", directory .. "/file" },
      ["are not a certificate and its key in PEM"] = { 1, "--listen", "127.0.0.1:0", "--tls-cert", directory .. "/file",
        "--tls-key", directory .. "/file" },
    } do
      local arguments = table.move(case, 2, #case, 2, { "run" })
      arguments[#arguments + 1] = bot.directory
      local code, _, printed = world.run(arguments, environment)
      assert.equal(case[1], code, words)
      assert.matches(words, printed)
    end
  end)
end)

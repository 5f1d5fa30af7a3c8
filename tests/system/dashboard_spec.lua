-- The dashboard and the alerts of examples/deploy/prometheus, with Debian's Prometheus: each expression of the dashboard has
-- data of a live host, each alert fires when it should, and a bot that is well sets off none.
local client = require "tests.support.client"
local dkjson = require "dkjson"
local lfs = require "lfs"
local port = require "tests.support.port"
local process = require "tests.support.process"
local url = require "socket.url"
local webhook_host = require "tests.support.webhook_host"
local world = require "tests.support.world"
local shell, until_ = webhook_host.shell, world.until_

local FOLDER = "examples/deploy/prometheus/"

local SCRIPT = [[
local bot, db, telegram = require "bot", require "db", require "telegram"
db.exec "CREATE TABLE IF NOT EXISTS clicks(n INTEGER)"
bot.text("fail", function() error "so wrong" end)
bot.text("refused", function() telegram.try.send_message { chat_id = 1, text = "x" } end)
bot.on("message:text", function(message)
  db.exec "INSERT INTO clicks VALUES(1)"
  message:answer(message.text)
end)
]]

-- Every expression of the dashboard, with Grafana's variables as they would be.
local function expressions()
  local list = {}
  for _, panel in ipairs(assert(dkjson.decode(assert(process.read_file(FOLDER .. "dashboard.json")))).panels) do
    for _, target in ipairs(panel.targets or {}) do
      list[#list + 1] = target.expr:gsub("%$instance", ".*"):gsub("%$__rate_interval", "30s")
    end
  end
  return list
end

describe("the dashboard", function()
  after_each(world.finish)

  -- Starts Prometheus on a port and in a folder of its own, which it asks the host from.
  local function start_prometheus(bot)
    local folder, number = process.new_directory(), port.reserve()
    local settings = assert(process.read_file(FOLDER .. "prometheus.yml")):gsub("127%.0%.0%.1:8080", "127.0.0.1:" .. bot.port)
      :gsub("alerts%.yml", lfs.currentdir() .. "/" .. FOLDER .. "alerts.yml")
    world.write_file(folder .. "/prometheus.yml", "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n" .. settings)
    local prometheus = process.start { "build/prometheus", "--config.file=" .. folder .. "/prometheus.yml",
      "--storage.tsdb.path=" .. folder .. "/data", "--web.listen-address=127.0.0.1:" .. number, "--log.level=warn" }
    prometheus.may_be_killed = true
    return ("http://127.0.0.1:%d/api/v1/query?query="):format(number)
  end

  -- How many series the expression has now. 0, too, while Prometheus starts.
  local function count(api, expression)
    local ok, _, text = pcall(client.request, "GET", api .. url.escape(expression))
    local answer = ok and dkjson.decode(text or "")
    if not answer then return 0 end
    assert(answer.status == "success", expression .. ": " .. tostring(answer.error))
    return #answer.data.result
  end

  it("shows nothing but what a live host tells", function()
    if not io.open "build/prometheus" then return pending "there is no build/prometheus: make build/prometheus" end
    local telegram = world.sandbox {}
    local admin, anna = telegram:person "Admin", telegram:person "Anna"
    local bot = webhook_host.new { telegram = telegram, admin = admin, script = SCRIPT }
    local api = start_prometheus(bot)
    until_(function() return count(api, "lunokhod_ready") == 1 end, "the first scrape", 60)
    telegram:fault { method = "sendMessage", kind = "429", retry_after = 1, times = 1 }
    bot:reload()
    local missing
    until_(function()
      for _, text in ipairs { "one", "fail", "refused" } do anna:says(text) end
      for _, expression in ipairs(missing or expressions()) do
        if count(api, expression) == 0 then
          missing = missing or {}
          missing[#missing + 1] = expression
        end
      end
      local is_whole = missing == nil
      missing, bot.missing = nil, missing
      return is_whole
    end, function() return "data for\n" .. table.concat(bot.missing, "\n") end, 60)
    assert.is_true(#expressions() > 30)
    assert.equal(0, count(api, "lunokhod_there_is_none"))
  end)

  it("leaves out no metric of the host", function()
    local bot = webhook_host.new { telegram = world.sandbox {}, script = SCRIPT }
    local _, text = client.request("GET", bot.url .. "/metrics")
    local all = table.concat(expressions(), "\n")
    for name, kind in text:gmatch "# TYPE (%S+) (%S+)" do
      assert.is_truthy(all:find(name .. (kind == "histogram" and "_bucket" or ""), 1, true), name)
    end
  end)
end)

-- ---- alerts ----

local WELL = {
  ["up"] = "1x60", ["lunokhod_ready"] = "1x60", ["lunokhod_last_arrival_timestamp_seconds"] = "0+60x60",
  ["lunokhod_backup_unsaved_commits"] = "0x60", ["lunokhod_backup_last_timestamp_seconds"] = "0x60",
  ["lunokhod_backup_failures"] = "0 1 2 0x57", ["lunokhod_updates_unfinished"] = "5000 0x59",
  ["lunokhod_updates_parked"] = "0x60", ["lunokhod_updates_failed_total"] = "7x60",
  ['lunokhod_handler_duration_seconds_bucket{le="1"}'] = "0+60x60",
  ['lunokhod_handler_duration_seconds_bucket{le="10"}'] = "0+60x60",
  ['lunokhod_handler_duration_seconds_bucket{le="+Inf"}'] = "0+60x60",
  ['lunokhod_calls_total{outcome="ok"}'] = "0+60x60", ['lunokhod_calls_total{outcome="refused"}'] = "0+1x60",
  ['lunokhod_reloads_total{outcome="refused"}'] = "1x60", ["process_start_time_seconds"] = "0x20 1000x39",
}

-- What each alert is for: what is other than in a bot that is well, and the number in its words.
local ILL = {
  BotIsAway = { { up = "1x20 0x39" } },
  BotTakesNoUpdates = { { lunokhod_ready = "1x20 0x39" } },
  BotHearsNothing = { { lunokhod_last_arrival_timestamp_seconds = "60x60" } },
  BotIsNotSaved = { { lunokhod_backup_unsaved_commits = "3x60" } },
  BotFallsBehind = { { lunokhod_updates_unfinished = "2000x60" }, value = 2000 },
  BotHasDeadLetters = { { lunokhod_updates_failed_total = "7x50 8x9" } },
  BotIsSlow = { { ['lunokhod_handler_duration_seconds_bucket{le="1"}'] = "0x60" } },
  BotIsRefused = { { ['lunokhod_calls_total{outcome="refused"}'] = "0+30x60" } },
  BotReloadFailed = { { ['lunokhod_reloads_total{outcome="refused"}'] = "1x50 2x9" }, more = { outcome = "refused" } },
  BotStartsAgainAndAgain = { { process_start_time_seconds = "0+60x60" }, value = 30 },
}

local function series(changed)
  local list = {}
  for name, values in pairs(WELL) do
    local metric, labels = name:match "^([^{]+){?(.-)}?$"
    list[#list + 1] = { series = ('%s{job="lunokhod",instance="a"%s}'):format(metric, labels ~= "" and "," .. labels or ""),
      values = changed[name] or values }
  end
  return list
end

-- The alerts of the file: name -> { severity, summary }.
local function alerts()
  local found = {}
  local text = assert(process.read_file(FOLDER .. "alerts.yml"))
  for name, rest in text:gmatch "%- alert: (%S+)(.-summary: [^\n]+)" do
    found[name] = { severity = rest:match "severity: (%w+)", summary = rest:match 'summary: "(.-)"$' }
  end
  return found
end

local function fired(name, alert)
  local ill = ILL[name]
  local labels = { severity = alert.severity, instance = "a", job = "lunokhod" }
  for label, value in pairs(ill.more or {}) do labels[label] = value end
  local summary = alert.summary:gsub("{{ %$labels%.instance }}", "a"):gsub("{{ %$value }}", tostring(ill.value))
  return { { exp_labels = labels, exp_annotations = { summary = summary } } }
end

describe("the alerts", function()
  local function test(tests)
    local path = process.new_directory() .. "/tests.yml"
    world.write_file(path, dkjson.encode { rule_files = { lfs.currentdir() .. "/" .. FOLDER .. "alerts.yml" },
      evaluation_interval = "1m", tests = tests })
    return shell("build/promtool test rules " .. path)
  end

  local function at_the_end(name, expected)
    return { eval_time = "55m", alertname = name, exp_alerts = expected or setmetatable({}, { __jsontype = "array" }) }
  end

  it("fire when they should, and only then", function()
    if not io.open "build/promtool" then return pending "there is no build/promtool: make build/prometheus" end
    assert.is_true(shell("build/promtool check rules " .. FOLDER .. "alerts.yml"))
    local well, tests = {}, {}
    for name, alert in pairs(alerts()) do
      assert.is_table(ILL[name], name)
      well[#well + 1] = at_the_end(name)
      tests[#tests + 1] = { interval = "1m", input_series = series(ILL[name][1]),
        alert_rule_test = { at_the_end(name, fired(name, alert)) } }
    end
    assert.equal(10, #well)
    tests[#tests + 1] = { interval = "1m", input_series = series {}, alert_rule_test = well }
    local ok, words = test(tests)
    assert.is_true(ok, words)
  end)
end)

-- Every method is called with odd parameters, in mixtures that chance gives: whatever a bot sends, the sandbox answers and goes
-- on.
local bot_client = require "tests.support.bot_client"
local client = require "tests.support.client"
local dkjson = require "dkjson"
local process = require "tests.support.process"
local world = require "tests.support.world"

local CALLS = 2000
-- These are for a bot that goes: afterwards it is refused everything.
local LEFT_OUT = { getUpdates = true, setWebhook = true, logOut = true, close = true }

-- { { name = "sendMessage", parameters = { { name = "text", is_required = true } } } }
local function read_methods()
  local methods = {}
  for name, list in process.read_file("host/sandbox/methods/parameter_table.h"):gmatch '{"(%a+)", "([^"]*)"}' do
    local method = { name = name, parameters = {} }
    for parameter, mark in list:gmatch "([%w_]+):%a(!?)" do
      method.parameters[#method.parameters + 1] = { name = parameter, is_required = mark == "!" }
    end
    methods[#methods + 1] = method
  end
  return methods
end

local ODD = { 0, 1, 2, 5, -9, -1000000000001, 2 ^ 53 | 0, true, false, dkjson.null, "", "a", "*b", "<b>", "HTML", "XTR",
  "attach://x", "https://telegram.org/a.jpg", "[", "{}", "[]", "[1]", '["a"]', "[{}]", "[[]]", "[null]",
  '{"type":"photo"}', '[{"type":"photo"}]',
  '{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}', '[{"label":"l","amount":5}]', '{"message_id":1,"quote":"a"}',
  '{"title":"t","tasks":[{"id":1,"text":"x"}]}', '{"type":"article","id":"1"}', ("x"):rep(5000) }
local GOOD = { chat_id = { 5, -9, -1000000000001 }, from_chat_id = { 5 }, user_id = { 5 }, message_id = { 1, 2, 3 },
  text = { "hello" }, currency = { "XTR" }, business_connection_id = { "bc5" }, message_thread_id = { 2, 3 } }

local function pick(list) return list[math.random(#list)] end

local function invent(method)
  local parameters = {}
  for _, parameter in ipairs(method.parameters) do
    local good = GOOD[parameter.name]
    if parameter.is_required or math.random() < 0.3 then
      parameters[parameter.name] = pick(good and math.random() < 0.8 and good or ODD)
    end
  end
  return parameters
end

describe("the sandbox", function()
  after_each(world.finish)

  it("answers every call, however odd", function()
    local seed = tonumber(os.getenv "SEED") or os.time()
    math.randomseed(seed)
    local telegram = world.sandbox { requests = 0 }
    telegram:person("Anna", { id = 5 })
    telegram:post("chats", { id = -9, type = "group", title = "g", members = { 5 } })
    telegram:post("chats", { id = -1000000000001, type = "supergroup", title = "s", members = { 5 }, is_forum = true })
    local api = bot_client.new(telegram)
    api.getMe()
    telegram:post("business_connections", { user_id = 5 })
    local methods = read_methods()
    assert.is_true(#methods > 150)
    for _ = 1, CALLS do
      local method = pick(methods)
      if not LEFT_OUT[method.name] then
        local parameters = invent(method)
        local url = ("%s/bot%s/%s"):format(telegram.url, telegram.token, method.name)
        local ok, status, body = pcall(client.request, "POST", url, parameters)
        local answer = ok and dkjson.decode(body)
        if not answer then
          error(("SEED=%d: %s %s: %s"):format(seed, method.name, dkjson.encode(parameters), ok and body or status))
        end
        assert.equal(status == 200, answer.ok)
      end
    end
    assert.is_true(api.getMe().is_bot)
  end)
end)

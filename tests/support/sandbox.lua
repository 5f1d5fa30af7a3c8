-- A sandbox as a process, as its people use it: `local telegram = sandbox{}`, `telegram:person("Анна")`.
local client = require "tests.support.client"
local dkjson = require "dkjson"
local person = require "tests.support.person"
local process = require "tests.support.process"
local socket = require "socket"
local until_ = require "tests.support.until"

local sandbox = {}
sandbox.__index = sandbox

sandbox.TOKEN = "700000001:AAF-nobody_may_read_this_in_a_log00"
sandbox.PROGRAM = os.getenv("LUNOKHOD") or "build/lunokhod"

local function is_port_open(port)
  local connection = socket.connect("127.0.0.1", port)
  if connection then connection:close() end
  return connection ~= nil
end

-- options: options of the command by their names ({ requests = 0, delay = 50, limits = true }).
local function new(_, options)
  local arguments = { sandbox.PROGRAM, "sandbox", "--port", "0" }
  for name, value in pairs(options or {}) do
    arguments[#arguments + 1] = "--" .. name
    if value ~= true then arguments[#arguments + 1] = tostring(value) end
  end
  local self = setmetatable({ process = process.start(arguments), token = sandbox.TOKEN, next_id = 1000, said = 0 }, sandbox)
  self.url = until_(function()
    if self.process:code() then error("the sandbox did not start:\n" .. self.process:stderr()) end
    return self.process:stdout():match("sandbox: (http://127%.0%.0%.1:%d+)")
  end, "the sandbox's address")
  self.port = tonumber(self.url:match("%d+$"))
  self.process.complaint = function()
    if is_port_open(self.port) then return "left its port open" end
  end
  return self
end

function sandbox:get(path) return client.call("GET", self.url .. "/sandbox/" .. path) end
function sandbox:post(path, body) return client.call("POST", self.url .. "/sandbox/" .. path, body) end

function sandbox:new_id()
  self.next_id = self.next_id + 1
  return self.next_id
end

-- A person with a private chat of the same id. more: fields such as id, username, blocked.
function sandbox:person(name, more)
  local user = { id = self:new_id(), first_name = name }
  for key, value in pairs(more or {}) do user[key] = value end
  self:post("users", user)
  return person.new(self, user)
end

-- A group or a channel. members: a list of persons.
function sandbox:chat(kind, title, members)
  local ids = setmetatable({}, { __jsontype = "array" })
  for i, member in ipairs(members or {}) do ids[i] = member.id end
  local chat = { id = -1001000000000 - self:new_id(), type = kind, title = title, members = ids }
  self:post("chats", chat)
  return person.new(self, chat)
end

function sandbox:fault(fault) self:post("faults", fault) end
-- Waits until so many calls are on their way and have no answer, as a fault of the kind "hold" wants it.
function sandbox:holds(count)
  until_(function() return self:status().held >= count end, count .. " calls on their way")
end

function sandbox:heal() client.call("DELETE", self.url .. "/sandbox/faults") end
function sandbox:let_go(how) client.call("DELETE", self.url .. "/sandbox/faults?held=" .. how) end
function sandbox:update(update) return self:post("updates", { update = update }) end
-- Many people say a text: `users` people with ids from `first_id`, each `messages_each` times, in turns.
function sandbox:flood(flood)
  self.said = self.said + flood.users * flood.messages_each
  return self:post("flood", flood)
end

function sandbox:reset()
  self.said = 0
  return self:post("reset")
end

function sandbox:status() return self:get("status") end

-- Returns the calls of the Bot API, oldest first; with a method's name, only its calls.
function sandbox:calls(method)
  local calls = {}
  for _, call in ipairs(self:get("requests?after=0").requests) do
    if not method or call.method:lower() == method:lower() then calls[#calls + 1] = call end
  end
  return calls
end

-- Returns the messages of a chat, oldest first.
function sandbox:messages(chat_id, after)
  return self:get(("messages?chat_id=%d&after=%d"):format(chat_id, after or 0)).messages
end

-- Returns the texts that the bot has written into a chat.
function sandbox:texts_of(chat_id)
  local texts = {}
  for _, message in ipairs(self:messages(chat_id)) do
    if message.from and message.from.is_bot then texts[#texts + 1] = message.text end
  end
  return texts
end

-- Returns how many messages the bot has sent in all chats.
function sandbox:sent() return math.tointeger(self:status().messages) - self.said end

-- Returns how many calls of the Bot API have begun. A test compares two such numbers.
function sandbox:begun() return math.tointeger(self:status().calls) end

-- Returns the most calls of a method that were in flight at the same time.
function sandbox:most_in_flight(method)
  local changes, now, most = {}, 0, 0
  for _, call in ipairs(self:calls(method)) do
    changes[#changes + 1] = { at = call.started_at, by = 1 }
    changes[#changes + 1] = { at = call.ended_at, by = -1 }
  end
  table.sort(changes, function(a, b) return a.at < b.at or a.at == b.at and a.by < b.by end)
  for _, change in ipairs(changes) do
    now = now + change.by
    most = math.max(most, now)
  end
  return most
end

function sandbox:has_sent(count)
  until_(function() return self:sent() >= count end, function()
    return ("%d messages; sent: %d"):format(count, self:sent())
  end, 120)
end

function sandbox:environment() return { BOT_TOKEN = self.token, TELEGRAM_API_ROOT = self.url } end

-- Calls a method of the Bot API as a bot would. Returns the status and the decoded answer.
function sandbox:bot(method, parameters)
  local status, text = client.request("POST", ("%s/bot%s/%s"):format(self.url, self.token, method), parameters or {})
  return status, dkjson.decode(text)
end

function sandbox:stop()
  self.process:signal("TERM")
  return self.process:wait()
end

return setmetatable(sandbox, { __call = new })

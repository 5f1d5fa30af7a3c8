-- A host that takes its updates by a webhook, on a port of its own:
-- `local bot = webhook_host.new{ telegram = telegram, script = ... }`.
local backups = require "tests.support.backups"
local client = require "tests.support.client"
local dkjson = require "dkjson"
local host = require "tests.support.host"
local port = require "tests.support.port"
local process = require "tests.support.process"
local socket = require "socket"
local until_ = require "tests.support.until"

local webhook_host = {}

-- A proxy in front of a Unix socket, which hosts may share: `{ port = , path = }`.
function webhook_host.proxy()
  local proxy = { port = port.reserve(), path = process.new_directory() .. "/http" }
  local program = process.start { "lua5.4", "tests/support/unix_proxy.lua", tostring(proxy.port), proxy.path }
  program.may_be_killed = true
  until_(function() return program:stdout():find "ready" end, "the proxy")
  return proxy
end

-- what: as for a host; with `admin`, it keeps backups as backups.host() does; with `proxy`, it listens behind that. Returns
-- when the webhook is set, unless `wait` is false.
function webhook_host.new(what)
  local number = what.proxy and what.proxy.port or port.reserve()
  local url = ("http://127.0.0.1:%d"):format(number)
  local listen = what.proxy and "unix:" .. what.proxy.path or "127.0.0.1:" .. number
  local options = { "--listen", listen, "--webhook", url .. "/hook" }
  table.move(what.options or {}, 1, #(what.options or {}), #options + 1, options)
  local wanted = setmetatable({ options = options, wait = false }, { __index = what })
  local bot
  if what.admin then
    bot = backups.host(what.telegram, what.admin, wanted)
  else
    bot = host(wanted)
  end
  bot.url, bot.port = url, number
  if what.wait ~= false then bot:logged("the webhook is set") end
  return bot
end

-- The JSON of a person's message in the chat with the bot.
function webhook_host.update(id, text, person_id)
  local from = { id = person_id, first_name = "X", is_bot = false }
  return dkjson.encode { update_id = id, message = { message_id = id, date = os.time(), text = text, from = from,
    chat = { id = person_id, type = "private", first_name = "X" } } }
end

-- The secret that the host has told Telegram.
function webhook_host.secret(telegram)
  local calls = telegram:calls "setWebhook"
  return calls[#calls].parameters.secret_token
end

-- Sends bytes to the host's port, and returns the status and all of the answer. nil: the connection ended without one.
function webhook_host.send(bot, bytes)
  local connection = assert(socket.connect("127.0.0.1", bot.port))
  connection:settimeout(120)
  connection:send(bytes)
  local status = connection:receive "*l"
  local rest = {}
  for line in function() return connection:receive "*l" end do
    rest[#rest + 1] = line
    if line == "" then break end
  end
  local length = tonumber(table.concat(rest, "\n"):lower():match "content%-length: (%d+)") or 0
  local body = length > 0 and connection:receive(length) or ""
  connection:close()
  return status and tonumber(status:match "^HTTP/1.1 (%d+)"), body, table.concat(rest, "\n")
end

-- An update as Telegram sends it.
function webhook_host.post(bot, secret, body, path, method)
  local head = { ("%s %s HTTP/1.1"):format(method or "POST", path or "/hook"), "Host: x", "Content-Type: application/json",
    "Content-Length: " .. #body }
  if secret then head[#head + 1] = "X-Telegram-Bot-Api-Secret-Token: " .. secret end
  return webhook_host.send(bot, table.concat(head, "\r\n") .. "\r\n\r\n" .. body)
end

-- A metric by its whole name, with its labels: a number, or nil.
function webhook_host.metric(bot, name)
  local _, text = client.request("GET", bot.url .. "/metrics")
  for line in text:gmatch "[^\n]+" do
    local found, value = line:match "^(%S+) (%S+)$"
    if found == name then return tonumber(value) end
  end
end

-- Runs a command, and returns whether it succeeded, and what it printed.
function webhook_host.shell(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "a"
  return pipe:close() == true, text
end

webhook_host.new_directory = process.new_directory
webhook_host.free_port = port.reserve

return webhook_host

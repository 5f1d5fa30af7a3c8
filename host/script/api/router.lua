-- Routers: the functions that register routes, for the bot itself and for each bot.router{...}, whose routes are for what its
-- filter lets through, and run within its middlewares. A router may have routers of its own.
local button_data = require "core.button_data"
local case_pattern = require "core.case_pattern"
local command = require "core.command"
local command_menu = require "core.command_menu"
local core = require "core.script"
local dialogue = require "core.dialogue"
local filter = require "core.filter"
local log = require "log"
local pattern_check = require "core.pattern_check"
local routes = require "core.routes"
local spelling = require "core.spelling"
local wait = require "core.wait"

local router = {}

local KNOWN = { description = true, filter = true, use = true, order = true, any_case = true, on = true, deadline = true }
local ORDERS = { chat = true, user = true, none = true }

local commands = {} -- type of update and name -> where its handler was registered

-- A malformed pattern is an error here, and not at the first message that reaches its mistake.
local function check_pattern(pattern, name)
  routes.check_text(pattern, name)
  local complaint = pattern_check.complaint(pattern)
  if complaint then
    core.misuse(("bot.%s: %s: %q"):format(name, complaint, pattern))
  end
end

local function check_order(order, name)
  if not ORDERS[order] then
    core.misuse(('bot.%s: the order is "chat", "user" or "none", not %s'):format(name, tostring(order)))
  end
end

-- ---- options of a route ----

local function check_options(options, name) return spelling.check_options("bot." .. name, options, KNOWN) end

-- A middleware or a list of them.
local function middlewares_of(use, name)
  local list = type(use) == "table" and use or { use }
  for _, each in ipairs(list) do routes.check_handler(each, name) end
  return list
end

-- The handler, with a deadline of its own.
local function with_deadline(handler, seconds, name)
  routes.check_handler(handler, name)
  if math.type(seconds) == nil or not wait.is_deadline(seconds) then
    core.misuse(("bot.%s: the deadline is a number of seconds from 1 to 3600, not %s"):format(name, tostring(seconds)))
  end
  return function(...)
    wait.deadline(seconds)
    handler(...)
  end
end

-- Adds the route once for each type of update that it is for. parts: see routes.add.
local function add(self, name, types, parts, handler, options)
  options = check_options(options, name)
  if options.order then check_order(options.order, name) end
  if options.deadline then handler = with_deadline(handler, options.deadline, name) end
  local base = {
    router = self, handler = handler, order = options.order, use = options.use and middlewares_of(options.use, name) or {},
    filter = filter.compile(options.filter, "bot." .. name),
  }
  if options.on and types ~= "message" then
    core.misuse(("bot.%s: the option on is for commands and texts"):format(name))
  end
  for _, update_type in ipairs(type(options.on) == "table" and options.on or { options.on or types }) do
    local entry = { update_type = update_type }
    for _, each in ipairs { base, parts } do
      for key, value in pairs(each) do entry[key] = value end
    end
    routes.add(entry, name)
  end
end

-- ---- routes ----

local Router = {}

local function add_command(self, name, handler, options)
  local filtered = options.filter ~= nil or routes.has_filter(self)
  local key = (type(options.on) == "string" and options.on or "") .. "/" .. name
  if commands[key] then
    log.warn(("bot.command: /%s has a handler already, at %s; this one never gets it"):format(name, commands[key]))
  elseif not filtered then
    commands[key] = core.place()
  end
  add(self, "command", "message", {
    what = "command /" .. name, command = name,
    try = function(message)
      local said, arguments, is_ours = command.read(command.text_of(message))
      return said == name and is_ours, arguments
    end,
  }, handler, options)
end

--- bot.command("start", function(message, arguments) end): /start, /start@this_bot, /start arguments; of a photo, below it. A
--- list of names: each of them. With a description the first one stands in the menu of commands.
function Router:command(name, handler, options)
  local is_description = type(options) == "string" or type(options) == "table" and options[1] ~= nil
  options = is_description and { description = options } or check_options(options, "command")
  local names = type(name) == "table" and name or { name }
  if #names == 0 then core.misuse "bot.command: a name or a list of names expected" end
  for i, each in ipairs(names) do
    routes.check_text(each, "command")
    local plain = core.fold((each:gsub("^/", "")))
    if options.description ~= nil and i == 1 then
      command_menu.add(plain, options.description) -- which is stricter about the name
    elseif not command.is_name(plain) then
      core.misuse(("bot.command: a command has up to 32 letters, digits and _, unlike %q"):format(each))
    end
    add_command(self, plain, handler, options)
  end
end

--- bot.text("Клик", function(message) end): a message of exactly this text, such as a reply keyboard's button sends; or a list
--- of texts. { any_case = true }: "КЛИК" as well.
function Router:text(text, handler, options)
  options = check_options(options, "text")
  local texts = type(text) == "table" and text or { text }
  if #texts == 0 then routes.check_text(nil, "text") end
  for _, each in ipairs(texts) do
    routes.check_text(each, "text")
    local folded = options.any_case and core.fold(each)
    local function is_it(message)
      local said = command.text_of(message)
      return said == each or folded and said ~= nil and core.fold(said) == folded
    end
    local parts = { what = ("text %q"):format(each), try = is_it, exact = not folded and each or nil, folded = folded or nil }
    add(self, "text", "message", parts, handler, options)
  end
end

--- bot.match("^(%d+) (.*)$", function(message, ...) end): a text that fits the Lua pattern, with its captures; or instead of
--- the pattern a function(message), whose first result says whether the message is wanted, and whose results the handler gets.
function Router:match(pattern, handler, options)
  options = check_options(options, "match")
  if type(pattern) == "function" then
    add(self, "match", "message", { what = "match by a function", try = pattern, tells_first = true, is_late = true }, handler,
      options)
    return
  end
  check_pattern(pattern, "match")
  local find = options.any_case and case_pattern.compile(pattern)
  local function try(message)
    local text = command.text_of(message)
    if not text then return false end
    if find then return find(text) end
    return text:find(pattern) ~= nil, text:match(pattern)
  end
  local parts = { what = ("match %q"):format(pattern), try = try, pattern = not options.any_case and pattern or nil }
  add(self, "match", "message", parts, handler, options)
end

--- bot.callback("^delete:(%d+)$", function(callback_query, ...) end): the press of an inline button whose data fits.
function Router:callback(pattern, handler, options)
  check_pattern(pattern, "callback")
  add(self, "callback", "callback_query", {
    what = ("callback %q"):format(pattern), pattern = pattern,
    try = function(query)
      if query.data then return query.data:find(pattern) ~= nil, query.data:match(pattern) end
    end,
  }, handler, options)
end

-- What a press is answered by whose value is not there any more.
local function tell_expired(query) query:answer "⌛" end

--- bot.button("delete", function(callback_query, value) end): a button { "Delete", "delete", value } of keyboard.inline.
--- expired(callback_query): its value was kept as a row, and is gone.
function Router:button(name, handler, expired)
  button_data.check_name(name, "bot.button")
  routes.check_handler(handler, "button")
  if expired ~= nil then routes.check_handler(expired, "button") end
  button_data.prepare()
  add(self, "button", "callback_query", {
    what = ("button %q"):format(name), beginning = button_data.encode(name),
    try = function(query)
      local said, value, is_expired = button_data.decode(query.data)
      return said == name, value, is_expired
    end,
  }, function(query, value, is_expired)
    if is_expired then return (expired or tell_expired)(query) end
    return handler(query, value)
  end)
end

--- bot.on("edited_message", function(message) end): any update of that type; bot.on("message:photo", fn): only with that field;
--- bot.on("album", function(messages) end): photos that were sent together, whose messages then come to no other handler.
function Router:on(update_type, handler, options)
  routes.check_text(update_type, "on")
  local name, field = update_type:match("^([%l_]+):([%l_]+)$")
  if field then routes.check_field(name, field) end
  add(self, "on", name or update_type, {
    what = "on " .. update_type,
    try = function(payload) return not field or payload[field] ~= nil end,
  }, handler, options)
end

--- bot.otherwise(function(message) end): a text that no route of any script has taken; bot.otherwise(test, fn): if
--- test(message) wants it, with what it has returned.
function Router:otherwise(test, handler, options)
  if type(handler) ~= "function" then
    local function try(message) return message.text ~= nil end
    add(self, "otherwise", "message", { what = "otherwise", try = try, is_fallback = true }, test, handler or options)
    return
  end
  routes.check_handler(test, "otherwise")
  local function try(message)
    if message.text then return test(message) end
  end
  add(self, "otherwise", "message",
    { what = "otherwise by a function", try = try, tells_first = true, is_fallback = true, is_late = true }, handler, options)
end

--- bot.step("norm", function(message, data) end): gets the answer to message:ask("How much?", "norm", data).
function Router:step(name, handler)
  routes.check_text(name, "step")
  routes.check_handler(handler, "step")
  routes.want_messages()
  dialogue.add_step(name, routes.within(self, handler), core.place(), false)
end

--- Around every update that comes to a handler of this router; of the bot itself: around all, before a route is looked for, or
--- with "file" around the handlers of the same file.
function Router:use(middleware, scope)
  routes.check_handler(middleware, "use")
  if scope ~= nil and (scope ~= "file" or self ~= routes.root) then
    core.misuse 'bot.use: the second argument is "file" or nothing'
  end
  routes.use(self, middleware, scope)
end

--- Who waits for a handler that waits: "chat", all that comes after it there; "user", what the same person does; "none".
function Router:order(order)
  check_order(order, "order")
  routes.set_order(self, order)
end

--- A router within this one.
function Router:router(spec)
  if spec ~= nil and type(spec) == "table" and #spec == 0 then spec = nil end
  return spelling.guard("router", router.face { parent = self, filter = filter.compile(spec, "bot.router"), uses = {} })
end

--- The functions of a router as a table for scripts.
function router.face(self)
  local face = {}
  for name, method in pairs(Router) do
    face[name] = function(...) return method(self, ...) end
  end
  return face
end

return router

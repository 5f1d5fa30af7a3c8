-- Warnings of `lunokhod check` about handlers that can never match.
local unreachable = assert(loadfile("host/script/api/unreachable.lua"))()

-- What bot.lua registers, in short.
local function route(what, try, update_type)
  return { what = what, where = "b.lua:" .. #what, update_type = update_type or "message", try = try }
end

local function text(exact) return route(("text %q"):format(exact), function(message) return message.text == exact end) end

local function match(pattern)
  return route(("match %q"):format(pattern), function(message) return message.text and message.text:find(pattern) ~= nil end)
end

local function command(name)
  return route("command /" .. name, function(message) return message.text and message.text:match("^/(%w+)") == name end)
end

local function on(update_type, field)
  return route("on " .. update_type .. (field and ":" .. field or ""), function(payload)
    return not field or payload[field] ~= nil
  end, update_type)
end

local function callback(pattern)
  local function try(query) return query.data and query.data:find(pattern) ~= nil end
  return route(("callback %q"):format(pattern), try, "callback_query")
end

local function otherwise() return route("otherwise", function(message) return message.text ~= nil end) end

describe("handlers that can never match", function()
  local function dead(...)
    local names = {}
    for _, warning in ipairs(unreachable.find { ... }) do names[#names + 1] = warning:match("^%S+ (.-) can never match") end
    return names
  end

  it("says where, what and why", function()
    assert.same({ 'b.lua:10: text "Hello" can never match: b.lua:10 has the same' }, (function()
      local one, other = text "Hello", text "Hello"
      one.where, other.where = "b.lua:10", "b.lua:10"
      return unreachable.find { one, other }
    end)())
    assert.same({ 'b.lua:12: text "Hello" can never match: b.lua:10 takes it first (on message)' },
      unreachable.find { on "message", text "Hello" })
  end)

  it("says nothing of what comes after a function of the script", function()
    local function by_function(what, wanted)
      return route(what .. " by a function", function(message) return message.text == wanted end)
    end
    assert.same({}, dead(by_function("match", "a"), by_function("match", "b"), by_function("otherwise", "c"),
      by_function("otherwise", "d"), otherwise()))
    assert.same({}, dead(route("match by a function", function(message) return message.text end), otherwise()))
    local function is_private(message) return message.chat.type == "private" end
    assert.same({}, dead(route("match by a function", is_private), command "ban"))
  end)

  it("finds what is registered twice", function()
    assert.same({ 'text "Клик"', "command /start", 'match "^%d+$"', "on message:photo", 'callback "^a"', "otherwise" }, dead(
      text "Клик", text "Клик", command "start", command "start", match "^%d+$", match "^%d+$", on("message", "photo"),
      on("message", "photo"), callback "^a", callback "^a", otherwise(), otherwise()))
  end)

  it("finds what a route that takes everything keeps away", function()
    assert.same({ 'text "a"', "command /start", 'match "^b"', "on message:text", "otherwise" },
      dead(match ".*", text "a", command "start", match "^b", on("message", "text"), otherwise()))
    assert.same({ "on message:photo", 'text "a"', "on message" },
      dead(on "message", on("message", "photo"), text "a", on "message"))
    assert.same({ 'callback "^x:"' }, dead(callback ".", callback "^x:"))
    assert.same({ 'callback "^x:"' }, dead(on "callback_query", callback "^x:"))
  end)

  it("finds a text or a command that a pattern takes first", function()
    assert.same({ 'text "a \\"quoted\\"\\\n\\0\\13\\"text"' }, dead(match '^a "q.*"\n%z\r"t', text 'a "quoted"\n\0\r"text'))
    assert.same({ "command /start" }, dead(match "^/", command "start"))
    assert.same({ 'text "/start"' }, dead(command "start", text "/start"))
  end)

  it("is silent where something is left to match", function()
    assert.same({}, dead(command "start", text "a", text "b", match "^%d+$", on("message", "photo"), otherwise()))
    assert.same({}, dead(match "^%d+$", on("message", "text")))
    assert.same({}, dead(match "^%d", match "^x", text "a", command "b", on "message"))
    assert.same({}, dead(text "/start", command "start"))
    assert.same({}, dead(match "x", match "xy", on("message", "text")))
    assert.same({}, dead(on "message", on "edited_message", callback ".*"))
    assert.same({}, dead(otherwise(), on("message", "photo"), on "message"))
  end)

  it("does not fall over a route that does", function()
    assert.same({}, dead(route("odd", function() error("no") end), text "a", route("unheard of", function() end)))
  end)
end)

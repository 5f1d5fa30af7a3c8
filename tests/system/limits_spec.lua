-- What gets past Lua's own limits: each ends with an error of its handler, the others are answered, and the host hears SIGTERM.
-- One call of a library function is one instruction, however long it takes; and Lua has places where it calls no hook.
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local function slow(call)
  return ([[
    local bot, json, db = require "bot", require "json", require "db"
    bot.text("break", function() %s end)
    bot.on("message", function(message) message:answer(message.text) end)
  ]]):format(call)
end

-- What would take hours, or for ever. The limits' own error ends it, or a lack of memory where that comes sooner.
local calls = {
  { "string.find with a pattern that goes back", "('a'):rep(1e5):find('.-.-.-.-b')" },
  { "string.match with a pattern that goes back", "('a'):rep(30):match(('a?'):rep(30) .. ('a'):rep(31))" },
  { "string.gmatch with a pattern that goes back", "for _ in ('a'):rep(1e5):gmatch('.-.-.-.-b') do end" },
  { "string.gsub with a pattern that goes back", "('a'):rep(1e5):gsub('.-.-.-.-b', '')" },
  { "string.gsub caught in pcall", "while true do pcall(string.gsub, ('a'):rep(1e5), '.-.-.-.-b', '') end" },
  { "a set that is long", "('a'):rep(1e6):find('[' .. ('b'):rep(1e6) .. ']')" },
  { "a frontier that is long", "('a'):rep(1e6):find('%f[' .. ('b'):rep(1e6) .. ']')" },
  { "balanced brackets that do not close", "('('):rep(1e6):find('%b()')" },
  { "captures that are looked for again", "(('a'):rep(1e5) .. 'b'):find('(.*).-%1c')" },
  { "many calls of string.gsub", "local s = ('a'):rep(3e5) while true do s:gsub('a', 'b') end" },
  { "an empty replacement that is long", "('a'):rep(1e6):gsub('x*', ('%1'):rep(1e6))" },
  { "table.move over a huge range", "table.move({}, 1, 1e15, 2)" },
  { "table.move backwards", "table.move({}, 1, math.maxinteger - 5, 3)" },
  { "table.insert into a list without end",
    "table.insert(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1, 1)" },
  { "table.remove from a list without end",
    "table.remove(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1)" },
  { "table.concat of nothing without end",
    "table.concat(setmetatable({}, { __index = table.concat, __len = rawlen }), '', 1, math.maxinteger)" },
  { "table.sort of long strings", [[
    local a, b, list = ("x"):rep(1e7), ("x"):rep(1e7) .. "y", {}
    for i = 1, 1e4 do list[i] = i % 2 == 0 and a or b end
    table.sort(list)]] },
  { "table.sort by an order that is none", [[
    local list = {}
    for i = 1, 5e5 do list[i] = i end
    while true do table.sort(list, rawequal) end]] },
  { "load of what is slow to compile", [[
    local text = {}
    for i = 1, 40 do
      local names = {}
      for j = 1, 190 do names[j] = "v" .. i .. "_" .. j end
      text[i] = "return function() local " .. table.concat(names, ",") .. " "
    end
    load(table.concat(text) .. ("x=y "):rep(2e6) .. ("end "):rep(40))]] },
  { "a message handler of xpcall", "xpcall(function() error() end, function() while true do end end)" },
  { "the message handler of the stop itself", "xpcall(function() while true do end end, function() while true do end end)" },
  { "a value that is to be closed after the stop",
    "local _ <close> = setmetatable({}, { __close = function() while true do end end }) while true do end" },
  { "short coroutines inside each other", [[
    local function nest(depth)
      if depth == 0 then for _ = 1, 4500 do end return end
      for _ = 1, 1000 do coroutine.wrap(nest)(depth - 1) end
    end
    nest(3)]] },
  { "many calls of json.decode", "local s = '[' .. ('0,'):rep(2e5) .. '0]' while true do json.decode(s) end" },
  { "many calls of table.sort", "local t = {} for i = 1, 1e5 do t[i] = -i end while true do table.sort(t) end" },
  { "many calls of string.upper", "local s = ('a'):rep(3e7) while true do s:upper() end" },
  { "SQL in pcall", [[
    while true do
      pcall(db.one, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    end]] },
  { "LIKE over megabytes", [[
    while true do pcall(db.one, "SELECT printf('%.*c', 6000000, 'x') LIKE printf('%%%.*c', 800, 'x') || 'y'") end]] },
  { "SQL of many large values", [[
    local terms = ("length(upper(hex(zeroblob(? + 1000000)))) + "):rep(120)
    local values = {}
    for i = 1, 120 do values[i] = i end
    while true do pcall(db.one, "SELECT " .. terms .. "0", table.unpack(values)) end]] },
  { "json.encode of a table that holds itself many times", "local t = {} for _ = 1, 90 do t = { t, t } end json.encode(t)" },
}

describe("a single call:", function()
  after_each(world.finish)

  for _, case in ipairs(calls) do
    it(case[1], function()
      local telegram = sandbox {}
      local lunokhod = host { telegram = telegram, script = slow(case[2]) }
      local anna, boris = telegram:person("Анна"), telegram:person("Борис")
      anna:says("break")
      boris:says("привет")
      assert.same({ "привет" }, boris:saw(1))
      lunokhod:logged("level=error.*stopped: it computed for too long")
      anna:says("break")
      assert.equal(0, lunokhod:stop())
    end)
  end

  -- What is no longer slow, so nothing has to end it.
  local quick = {
    { "string.rep of nothing", '(""):rep(math.maxinteger)', "" },
    { "string.find of a long text in a longer one", '("x"):rep(2e7):find(("x"):rep(1e7) .. "y", 1, true)', "nil" },
  }
  for _, case in ipairs(quick) do
    it(case[1] .. " is done at once", function()
      local telegram = sandbox {}
      host { telegram = telegram, script = ([[
        local bot = require "bot"
        bot.on("message", function(message) message:answer("<" .. tostring(%s) .. ">") end)
      ]]):format(case[2]) }
      local anna = telegram:person("Анна")
      anna:says("go")
      assert.same({ "<" .. case[3] .. ">" }, anna:saw(1))
    end)
  end
end)

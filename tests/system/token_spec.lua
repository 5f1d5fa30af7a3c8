-- The copies of the token in the memory of a host that runs, as a core dump would show them.
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

local HUGE = 1 << 28 -- no memory of ours, but the shadow of a sanitizer

-- A sanitizer keeps what is freed for a while, so its memory shows nothing.
local function has_sanitizer(pid)
  local maps <close> = assert(io.open(("/proc/%d/maps"):format(pid)))
  return maps:read("a"):find("libasan", 1, true) ~= nil
end

-- What stands around each copy of `secret`, or nil where this machine lets nobody look.
local function copies_of(secret, pid)
  local memory = io.open(("/proc/%d/mem"):format(pid), "rb")
  if not memory then return nil end
  local copies = {}
  for line in io.lines(("/proc/%d/maps"):format(pid)) do
    local first, last, may_read = line:match("^(%x+)%-(%x+) (.)")
    local size = tonumber(last, 16) - tonumber(first, 16)
    local bytes = may_read == "r" and size < HUGE and memory:seek("set", tonumber(first, 16)) and memory:read(size) or ""
    local at = bytes:find(secret, 1, true)
    while at do
      local ending = at + #secret
      copies[#copies + 1] = { before = bytes:sub(math.max(at - 14, 1), at - 1), after = bytes:sub(ending, ending + 39) }
      at = bytes:find(secret, ending, true)
    end
  end
  memory:close()
  return copies
end

describe("a host that has run for a while", function()
  after_each(world.finish)

  it("holds the token once, and in what its calls need", function()
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, script = [[
      require "bot".on("message", function(message) message:answer(message.text) end)
    ]] }
    local anna = telegram:person("Анна")
    for i = 1, 20 do
      anna:says(tostring(i))
      anna:sees_last(tostring(i))
    end
    if has_sanitizer(lunokhod.pid) then
      pending("a sanitizer keeps what is freed")
      return
    end
    local alone, remains, all
    until_(function() -- the calls of this moment are no remains
      alone, remains = 0, 0
      all = copies_of(sandbox.TOKEN:match(":(.+)"), lunokhod.pid)
      for _, copy in ipairs(all or {}) do
        if not copy.before:find("/bot%d+:$") then alone = alone + 1 end
        local is_under_way = copy.after:find("^/getUpdates") -- which it always is; a newer libcurl keeps the request that long
        if copy.after:find(" HTTP/1", 1, true) and not is_under_way then remains = remains + 1 end
      end
      return remains == 0 and alone <= 1
    end, function() return ("no remains of requests: %d remains, %d copies alone"):format(remains, alone) end)
    if not all then pending("the memory of another process can't be read here") end
    assert.equal(1, alone)
    assert.is_true(#all <= 12, #all .. " copies")
  end)
end)

-- The calorie counter over a real network. tests/lua/calories_spec.lua tests what it answers.
local client = require "tests.support.client"
local world = require "tests.support.world"
local host, sandbox, until_ = world.host, world.sandbox, world.until_

-- The bytes of a file as a bot fetches them.
local function bytes_of(telegram, file_id)
  local _, answer = telegram:bot("getFile", { file_id = file_id })
  local path = answer.result.file_path
  local status, bytes = client.request("GET", ("%s/file/bot%s/%s"):format(telegram.url, telegram.token, path))
  assert.equal(200, status)
  return bytes
end

local function file_of(person, kind)
  local found
  until_(function()
    for _, message in ipairs(person:messages()) do found = found or message[kind] end
    return found
  end, "a " .. kind)
  return found[1] and found[#found] or found
end

describe("the calorie counter", function()
  after_each(world.finish)

  it("goes on with its questions after a reload, and sends pictures and tables whole", function()
    until_(function() return os.time() % 1800 < 1770 end, "the next half an hour, as a day may end at each, somewhere")
    local telegram = sandbox {}
    local lunokhod = host { telegram = telegram, scripts = { "scripts" } }
    local anna = telegram:person("Анна")
    anna:says("350 борщ")
    anna:saw(1)
    lunokhod:reload()
    anna:says("2000")
    anna:saw(2)
    lunokhod:reload()
    anna:says("+3")
    anna:sees_last("Осталось 1650 из 2000 ккал")
    anna:says("/week")
    local photo = file_of(anna, "photo")
    local png = bytes_of(telegram, photo.file_id)
    assert.equal("\x89PNG\r\n\x1a\n", png:sub(1, 8))
    assert.equal("IEND\xAE\x42\x60\x82", png:sub(-8)) -- and nothing is missing
    local width, height = (">I4I4"):unpack(png, 17)
    assert.same({ 800, 450 }, { width, height })
    anna:says("/export")
    local document = file_of(anna, "document")
    assert.matches('\r\n%d+%-%d%d%-%d%d,%d%d:%d%d,350%.0,"борщ"\r\n$', bytes_of(telegram, document.file_id))
  end)
end)

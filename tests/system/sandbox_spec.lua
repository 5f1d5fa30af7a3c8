-- A sandbox as a program: what it keeps in its file, and what its server must not do to the person who looks at the chat page.
local backups = require "tests.support.backups"
local bot_client = require "tests.support.bot_client"
local http = require "socket.http"
local process = require "tests.support.process"
local world = require "tests.support.world"

describe("the sandbox", function()
  after_each(world.finish)

  it("has a browser save a document, never show it as a page of its own", function()
    local telegram = world.sandbox {}
    local anna = telegram:person("Анна")
    backups.send_as_admin(telegram, anna, "<script>steal()</script>")
    local file_id = telegram:messages(anna.id)[1].document.file_id
    local body, status, headers = http.request(telegram.url .. "/sandbox/files?file_id=" .. file_id)
    assert.equal(200, status)
    assert.equal("<script>steal()</script>", body)
    assert.equal("attachment", headers["content-disposition"])
    assert.equal("nosniff", headers["x-content-type-options"])
  end)

  local directory
  local function kept()
    directory = directory or process.new_directory()
    return world.sandbox { data = directory .. "/telegram" }
  end
  after_each(function()
    if directory then os.execute("rm -rf " .. process.quote(directory)) end
    directory = nil
  end)
  local function count_files()
    local pipe = assert(io.popen("ls " .. process.quote(directory .. "/telegram.files") .. " | wc -l"))
    local count = tonumber(pipe:read "a")
    pipe:close()
    return count
  end

  it("keeps each bot's chat with a person in its file", function()
    local telegram = kept()
    local tokens = { "111:ABCDEFGHIJKLMNOPQRSTUVWXYZ", "222:ABCDEFGHIJKLMNOPQRSTUVWXYZ" }
    local sun, moon = bot_client.new(telegram, tokens[1]), bot_client.new(telegram, tokens[2])
    sun.getMe()
    moon.getMe()
    local anna = telegram:person("Anna")
    sun.sendMessage { chat_id = anna.id, text = "sun's" }
    local id = moon.sendMessage({ chat_id = anna.id, text = "moon's" }).message_id
    assert.equal(0, telegram:stop())
    local again = kept()
    local function text(more) return again:get(("messages?chat_id=%d%s"):format(anna.id, more)).messages[1].text end
    assert.same({ "sun's", "moon's" }, { text "", text "&bot_id=222" })
    moon = bot_client.new(again, tokens[2])
    assert.equal("edited", moon.editMessageText({ chat_id = anna.id, message_id = id, text = "edited" }).text)
    assert.equal(id + 1, moon.sendMessage({ chat_id = anna.id, text = "next" }).message_id)
  end)

  it("removes the bytes of files that it has forgotten", function()
    local telegram = kept()
    local anna = telegram:person("Anna")
    backups.send_as_admin(telegram, anna, "bytes")
    assert.equal(0, telegram:stop())
    assert.equal(1, count_files())
    telegram = kept()
    telegram:reset()
    assert.equal(0, telegram:stop())
    assert.equal(0, count_files())
  end)
end)

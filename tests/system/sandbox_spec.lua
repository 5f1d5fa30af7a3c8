-- The safety of the chat page: what its server must not do to the person who looks at it.
local backups = require "tests.support.backups"
local http = require "socket.http"
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
end)

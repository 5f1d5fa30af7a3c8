-- The files of examples/deploy/: what they call is there, and does what they rely on.
local dkjson = require "dkjson"
local process = require "tests.support.process"
local world = require "tests.support.world"
local host, sandbox = world.host, world.sandbox

local FOLDER = "examples/deploy/"
local DOCKERFILE = process.read_file(FOLDER .. "Dockerfile")

describe("the container", function()
  after_each(world.finish)

  it("is healthy as long as the host answers where the image has its socket", function()
    local directory = process.new_directory()
    finally(function() os.execute("rm -rf " .. process.quote(directory)) end)
    assert.matches("\nENV XDG_RUNTIME_DIR=/run/bot\n", DOCKERFILE)
    local check = dkjson.decode(DOCKERFILE:match "\nHEALTHCHECK [^\n]*CMD (%b[])\n")
    assert.equal("lunokhod", table.remove(check, 1))
    local environment = { XDG_RUNTIME_DIR = directory, BOT_TOKEN = "" }
    local lunokhod = host {
      telegram = sandbox {}, script = 'require "bot".command("start", print)', environment = { XDG_RUNTIME_DIR = directory },
    }
    assert.equal(0, (world.run({ table.unpack(check) }, environment)))
    assert.equal(0, lunokhod:stop())
    assert.not_equal(0, (world.run({ table.unpack(check) }, environment)))
  end)

  it("is run by nobody in particular, who can write nothing", function()
    assert.matches("\nUSER %d+:%d+\n", DOCKERFILE)
    local compose = process.read_file(FOLDER .. "compose.yaml")
    for _, line in ipairs { "read_only: true", "stop_grace_period: 90s", "cap_drop: %[ALL%]" } do
      assert.matches(line, compose)
    end
    local user = DOCKERFILE:match "\nUSER (%d+)"
    assert.matches("/run/bot:mode=0700,uid=" .. user, compose)
  end)
end)

describe("a platform", function()
  it("finds a worker and its variables", function()
    local app = assert(dkjson.decode(process.read_file(FOLDER .. "app.json")))
    local kind = process.read_file(FOLDER .. "Procfile"):match "^(%w+): lunokhod run "
    assert.equal(1, app.formation[kind].quantity)
    assert.truthy(app.env.BOT_TOKEN and app.env.ADMIN_ID)
  end)
end)

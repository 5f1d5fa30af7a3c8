-- What would be ignored in silence is an error or a warning.
scripts "errors/silence.lua"

local PLACE = "tests/lua/errors/silence%%.lua:%d"
local anna
before_each(function() anna = telegram:person "Анна" end)

for command, found in pairs {
  sql = { 6, "a value is given for :nmae, which the SQL does not have" },
  list = { 7, "it can't be a list" },
  answer = { 13, "message:answer: the text comes first, and may not be a table" },
  reply = { 14, "message:reply: the text comes first" },
  dot = { 16, "call it with a colon" },
} do
  it("is an error: " .. command, function()
    anna:says("/" .. command)
    local line = bot:log("a handler failed")[1]
    assert.matches(PLACE:format(found[1]) .. ": ", line)
    assert.is_not_nil(line:find(found[2], 1, true), line)
  end)
end

it("but a value that is left out is NULL", function()
  anna:says "/absent"
  anna:sees "1"
end)

it("is a warning: a label that people's apps will trim, once", function()
  anna:says "/label"
  anna:sees "Press"
  local lines = bot:log "cut off the blanks around the label"
  assert.equal(1, #lines)
  assert.matches("level=warn .*source=" .. PLACE:format(19), lines[1])
end)

it("is a warning: a second command of the same name", function()
  anna:says "/label"
  local lines = bot:log "/label has a handler already, at tests/lua/errors/silence.lua:18; this one never gets it"
  assert.equal(1, #lines)
  assert.matches("level=warn .*source=" .. PLACE:format(22), lines[1])
end)

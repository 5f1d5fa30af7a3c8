-- Which chats a broadcast takes from a SELECT, and what it says of one that it can't use.
scripts "broadcast/bot.lua"

local anna
before_each(function()
  anna = telegram:person { first_name = "Анна", id = 5001 }
  anna:says "user 5001 a--b;c"
end)

local sent = {
  "SELECT chat FROM users;", "SELECT chat FROM users ;  ", "SELECT chat FROM users -- everybody",
  "SELECT chat FROM users; -- everybody", "SELECT chat FROM users /* all; */", "SELECT chat FROM users; /* all */ ; -- ;",
  "SELECT chat FROM users WHERE name = 'a--b;c'", "-- all\nSELECT chat FROM users\n;\n",
  "WITH w AS (SELECT chat FROM users) SELECT chat FROM w ORDER BY 1", "VALUES (5001)", "SELECT chat FROM users WHERE ';' = ';'",
  "SELECT CAST(chat AS TEXT) FROM users",
}
for _, sql in ipairs(sent) do
  it("goes to the chats of: " .. sql, function()
    anna:says("to " .. sql)
    clock:advance "5s"
    assert.same({ "news" }, anna:saw())
  end)
end

local refused = {
  ["SELECT chat, name FROM users"] = "`to` must select one column, the chat; it selects 2: chat, name",
  ["SELECT chat FROM users UNION SELECT NULL"] = "`to` names a chat that is NULL",
  ["SELECT chat FROM users; SELECT 1"] = "`to` must be one SELECT",
  ["DELETE FROM users"] = "`to` must be one SELECT",
  ["DELETE FROM users RETURNING chat"] = "`to` must be one SELECT",
  ["-- nothing"] = "`to` must be one SELECT",
  ["SELECT chat FROM people"] = "`to`: no such table: people",
  ["SELECT chat FROM users WHERE name = ?"] = "`to` has parameters",
  ["SELECT chat FROM"] = "`to`: incomplete input",
}
for sql, complaint in pairs(refused) do
  it("is refused, at the script's line, with: " .. sql, function()
    anna:says("to " .. sql)
    clock:advance "5s"
    local said = anna:saw()
    assert.equal(1, #said)
    assert.equal(1, (said[1]:find("tests/lua/broadcast/bot.lua:13: broadcast.start: " .. complaint, 1, true)))
  end)
end

for _, parameter in ipairs { "?", ":name" } do
  it("takes the values of a SELECT with the parameter " .. parameter, function()
    anna:says "user 5001 anna"
    anna:says(("named %s anna"):format(parameter))
    clock:advance "5s"
    assert.same({ "news" }, anna:saw())
    anna:says(("named %s nobody"):format(parameter))
    clock:advance "5s"
    assert.same({ "news" }, anna:saw())
  end)
end

it("refuses a list with json.null, and starts nothing", function()
  anna:says "list null"
  anna:sees "is NULL"
  clock:advance "5s"
  anna:sees_nothing()
end)

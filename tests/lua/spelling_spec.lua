-- A misspelt name is told, with what may have been meant.
scripts "errors/spelling.lua"

local anna
before_each(function() anna = telegram:person "Анна" end)

for text, found in pairs {
  ["bot.comand('a', print)"] = "said:1: there is no bot.comand, did you mean command?",
  ["bot.cancle('work')"] = "there is no bot.cancle, did you mean cancel?",
  ["bot.zzz()"] = 'there is no bot.zzz"',
  ["require 'db'.exce ''"] = "there is no db.exce, did you mean exec?",
  ["require 'http'.gett ''"] = "there is no http.gett, did you mean get?",
  ["message:anwser 'x'"] = "attempt to call a nil value (method 'anwser'), did you mean answer?",
  ["message:zzz 'x'"] = "attempt to call a nil value (method 'zzz')",
  ["db.exec ''"] = [[undefined variable \"db\": add local db = require \"db\"]],
  ["tostrin(1)"] = [[undefined variable \"tostrin\", did you mean tostring?]],
  ["bot.on('mesage', print)"] = [[there is no update type \"mesage\", did you mean message?]],
  ["bot.router().comand('a', print)"] = "said:1: there is no router.comand, did you mean command?",
  ["bot.router 'privat'"] = [[bot.router: there is no filter \"privat\", did you mean private?]],
  ["bot.text('x', print, { anycase = true })"] = [[bot.text: there is no option \"anycase\", did you mean any_case?]],
  ["bot.defaults { parse_mod = 'HTML' }"] = [[there is no default \"parse_mod\", did you mean parse_mode?]],
  ["bot.order 'people'"] = [[bot.order: the order is \"chat\", \"user\" or \"none\", not people]],
  ["require 'menu'.define('a', print, { chnged = 1 })"] = [[menu.define: there is no option \"chnged\", did you mean changed?]],
  ["require 'limit'.new { cont = 1 }"] = [[limit.new: there is no option \"cont\", did you mean count?]],
  ["bot.every(60, 'work', nil, { skp = true })"] = [[there is no option \"skp\", did you mean skip?]],
} do
  it("is an error: " .. text, function()
    anna:says("run " .. text)
    local line = bot:log("a handler failed")[1]
    assert.is_not_nil(line and line:find(found, 1, true), line)
  end)
end

for text, found in pairs {
  ["message:answer('x', { parse_mod = 'HTML' })"] = [[sendMessage has no parameter \"parse_mod\", did you mean parse_mode?]],
  ["require 'telegram'.send_message{ chat_id = message.chat.id, text = 'x', protect_contents = true }"] =
    [[sendMessage has no parameter \"protect_contents\", did you mean protect_content?]],
  ["message:ask('x', 'amount', nil, { timeuot = 5 })"] = [[sendMessage has no parameter \"timeuot\", did you mean timeout?]],
  ["require 'broadcast'.start{ to = { message.chat.id }, txet = 'x', text = 'y' }"] =
    [[sendMessage has no parameter \"txet\", did you mean text?]],
  ["bot.on('message:photos', print)"] = [[bot.on: a message has no field \"photos\", did you mean photo?]],
} do
  it("is a warning, once: " .. text, function()
    anna:says("run " .. text)
    anna:says("run " .. text)
    local lines = bot:log(found)
    assert.matches("level=warn .*source=said:1 update=", lines[1])
    assert.equal(text:find "bot.on" and 2 or 1, #lines)
  end)
end

it("is no name that is absent for now", function()
  anna:says "run return bot.me and message.photo == nil"
  anna:sees "true"
end)

it("is told of any field of a message", function()
  local fields = {}
  local is_inside = false
  for line in io.lines "host/script/api/types/telegram_types.lua" do
    if line == "---@class telegram.Message" then is_inside = true end
    local field = is_inside and line:match "^%-%-%-@field ([%w_]+)"
    if field then fields[#fields + 1] = field end
    if is_inside and not line:find "^%-%-%-" then break end
  end
  assert.is_true(#fields > 100)
  anna:says "run return (require 'core.spelling'.message_fields:gsub('%s+', ' '):match '^ ?(.-) ?$')"
  anna:sees(table.concat(fields, " "))
end)

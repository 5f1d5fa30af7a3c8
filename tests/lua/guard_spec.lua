-- A script can't take away what the backup needs: the menu that says which host reigns, its messages, its pin. Nor updates.
scripts "guard/bot.lua"

describe("a script", function()
  local admin, anna

  before_each(function()
    admin, anna = telegram:person "Admin", telegram:person "Anna"
    bot:admin(admin)
    admin:says "hello" -- a bot can't write first
    clock:advance "31s"
  end)

  local function backup_id()
    for _, message in ipairs(admin:messages()) do
      if message.document then return math.tointeger(message.message_id) end
    end
  end

  local function asks(method, parameters)
    anna:says(("/do %s %s"):format(method, (parameters:gsub("@", tostring(admin.id)):gsub("#", tostring(backup_id())))))
  end

  local function assert_restored()
    bot:restart()
    anna:says '/do getMe {}'
    anna:sees "done"
  end

  local CHAT = '"chat_id":@'
  for name, call in pairs {
    ["write the admin's menu"] = { "setMyCommands", '{"commands":[],"scope":{"type":"chat",@@}}' },
    ["write it by a text"] = { "set_my_commands", [[{"commands":"[]","scope":"{\"type\":\"chat\",\"chat_id\":\"@\"}"}]] },
    ["delete the admin's menu"] = { "deleteMyCommands", '{"scope":{"type":"chat",@@}}' },
    ["write a pointer"] = { "setMyCommands", '{"commands":[],"scope":{"type":"chat",@@},"language_code":"cu"}' },
    ["delete the backup"] = { "deleteMessage", '{@@,"message_id":#}' },
    ["delete it by a text"] = { "DeleteMessage", '{"chat_id":"@","message_id":"#"}' },
    ["delete it among others"] = { "deleteMessages", '{@@,"message_ids":[1,#]}' },
    ["change its caption"] = { "editMessageCaption", '{@@,"message_id":#,"caption":"mine"}' },
    ["change its buttons"] = { "edit_message_reply_markup", '{@@,"message_id":#}' },
    ["unpin it"] = { "unpinChatMessage", '{@@,"message_id":#}' },
    ["unpin the last pin"] = { "unpinChatMessage", "{@@}" },
    ["unpin all"] = { "unpinAllChatMessages", "{@@}" },
  } do
    it("can't " .. name .. ", and is told its line", function()
      asks(call[1], (call[2]:gsub("@@", CHAT)))
      local line = bot:log("a handler failed")[1]
      assert.is_not_nil(line:find("tests/lua/guard/bot.lua:5: ", 1, true), line)
      assert_restored()
    end)
  end

  local function is_refused(call, reason)
    anna:says("/do " .. call)
    local line = bot:log("a handler failed")[1]
    assert.is_not_nil(line:find("tests/lua/guard/bot.lua:5: ", 1, true), line)
    assert.is_not_nil(line:find(reason, 1, true), line)
    anna:says '/do getMe {}'
    anna:sees "done"
  end

  for _, call in ipairs { 'getUpdates {"offset":-1}', "get_updates {}", 'setWebhook {"url":"https://example.com/hook"}',
    'deleteWebhook {"drop_pending_updates":true}' } do
    it("can't take updates from the host, nor drop them: " .. call, function()
      is_refused(call, "the host asks for the updates")
    end)
  end

  for _, call in ipairs { "logOut {}", "log_out {}", "close {}" } do
    it("can't take the bot from its server: " .. call, function() is_refused(call, "stop the host") end)
  end

  for name, call in pairs {
    ["write everybody's menu"] = { "setMyCommands", '{"commands":[{"command":"a","description":"b"}]}' },
    ["write the admin's menu in a language"] = { "setMyCommands",
      '{"commands":[{"command":"a","description":"b"}],"scope":{"type":"chat",@@},"language_code":"ru"}' },
    ["write another chat's menu"] = { "setMyCommands",
      '{"commands":[{"command":"a","description":"b"}],"scope":{"type":"chat","chat_id":%d}}' },
    ["set the button beside the admin's text field"] = { "setChatMenuButton", '{@@,"menu_button":{"type":"commands"}}' },
    ["set its description"] = { "setMyDescription", '{"description":"A bot"}' },
    ["pin the admin's own message"] = { "pinChatMessage", '{@@,"message_id":%d}', "pin" },
  } do
    it("can " .. name, function()
      local own = math.tointeger(admin:says("a note").message_id)
      asks(call[1], (call[2]:gsub("@@", CHAT):gsub("%%d", tostring(call[3] and own or anna.id))))
      anna:sees "done"
      assert_restored()
    end)
  end
end)

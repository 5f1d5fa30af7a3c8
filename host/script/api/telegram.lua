-- telegram: any method of the Bot API as a function, in either spelling: telegram.send_message{...}, telegram.sendMessage{...}.
local core = require "core.telegram"
local message = require "message"

local telegram = {
  file = core.file,
  bytes = core.bytes,
  download = core.download,
  split = core.split,
}

local call = core.call

-- What comes back can be used like what came in: telegram.send_message{...}:edit("...").
local function finish(result, err)
  if type(result) == "table" and result.message_id and result.chat then
    message.dress(result)
  end
  return result, err
end

-- "send_message" and "sendMessage" are the same method.
local function method_name(name)
  return (name:gsub("_(%l)", string.upper))
end

return setmetatable(telegram, {
  __index = function(self, name)
    if type(name) ~= "string" then
      return nil
    end
    local method = method_name(name)
    local function invoke(parameters)
      return finish(call(method, parameters))
    end
    rawset(self, name, invoke)
    return invoke
  end,
})

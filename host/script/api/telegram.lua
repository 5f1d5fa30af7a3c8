-- telegram: any method of the Bot API as a function, in either spelling: telegram.send_message{...}, telegram.sendMessage{...}.
local core = require "core.telegram"
require "message" -- gives what comes back its methods

local telegram = {
  file = core.file,
  bytes = core.bytes,
  download = core.download,
  split = core.split,
}

local call = core.call

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
      return call(method, parameters)
    end
    rawset(self, name, invoke)
    return invoke
  end,
})

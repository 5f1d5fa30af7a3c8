-- telegram: any method of the Bot API as a function, in either spelling: telegram.send_message{...}, telegram.sendMessage{...}.
local core = require "core.telegram"
local broadcast = require "broadcast"
local log = require "log"
local script = require "core.script"
require "message" -- gives what comes back its methods

local telegram = {
  file = core.file,
  bytes = core.bytes,
  split = core.split,
  broadcast = broadcast.start,
}

local call = core.call

-- The options beside the parameters of a call. A misspelt one is an error, since it would do nothing.
local function timeout_of(options)
  if options == nil then
    return nil
  end
  for name in pairs(options) do
    if name ~= "timeout" then
      error(("telegram: there is no option %q, only timeout"):format(tostring(name)), 3)
    end
  end
  return options.timeout
end

function telegram.download(file_id, options)
  return core.download(file_id, timeout_of(options))
end

--- The text as parse_mode = "HTML" shows it unchanged, in an attribute too.
function telegram.escape_html(text)
  return (tostring(text):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

--- The text as parse_mode = "MarkdownV2" shows it unchanged; in code and in links too.
function telegram.escape_markdown(text)
  return (tostring(text):gsub("[_*%[%]()~`>#+%-=|{}.!\\]", "\\%0"))
end

-- "send_message" and "sendMessage" are the same method.
local function method_name(name)
  return (name:gsub("_(%l)", string.upper))
end

local function no_such_method(name)
  local _, nearest = script.find_method(name)
  if nearest and not name:find("%u") then
    nearest = nearest:gsub("%u", function(letter) return "_" .. letter:lower() end)
  end
  return ("telegram.%s: no such method%s"):format(name, nearest and (", did you mean %s?"):format(nearest) or "")
end

return setmetatable(telegram, {
  __index = function(self, name)
    if type(name) ~= "string" then
      return nil
    end
    local method = method_name(name)
    local function invoke(parameters, options)
      return call(method, parameters, false, timeout_of(options))
    end
    if script.find_method(name) then
      rawset(self, name, invoke)
      return invoke
    end
    -- Telegram may be newer than our table of methods, so the call is made all the same. A name that Telegram does not know
    -- either is misspelt, and is logged, since a script may ignore err.
    return function(parameters, options)
      local result, err = invoke(parameters, options)
      if err and err.code == 404 then
        err.text = no_such_method(name)
        log.error(err.text)
      end
      return result, err
    end
  end,
})

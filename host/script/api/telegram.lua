-- telegram: any method of the Bot API as a function, in either spelling: telegram.send_message{...}, telegram.sendMessage{...}.
local core = require "core.telegram"
local broadcast = require "broadcast"
local defaults = require "core.defaults"
local log = require "log"
local markup = require "core.markup"
local script = require "core.script"
local spelling = require "core.spelling"
local check_init_data = require "core.init_data"
require "message" -- gives what comes back its methods

local telegram = {
  file = core.file,
  bytes = core.bytes,
  split = core.split,
  escape_html = markup.escape_html,
  escape_markdown = markup.escape_markdown,
  check_init_data = check_init_data,
  broadcast = broadcast.start,
}

local call = core.call

local known = { timeout = true, quiet = true }

-- The options beside the parameters of a call.
local function read_options(options)
  options = spelling.check_options("telegram", options, known)
  return options.timeout, options.quiet
end

function telegram.download(file_id, options)
  if type(file_id) ~= "string" then script.misuse "telegram.download: a file_id expected, which is a text" end
  return core.download(file_id, read_options(options))
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

-- The function of a method, and whether Telegram is known to have it. is_quiet: a failure is no warning.
local function function_of(name, is_quiet)
  local method = method_name(name)
  local is_known = script.find_method(name) ~= nil
  local function invoke(parameters, options)
    local timeout, quiet = read_options(options)
    if type(parameters) == "table" then
      parameters = markup.spread(parameters)
    elseif parameters ~= nil then
      script.misuse(("telegram.%s: a table of parameters expected, not a %s"):format(name, type(parameters)))
    end
    if is_known and type(parameters) == "table" then
      spelling.check_parameters(method, parameters)
      parameters = defaults.add(method, parameters)
    end
    return call(method, parameters, false, timeout, is_quiet or quiet, true)
  end
  if is_known then
    return invoke, true
  end
  -- Telegram may be newer than our table of methods, so the call is made all the same. A name that Telegram does not know
  -- either is misspelt, and is logged, since a script may ignore err.
  return function(parameters, options)
    local result, err = invoke(parameters, options)
    if err and core.code_of(err) == 404 then
      err.text = no_such_method(name)
      log.error(err.text)
    end
    return result, err
  end, false
end

local function methods(is_quiet)
  return { __index = function(self, name)
    if type(name) ~= "string" then
      return nil
    end
    local invoke, is_known = function_of(name, is_quiet)
    if is_known then
      rawset(self, name, invoke)
    end
    return invoke
  end }
end

--- The same methods for a call that may fail: telegram.try.delete_message{...} warns of nothing. All scripts have the
-- same table.
telegram.try = setmetatable({}, {
  __index = setmetatable({}, methods(true)),
  __newindex = function() script.misuse "telegram.try belongs to the host and can't be changed" end,
  __metatable = false,
})

return setmetatable(telegram, methods(false))

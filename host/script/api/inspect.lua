-- Static checks of scripts, for `lunokhod check`: calls of methods that Telegram does not have, names of steps and jobs that
-- nobody has registered, and handlers that can never match. No handler is run. All checks only warn, and say nothing where they
-- can't be sure.
local inspect = {}

---- the tokens of a source text: names, strings and the rest, with their lines. The text has compiled: it is well-formed ----

-- The end of a quoted text whose quote is at `at`.
local function end_of_quoted(text, at)
  local quote, stop = text:sub(at, at), at
  repeat
    stop = text:find("[\\" .. quote .. "]", stop + 1)
    local is_escape = stop and text:sub(stop, stop) == "\\"
    if is_escape then
      stop = stop + 1
    end
  until not is_escape
  return stop or #text
end

-- A long bracket's end and what is in it, where there is one at `at`.
local function long_bracket(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then
    return nil
  end
  local first = at + #level + 2
  local stop, last = text:find("]" .. level .. "]", first, true)
  return last or #text, text:sub(first, (stop or #text + 1) - 1)
end

local function end_of_comment(text, at)
  return long_bracket(text, at + 2) or (text:find("\n", at, true) or #text + 1) - 1
end

local function next_string(text, at)
  if text:find("^[\"']", at) then
    local stop = end_of_quoted(text, at)
    return stop, text:sub(at + 1, stop - 1)
  end
  return long_bracket(text, at)
end

local function end_of_word(text, at)
  local _, stop = text:find("^[%a_][%w_]*", at)
  if not stop then
    _, stop = text:find("^%.?%d[%w_.]*", at) -- a number
  end
  if not stop then
    _, stop = text:find("^[=~<>]=", at)
  end
  if not stop then
    _, stop = text:find("^%.%.%.?", at)
  end
  return stop or at
end

local function words_of(text)
  local words, line = {}, 1
  local _, at = text:find("^#[^\n]*")
  at = (at or 0) + 1
  while at <= #text do
    local stop, content
    if text:find("^%s", at) then
      _, stop = text:find("^%s+", at)
    elseif text:find("^%-%-", at) then
      stop = end_of_comment(text, at)
    else
      stop, content = next_string(text, at)
      local is_string = stop ~= nil
      stop = stop or end_of_word(text, at)
      words[#words + 1] = { text = content or text:sub(at, stop), line = line, is_string = is_string }
    end
    line = line + select(2, text:sub(at, stop):gsub("\n", ""))
    at = stop + 1
  end
  return words
end

---- a walk over the tokens that knows which names mean the module telegram ----

local Walk = {}
Walk.__index = Walk

function Walk:is(i, text)
  local word = self.words[i]
  return word ~= nil and not word.is_string and word.text == text
end

function Walk:is_name(i)
  local word = self.words[i]
  return word ~= nil and not word.is_string and word.text:find("^[%a_]") ~= nil
end

-- Blocks and brackets alike: what is open here, the innermost last. `names` says what the names declared in it mean.
function Walk:open(opener)
  self.opened[#self.opened + 1] = { opener = opener, names = {} }
end

function Walk:close()
  if #self.opened > 1 then
    table.remove(self.opened)
  end
end

function Walk:declare(name, module)
  self.opened[#self.opened].names[name] = module or false
end

function Walk:assign(name, module)
  for i = #self.opened, 1, -1 do
    if self.opened[i].names[name] ~= nil or i == 1 then
      self.opened[i].names[name] = module or false
      return
    end
  end
end

function Walk:meaning(name)
  for i = #self.opened, 1, -1 do
    local module = self.opened[i].names[name]
    if module ~= nil then
      return module
    end
  end
end

-- The module that stands at `i`, by its name or as require "...", and the place after it.
function Walk:module_at(i)
  if not self:is_name(i) or self:is(i - 1, ".") or self:is(i - 1, ":") then
    return nil
  end
  local word, following = self.words[i], self.words[i + 1]
  if word.text ~= "require" or self:meaning("require") ~= nil then
    return self:meaning(word.text), i + 1
  end
  if following and following.is_string then
    return following.text, i + 2
  end
  local argument = self.words[i + 2]
  if self:is(i + 1, "(") and argument and argument.is_string and self:is(i + 3, ")") then
    return argument.text, i + 4
  end
end

-- The same where the module itself is the value, so that it may be given to a name.
function Walk:value_at(i)
  local module, after = self:module_at(i)
  local following = module and self.words[after]
  local is_used = following and (following.is_string or following.text:find("^[.:%[({]"))
  if module and not is_used then
    return module, after
  end
end

-- Names separated by commas, and the place after them.
function Walk:names_at(i)
  local names = {}
  while self:is_name(i) do
    names[#names + 1] = self.words[i].text
    i = i + 1
    if self:is(i, "<") then -- <const>
      i = i + 3
    end
    if not self:is(i, ",") then
      break
    end
    i = i + 1
  end
  return names, i
end

-- local a, b = require "a", require "b"
function Walk:read_local(i)
  local names, at = self:names_at(i)
  local module, after
  if self:is(at, "=") then
    module, after = self:value_at(at + 1)
  end
  for _, name in ipairs(names) do
    self:declare(name, module)
    if module and self:is(after, ",") then
      module, after = self:value_at(after + 1)
    else
      module = nil -- what comes after the first other value is not worth the counting
    end
  end
  return at
end

-- function name.of.it(parameters)
function Walk:read_function(i)
  if self:is_name(i) then
    if self:meaning(self.words[i].text) == "telegram" and self:is(i + 1, ".") then
      self.own[self.words[i + 2].text] = true
    elseif not self:is(i + 1, ".") and not self:is(i + 1, ":") then
      self:assign(self.words[i].text)
    end
  end
  while not self:is(i, "(") do
    self.has_own_ask = self.has_own_ask or self:is(i, "ask")
    i = i + 1
  end
  local names, at = self:names_at(i + 1)
  self:open("function")
  for _, name in ipairs(names) do
    self:declare(name)
  end
  while not self:is(at, ")") do
    at = at + 1 -- ...
  end
  return at + 1
end

local keywords = {}

keywords["local"] = function(self, i)
  if not self:is(i + 1, "function") then
    return self:read_local(i + 1)
  end
  self:declare(self.words[i + 2].text)
  return self:read_function(i + 2)
end

keywords["function"] = function(self, i) return self:read_function(i + 1) end

keywords["for"] = function(self, i)
  local at
  self.loop_names, at = self:names_at(i + 1)
  return at
end

keywords["do"] = function(self, i)
  self:open("do")
  for _, name in ipairs(self.loop_names or {}) do
    self:declare(name)
  end
  self.loop_names = nil
  return i + 1
end

keywords["else"] = function(self, i)
  self:close()
  self:open("else")
  return i + 1
end

for _, opener in ipairs { "then", "repeat", "{", "(", "[" } do
  keywords[opener] = function(self, i)
    self:open(opener)
    return i + 1
  end
end

for _, closer in ipairs { "elseif", "end", "until", "}", ")", "]" } do
  keywords[closer] = function(self, i)
    self:close()
    return i + 1
  end
end

local deeper = { ["{"] = 1, ["("] = 1, ["["] = 1, ["function"] = 1, ["if"] = 1, ["do"] = 1, ["repeat"] = 1,
  ["}"] = -1, [")"] = -1, ["]"] = -1, ["end"] = -1, ["until"] = -1 }

-- The keys of the table whose brace is at `i`, without those of nested tables.
function Walk:keys_at(i)
  local keys, depth, at = {}, 0, i
  repeat
    local word = self.words[at]
    local begins_item = depth == 1 and (self:is(at - 1, "{") or self:is(at - 1, ",") or self:is(at - 1, ";"))
    if begins_item and self:is_name(at) and self:is(at + 1, "=") then
      keys[#keys + 1] = word
    elseif begins_item and self:is(at, "[") and self.words[at + 1].is_string and self:is(at + 2, "]") then
      keys[#keys + 1] = self.words[at + 1]
    end
    depth = depth + (not word.is_string and deeper[word.text] or 0)
    at = at + 1
  until depth == 0 or not self.words[at]
  return keys
end

-- The n-th argument of a call, if it is nothing but a text. `i` is the bracket's.
function Walk:text_argument(i, n)
  local count, depth, at = 1, 0, i
  repeat
    local word = self.words[at]
    if depth == 1 and self:is(at, ",") then
      count = count + 1
    elseif depth == 1 and count == n and word.is_string then
      local is_all = (self:is(at - 1, "(") or self:is(at - 1, ",")) and (self:is(at + 1, ",") or self:is(at + 1, ")"))
      return is_all and not word.text:find("\\", 1, true) and word or nil
    end
    depth = depth + (not word.is_string and deeper[word.text] or 0)
    at = at + 1
  until depth == 0 or not self.words[at]
end

-- Which argument is the name of what, in functions of the modules.
local naming = {
  bot = {
    after = { 2, "job" }, every = { 2, "job" }, daily = { 2, "job" }, weekly = { 3, "job" }, monthly = { 3, "job" },
    cron = { 2, "job" }, cancel = { 1, "job" },
  },
  fsm = { set = { 2, "step" } },
}

function Walk:remember_name(i, n, kind)
  local word = self:is(i, "(") and self:text_argument(i, n)
  if word then
    self.names[#self.names + 1] = { name = word.text, line = word.line, kind = kind }
  end
end

-- bot.after(10, "name"), whose dot is at `i`.
function Walk:read_naming(module, i)
  local word = self:is(i, ".") and self:is_name(i + 1) and self.words[i + 1]
  local which = word and naming[module][word.text]
  if which then
    self:remember_name(i + 2, which[1], which[2])
  end
end

-- telegram.name or telegram["name"], whose part after `telegram` begins at `i`: remembers the call, if it is one.
function Walk:read_member(i)
  local name, after
  if (self:is(i, ".") or self:is(i, ":")) and self:is_name(i + 1) then
    name, after = self.words[i + 1], i + 2
  elseif self:is(i, "[") and self.words[i + 1].is_string and self:is(i + 2, "]") then
    name, after = self.words[i + 1], i + 3
  else
    return
  end
  if self:is(after, "=") then
    self.own[name.text] = true
    return
  end
  local brace = self:is(after, "(") and after + 1 or after
  self.calls[#self.calls + 1] = {
    name = name.text,
    line = name.line,
    has_colon = self:is(i, ":"),
    keys = self:is(brace, "{") and self:keys_at(brace) or {},
  }
end

function Walk:read_name(i)
  local word = self.words[i]
  local is_key = self.opened[#self.opened].opener == "{"
  if self:is(i + 1, "=") and not is_key and not self:is(i - 1, ".") then
    self:assign(word.text, (self:value_at(i + 2)))
    return i + 1
  end
  local module, after = self:module_at(i)
  if module == "telegram" then
    self:read_member(after)
  elseif naming[module] then
    self:read_naming(module, after)
  end
  return i + 1
end

-- message:ask("How much?", "name"); the same where the message has another name.
keywords[":"] = function(self, i)
  if self:is(i + 1, "ask") then
    self:remember_name(i + 2, 2, "step")
  end
  return i + 1
end

function Walk:run()
  local i = 1
  while self.words[i] do
    local word = self.words[i]
    if word.is_string then
      i = i + 1
    elseif keywords[word.text] then
      i = keywords[word.text](self, i)
    else
      i = self:read_name(i)
    end
  end
  return self
end

---- calls ----

-- The method's name in the spelling that the script uses.
local function as_in(example, name)
  return example:find("%u") and name or (name:gsub("%u", function(letter) return "_" .. letter:lower() end))
end

local function hint(nearest)
  return nearest and (", did you mean %s?"):format(nearest) or ""
end

--- The warnings about one source text: calls of methods that do not exist, and parameters that a method does not have.
--- find_method(name) -> the method in Telegram's spelling; true for a function of the module itself; or nil and the nearest.
--- find_parameter(method, name) -> whether the method has it; and the nearest.
--- registered: { step = {}, job = {} }, whose keys are the registered names.
function inspect.calls(text, file_name, find_method, find_parameter, registered)
  local walk = setmetatable({ words = words_of(text), opened = {}, own = {}, calls = {}, names = {} }, Walk)
  local warnings = {}
  local function warn(line, ...)
    warnings[#warnings + 1] = ("%s:%d: %s"):format(file_name, line, string.format(...))
  end
  walk:open("file")
  walk:run()
  for _, call in ipairs(walk.calls) do
    local method, nearest = find_method(call.name)
    if walk.own[call.name] then
      method = true
    end
    if call.has_colon then
      warn(call.line, "telegram:%s: write a dot instead of the colon", call.name)
    elseif not method then
      warn(call.line, "telegram.%s: no such method%s", call.name, hint(nearest and as_in(call.name, nearest)))
    end
    for _, key in ipairs(type(method) == "string" and call.keys or {}) do
      local has_it, near = find_parameter(method, key.text)
      if not has_it then
        warn(key.line, "telegram.%s: no parameter %s%s", call.name, key.text, hint(near))
      end
    end
  end
  for _, named in ipairs(walk.names) do
    if not registered[named.kind][named.name] and not (named.kind == "step" and walk.has_own_ask) then
      warn(named.line, "no script has the %s %q", named.kind, named.name)
    end
  end
  return warnings
end

---- handlers: the routes are tried with updates that each of them should match ----

local texts = { "x", "Клик 🏆", "1", "-1.5", "/start", "/start 7", "two\nlines", "https://example.org", ("long "):rep(300) }

local function messages(list)
  local payloads = {}
  for i, text in ipairs(list) do
    payloads[i] = { text = text, chat = { id = 1, type = "private" }, from = { id = 1 } }
  end
  return payloads
end

local function queries(list)
  local payloads = {}
  for i, data in ipairs(list) do
    payloads[i] = { data = data, from = { id = 1 } }
  end
  return payloads
end

-- The reverse of %q.
local function unquoted(text)
  local content = text:match('^"(.*)"$') or text
  return (content:gsub("\\(.)(%d?%d?)", function(first, rest)
    return first:find("%d") and string.char(tonumber(first .. rest)) or first .. rest
  end))
end

-- Sample updates for a route: if it gets none of them, it never matches. There are enough that an earlier route which takes all
-- of them takes everything.
local samples = {
  command = function(argument) return messages { argument, argument .. " 7", argument .. " a b" } end,
  text = function(argument) return messages { unquoted(argument) } end,
  match = function() return messages(texts) end,
  otherwise = function() return messages(texts) end,
  callback = function() return queries(texts) end,
  on = function(argument)
    local field = argument:match(":(.+)$")
    if field == "text" then
      return messages(texts)
    elseif field then
      return { { [field] = {}, chat = { id = 1, type = "private" } } }
    end
    local payloads = messages(texts)
    payloads[#payloads + 1] = { chat = { id = 1, type = "private" } }
    return payloads
  end,
}

local function takes_all(route, payloads)
  for _, payload in ipairs(payloads) do
    local ok, is_match = pcall(route.try, payload)
    if not ok or not is_match then
      return false
    end
  end
  return true
end

-- Routes by functions all have the same description, although they differ.
local function is_twin(route, other)
  return route.what == other.what and not route.what:find(" by a function$")
end

-- Why the route never gets an update, or nil. `earlier` are tried before it.
local function obstacle(route, earlier)
  local kind, argument = route.what:match("^(%a+) ?(.*)$")
  local payloads = samples[kind] and samples[kind](argument)
  for _, other in ipairs(earlier) do
    if other.update_type == route.update_type then
      if is_twin(route, other) then
        return ("%s has the same"):format(other.where)
      elseif payloads and takes_all(other, payloads) then
        return ("%s takes it first (%s)"):format(other.where, other.what)
      end
    end
  end
end

--- The warnings about routes that can never match. `routes` is in the order in which they are tried; each is
--- {what, where, update_type, try}, as core.routes keeps them.
function inspect.unreachable(routes)
  local warnings, earlier = {}, {}
  for _, route in ipairs(routes) do
    local why = obstacle(route, earlier)
    if why then
      warnings[#warnings + 1] = ("%s: %s can never match: %s"):format(route.where, route.what, why)
    end
    earlier[#earlier + 1] = route
  end
  return warnings
end

return inspect

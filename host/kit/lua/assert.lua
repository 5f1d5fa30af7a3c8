-- The assertions of a spec. The names are busted's, so that a spec reads the same under either.
local wording = require "kit.wording"

local claims = {}

--- Ends the spec: what was expected and what was seen instead, both ready to be read.
local function fail(what, expected, seen, hint)
  error({ is_failure = true, what = what, expected = expected, seen = seen, hint = hint }, 0)
end

local function is_same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not is_same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

local function check(ok, what, expected, seen)
  if not ok then
    fail(what, expected, seen)
  end
end

function claims.equal(expected, seen, what) check(expected == seen, what, wording.show(expected), wording.show(seen)) end

function claims.not_equal(unwanted, seen, what)
  check(unwanted ~= seen, what, "anything but " .. wording.show(unwanted), wording.show(seen))
end

function claims.same(expected, seen, what) check(is_same(expected, seen), what, wording.show(expected), wording.show(seen)) end

function claims.not_same(unwanted, seen, what)
  check(not is_same(unwanted, seen), what, "anything but " .. wording.show(unwanted), wording.show(seen))
end

function claims.matches(pattern, seen, what)
  check(type(seen) == "string" and seen:find(pattern) ~= nil, what, "a text like " .. wording.show(pattern), wording.show(seen))
end

function claims.is_true(seen, what) check(seen == true, what, "true", wording.show(seen)) end
function claims.is_false(seen, what) check(seen == false, what, "false", wording.show(seen)) end
function claims.is_nil(seen, what) check(seen == nil, what, "nil", wording.show(seen)) end
function claims.is_not_nil(seen, what) check(seen ~= nil, what, "anything but nil", "nil") end
function claims.truthy(seen, what) check(seen, what, "anything but nil and false", wording.show(seen)) end
function claims.falsy(seen, what) check(not seen, what, "nil or false", wording.show(seen)) end

--- The function raises an error, whose text has `wanted` in it (or fits it as a pattern). Returns the text.
function claims.has_error(fn, wanted)
  local ok, message = pcall(fn)
  check(not ok, nil, "an error" .. (wanted and " with " .. wording.show(wanted) or ""), "no error")
  message = type(message) == "table" and message.is_failure and (message.what or message.expected) or tostring(message)
  check(not wanted or wording.fits(message, wanted), nil, "an error with " .. wording.show(wanted), wording.show(message))
  return message
end

local assert = setmetatable(claims, {
  __call = function(_, seen, what, ...)
    if not seen then
      fail(what or "assertion failed!", "anything but nil and false", wording.show(seen))
    end
    return seen, what, ...
  end,
})

return { assert = assert, fail = fail }

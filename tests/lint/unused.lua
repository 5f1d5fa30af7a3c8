-- Finds what a file of host/ exports though no other file there uses it: it can be static, or only tests call it and it can go.
-- Needs the objects of `make`.
local source = require "tests.lint.source"
local symbols = require "tests.lint.symbols"

-- What a test arranges though no host does: time, addresses and a want of memory.
local used = {
  main = true, clock_advance = true, clock_stall = true, clock_wait_ms = true, http_judge_addresses = true,
  memory_fail_at = true, http_keep_idle = true,
  _gnutls_global_init_skip = true, -- called by GnuTLS, see net/certificate.c
}
-- The official library's cases try these steps of the reading of a text alone.
for _, step in ipairs { "settle", "detect_mentions", "detect_commands", "detect_hashtags", "detect_cashtags" } do
  used["entity_" .. step] = true
end
for _, names in pairs(symbols.used) do
  for name in pairs(names) do used[name] = true end
end

local unused = {}
for name in pairs(symbols.owner) do
  if not used[name] then unused[#unused + 1] = name end
end
table.sort(unused, function(a, b)
  local first, second = symbols.owner[a], symbols.owner[b]
  return first < second or first == second and a < b
end)

local function line_of(path, name)
  for number, line in ipairs(source.lines(source.code(source.read(path)))) do
    if line:match("^[%a_].*%f[%w_]" .. name .. "%f[^%w_]") then return number end
  end
  return 1
end

local files = source.files
for _, name in ipairs(unused) do
  local path = symbols.owner[name]
  source.complain(path, line_of(path, name), "%s is used nowhere else in host/", name)
end
source.files = files

source.finish()

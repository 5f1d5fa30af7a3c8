-- hash, by the vectors of its standards; and data of Mini Apps, as the sandbox signs them.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local function returns(expected, lua)
  anna:says('local hash, telegram = require "hash", require "telegram" ' .. lua)
  local seen = anna:saw()
  assert.equal(expected, seen[#seen])
end

describe("hash", function()
  it("makes the digests of FIPS 180", function()
    returns("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 'return hash.hex(hash.sha256 "abc")')
    returns("ddaf35a193617aba", 'return hash.hex(hash.sha512 "abc"):sub(1, 16)')
    returns("64", 'return #hash.sha512 ""')
  end)

  it("signs as RFC 4231 does, with a key of any size", function()
    returns("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      'return hash.hex(hash.hmac("Jefe", "what do ya want for nothing?"))')
    returns("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      'return hash.hex(hash.hmac(("\\xaa"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First"))')
  end)

  it("reads and writes base64 of either kind", function()
    returns("Zm9vYg==", 'return hash.base64 "foob"')
    returns("_-8", 'return hash.base64url "\\xff\\xef"')
    returns("foob foob true", 'return hash.from_base64 "Zm9vYg==" .. " " .. hash.from_base64 "Zm9v\\nYg" .. " " .. '
      .. 'tostring(hash.from_base64 "_-8" == hash.from_base64 "/+8=")')
    returns("nil nil", 'return tostring(hash.from_base64 "Zm9v!") .. " " .. tostring(hash.from_base64 "Zg=")')
  end)

  it("reads and writes hexadecimal digits", function()
    returns("00ff", 'return hash.hex "\\0\\xff"')
    returns("true nil nil", 'return tostring(hash.from_hex "00FF" == "\\0\\xff") .. " " .. tostring(hash.from_hex "0g") .. " "'
      .. ' .. tostring(hash.from_hex "abc")')
  end)

  it("makes bytes that are never the same, and says how many it gives", function()
    returns("32 false", 'return #hash.random(32) .. " " .. tostring(hash.random(16) == hash.random(16))')
    returns("false", 'return tostring((pcall(hash.random, -1)))')
    returns("false", 'return tostring((pcall(hash.random, 1 << 20)))')
  end)

  it("compares", function()
    returns("true false false", 'return ("%s %s %s"):format(hash.is_equal("a", "a"), hash.is_equal("a", "b"), '
      .. 'hash.is_equal("a", "aa"))')
  end)
end)

describe("telegram.check_init_data", function()
  -- As Telegram's documentation says, with the token that specs have.
  local SIGN = [[
    local token = "123456789:a-token-for-specs-and-nobody-else"
    local function signed(lines, text)
      local key = hash.hmac("WebAppData", token)
      return text .. "&hash=" .. hash.hex(hash.hmac(key, lines))
    end
    local now = os.time()
    local user = '{"id":7,"first_name":"Анна & Co"}'
    local lines = "auth_date=" .. now .. "\nquery_id=AA\nuser=" .. user
    local escaped = user:gsub("[^%w]", function(byte) return ("%%%02X"):format(byte:byte()) end)
    local text = signed(lines, "query_id=AA&user=" .. escaped .. "&auth_date=" .. now)
  ]]

  it("gives what Telegram has signed", function()
    returns("7 Анна & Co AA true", SIGN .. [[
      local data = assert(telegram.check_init_data(text))
      return ("%d %s %s %s"):format(data.user.id, data.user.first_name, data.query_id, data.auth_date == now)]])
  end)

  it("refuses what was changed, and what has no hash", function()
    returns("Telegram has not signed it for this bot", SIGN ..
      'return select(2, telegram.check_init_data((text:gsub("query_id=AA", "query_id=AB"))))')
    returns("Telegram has not signed it for this bot", SIGN ..
      'return select(2, telegram.check_init_data((text:gsub("hash=.*", "hash=00"))))')
    returns("there is no hash in it", 'return select(2, telegram.check_init_data "user=1")')
  end)

  it("refuses what is too old", function()
    returns("it is too old", SIGN .. 'return select(2, telegram.check_init_data(text, { age = -1 }))')
    returns("it is too old", SIGN .. [[
      now = now - 90000
      return select(2, telegram.check_init_data(signed("auth_date=" .. now, "auth_date=" .. now)))]])
  end)
end)

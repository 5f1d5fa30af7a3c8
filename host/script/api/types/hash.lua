---@meta hash
-- The module hash: digests, signatures, and bytes as text. Digests are bytes: hash.hex(hash.sha256(text)) is the usual text.

---@class hash
local hash = {}

--- The SHA-256 digest.
---@param bytes string
---@return string digest 32 bytes
function hash.sha256(bytes) end

--- The SHA-512 digest.
---@param bytes string
---@return string digest 64 bytes
function hash.sha512(bytes) end

--- The signature HMAC-SHA256, by which services prove that a request is theirs. Compare it with hash.is_equal.
---@param key string
---@param bytes string
---@return string signature 32 bytes
function hash.hmac(key, bytes) end

--- Random bytes that nobody can guess: for keys, codes and links.
---@param count integer at most 65,536
---@return string bytes
function hash.random(count) end

--- Compares two texts in a time that does not tell where they differ, as a signature should be compared.
---@param one string
---@param other string
---@return boolean is_equal
function hash.is_equal(one, other) end

--- Bytes as hexadecimal digits.
---@param bytes string
---@return string text
function hash.hex(bytes) end

--- The bytes of hexadecimal digits. Returns nil if the text is none.
---@param text string
---@return string? bytes
function hash.from_hex(text) end

--- Bytes as base64.
---@param bytes string
---@return string text
function hash.base64(bytes) end

--- Bytes as base64 for links and file names: with - and _, without = at the end.
---@param bytes string
---@return string text
function hash.base64url(bytes) end

--- The bytes of base64 of either kind. Returns nil if the text is none.
---@param text string
---@return string? bytes
function hash.from_base64(text) end

return hash

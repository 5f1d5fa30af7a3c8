---@meta http
-- The module http: other services. A request waits, like any call, and so ends the segment.

---@class http
local http = {}

--- Any status is an answer: a 404 is one too. Redirects have been followed.
---@class http.Answer
---@field status integer
---@field body string
---@field content_type string "" without

---@class http.Options
---@field headers? table<string, string|number>
---@field timeout? number seconds, of the whole request; without: 10
---@field limit? integer bytes that the answer may have; without: 1 MiB
---@field content_type? string of the body; without: application/json for a table, a form for a text

--- Addresses that are not public are refused, unless the host runs with --allow-private-http.
---@param url string http:// or https://
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err nothing is asked again by itself; kind "uncertain" may have reached the service
function http.get(url, options) end

--- A table is sent as JSON, a text as it is.
---@param url string http:// or https://
---@param body string|table
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err nothing is asked again by itself; kind "uncertain" may have reached the service
function http.post(url, body, options) end

return http

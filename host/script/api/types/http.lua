---@meta http
-- The module http: requests to other services. A request waits, like a call of Telegram, and so it ends the segment.

---@class http
local http = {}

--- The answer of a service. Any status is an answer, also 404. Redirects have been followed.
---@class http.Answer
---@field status integer
---@field body string
---@field content_type string "" if the service named none

---@class http.Options
---@field headers? table<string, string|number>
---@field timeout? number seconds for the whole request; without: 10
---@field limit? integer the most bytes of the answer; without: 1 MiB; at most 64 MiB
---@field content_type? string the type of the body; without: application/json for a table, a form for a text
---@field quiet? boolean true: a failure is no warning, though nobody looks at its error

--- Sends a GET request. Addresses that are not public are refused, unless the host runs with --allow-private-http.
---@param url string http:// or https://
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err no request is repeated; kind "uncertain": it may have reached the service. Unread, it is a warning
function http.get(url, options) end

--- Sends a POST request. A table is sent as JSON, a text as it is.
---@param url string http:// or https://
---@param body string|table
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err no request is repeated; kind "uncertain": it may have reached the service. Unread, it is a warning
function http.post(url, body, options) end

return http

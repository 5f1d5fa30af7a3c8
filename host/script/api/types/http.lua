---@meta http
-- The module http: requests to other services. A request waits, like a call of Telegram, and so it ends the segment.
-- Addresses that are not public are refused, unless the host runs with --allow-private-http. The proxy that the environment
-- names (HTTPS_PROXY, http_proxy, ALL_PROXY, NO_PROXY) is used, and the log says so; then the proxy decides what a name leads to.

---@class http
local http = {}

--- The answer of a service. Any status is an answer, also 404. Redirects of GET, HEAD and POST have been followed.
---@class http.Answer
---@field status integer
---@field body string
---@field headers table<string, string> the names in lower case
---@field content_type string "" if the service named none
---@field json any with the option json: the decoded body

---@class http.Options
---@field headers? table<string, string|number>
---@field timeout? number seconds for the whole request; without: 10; for a stream: 120
---@field limit? integer the most bytes of the answer; without: 1 MiB; at most 64 MiB
---@field content_type? string the type of the body; without: application/json for a table, a form for a text
---@field quiet? boolean true: a failure is no warning, though nobody looks at its error
---@field json? boolean true: the answer is JSON, and decoded. A success that is none is an error
---@field retries? integer up to 5: how often a request is repeated that has failed and may be repeated, after 1, 2, 4 seconds, or as long as the service asks for. Only GET, HEAD, PUT and DELETE are repeated if they may have arrived

---@class http.RequestOptions: http.Options
---@field method? string without: POST if there is a body, or else GET
---@field body? string|table|http.Multipart

--- A body with files, made by http.multipart.
---@class http.Multipart: table

--- Sends a GET request.
---@param url string http:// or https://
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err with kind "uncertain" the request may have reached the service
function http.get(url, options) end

--- Sends a HEAD request: an answer without a body.
---@param url string
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err
function http.head(url, options) end

--- Sends a DELETE request.
---@param url string
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err
function http.delete(url, options) end

--- Sends a POST request. A table is sent as JSON, a text as it is, as a form unless content_type says
--- otherwise.
---@param url string
---@param body string|table|http.Multipart
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err
function http.post(url, body, options) end

--- Sends a PUT request. The body is as of http.post.
---@param url string
---@param body string|table|http.Multipart
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err
function http.put(url, body, options) end

--- Sends a PATCH request. The body is as of http.post.
---@param url string
---@param body string|table|http.Multipart
---@param options? http.Options
---@return http.Answer? answer
---@return telegram.Error? err
function http.patch(url, body, options) end

--- Sends a request of any method.
---@param url string
---@param options? http.RequestOptions
---@return http.Answer? answer
---@return telegram.Error? err
function http.request(url, options) end

--- An answer that is read while it comes. It ends with its handler at the latest. Waiting for it does not count for the handler's
--- deadline.
---@class http.Stream
---@field status integer
---@field headers table<string, string>
---@field content_type string
---@field error? telegram.Error what has ended the answer early
---@field chunks fun(self: http.Stream): fun(): string? for chunk in stream:chunks() do: in pieces, as they come
---@field lines fun(self: http.Stream): fun(): string? line by line, without line ends
---@field events fun(self: http.Stream): fun(): string?, string? the data and name of each server-sent event
---@field close fun(self: http.Stream) ends it; leaving the loop does, too

--- Sends a request whose answer is read piece by piece: for data in stream:events() do ... end
---@param url string
---@param options? http.RequestOptions
---@return http.Stream? stream when the answer has begun
---@return telegram.Error? err
function http.stream(url, options) end

--- Makes an address: http.url{ "https://example.org/find", q = "Нижний Новгород", page = 2 }. Further items of the list are parts
--- of its path.
---@param parts table
---@return string url
function http.url(parts) end

--- Makes the body of a form (application/x-www-form-urlencoded). A list is its name as often as it has values.
---@param fields table<string, any>
---@return string body
function http.form(fields) end

--- Makes a body with files (multipart/form-data): http.multipart{ model = "small", file = telegram.bytes(data, "a.ogg") }
---@param fields table<string, any>
---@return http.Multipart body
function http.multipart(fields) end

return http

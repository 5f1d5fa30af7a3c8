---@meta telegram
-- The module telegram: what it has beside the Bot API's methods, which are in telegram_methods.lua.

---@class telegram
local telegram = {}

-- refused: Telegram said no, see code; network: it was not done; uncertain: it may have been done.
---@alias telegram.ErrorKind "refused"|"network"|"uncertain"|"input"|"misuse"|"full"|"memory"|"system"|"canceled"

--- Why a call failed. tostring(err) is its text.
---@class telegram.Error
---@field text string what failed, for the log: "sendMessage: Bad Request: chat not found"
---@field kind telegram.ErrorKind
---@field description string Telegram's own words, or the text
---@field code? integer Telegram's error_code
---@field retry_after? integer seconds
---@field migrate_to_chat_id? integer the group's id from now on

--- A file to upload, wherever a method or one of its tables takes one.
---@class telegram.InputFile: userdata

--- A file on the host's disk.
---@param path string
---@param name? string what Telegram calls it; without: the end of the path
---@return telegram.InputFile
function telegram.file(path, name) end

--- A file that the script has made.
---@param data string
---@param name string what Telegram calls it
---@return telegram.InputFile
function telegram.bytes(data, name) end

--- Fetches a file, of 20 MB at most. Waits, like any call.
---@param file_id string
---@return string? data
---@return telegram.Error? err
function telegram.download(file_id) end

--- Cuts a text into parts that fit into a message, where a reader would pause.
---@param text string
---@param length? integer the most characters of a part; without: 4096
---@return string[] parts
function telegram.split(text, length) end

--- The text as parse_mode = "HTML" shows it unchanged.
---@param text string
---@return string escaped
function telegram.escape_html(text) end

--- The text as parse_mode = "MarkdownV2" shows it unchanged.
---@param text string
---@return string escaped
function telegram.escape_markdown(text) end

--- The same as broadcast.start: one message to many chats.
---@param parameters broadcast.Message|table
---@return integer id for broadcast.status(id)
function telegram.broadcast(parameters) end

return telegram

---@meta telegram
-- The module telegram: functions beside the methods of the Bot API. Those methods are in telegram_methods.lua.

---@class telegram
---@field try telegram the methods of the Bot API once more, each of them quiet
local telegram = {}

--- refused: Telegram said no, see code; network: it was not done; uncertain: it may have been done; input: what came is malformed;
--- misuse: the call was wrong; full: it is more than is allowed; memory, system: the machine failed; canceled: a stop or a deadline
--- came first.
---@alias telegram.ErrorKind "refused"|"network"|"uncertain"|"input"|"misuse"|"full"|"memory"|"system"|"canceled"

--- The error of a call. tostring(err) is its text. An error that the script does not look at, by a field, by tostring or by pairs,
--- is a warning in the log when the handler ends, with the method, the chat, Telegram's words and the script's line. That the
--- result is nil tells nobody why: `if not sent then` does not count as a look at the error.
---@class telegram.Error
---@field text string what failed, for the log: "sendMessage: Bad Request: chat not found"
---@field kind telegram.ErrorKind
---@field description string Telegram's description, or the text
---@field code? integer Telegram's error_code
---@field retry_after? integer seconds to wait
---@field migrate_to_chat_id? integer the new id of the group

--- A file to upload, for any parameter that takes a file.
---@class telegram.InputFile: userdata

--- Makes a file to upload from one on the host's disk: in a directory of the scripts, or below the one of --allow-files.
---@param path string relative to the directory of the script; or else, if there is no such file, to the host's working directory
---@param name? string its name at Telegram; without: the last part of the path
---@return telegram.InputFile
function telegram.file(path, name) end

--- Makes a file to upload from a text.
---@param data string
---@param name string its name at Telegram
---@return telegram.InputFile
function telegram.bytes(data, name) end

--- The second argument of each method of the Bot API, after its parameters.
---@class telegram.Options
---@field timeout? number seconds without a byte that moves, after which the call ends; 30, 120 for the answer to an upload
---@field quiet? boolean true: a failure is no warning, though nobody looks at its error. The same: telegram.try.delete_message{...}

--- Downloads a file of at most 20 MB. Waits, like any call.
---@param file_id string
---@param options? telegram.Options
---@return string? data
---@return telegram.Error? err
function telegram.download(file_id, options) end

--- Cuts a text into parts that fit into a message. It cuts between paragraphs, lines, sentences or words if it can.
---@param text string
---@param length? integer the most characters of a part; without: 4,096
---@return string[] parts
function telegram.split(text, length) end

--- Escapes a text for parse_mode = "HTML".
---@param text string
---@return string escaped
function telegram.escape_html(text) end

--- Escapes a text for parse_mode = "MarkdownV2".
---@param text string
---@return string escaped
function telegram.escape_markdown(text) end

--- The data of a Mini App, as Telegram gives them to its page.
---@class telegram.InitData
---@field user? telegram.User
---@field chat? telegram.Chat
---@field receiver? telegram.User
---@field auth_date integer seconds since 1970
---@field query_id? string for telegram.answer_web_app_query
---@field start_param? string

--- Checks the data that a Mini App's page has sent (Telegram.WebApp.initData): whether Telegram has signed them for this bot, and
--- whether they are young enough. Returns nil and the reason if they are not to be trusted.
---@param text string
---@param options? { age: number } age: seconds; without: a day
---@return telegram.InitData? data
---@return string? reason
function telegram.check_init_data(text, options) end

--- Sends one message to many chats. The same as broadcast.start.
---@param parameters broadcast.Message|table
---@return integer id for broadcast.status(id)
function telegram.broadcast(parameters) end

return telegram

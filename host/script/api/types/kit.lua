---@meta _
-- What a spec of `lunokhod test` can use: people, the clock, the bot, other services, and describe and it as in busted.

--- Groups specs under a name.
---@param name string
---@param body fun()
function describe(name, body) end

--- One spec. It begins with an empty Telegram, an empty database and a new host.
---@param name string
---@param body fun()
function it(name, body) end

--- Stands in the place of an `it` that is still to be written.
---@param name string
function pending(name) end

--- Runs before each `it`.
---@param body fun()
function before_each(body) end

--- Runs after each `it`, also after one that has failed.
---@param body fun()
function after_each(body) end

--- Names the scripts under test, for the spec or the describe. Without it they come from the command line. Paths are relative
--- to the spec's file.
---@param ... string files or directories
function scripts(...) end

---@class kit.Telegram
telegram = {}

---@class kit.Person
---@field id? integer without: 1001, 1002, ...
---@field first_name string
---@field last_name? string
---@field username? string
---@field language_code? string

--- Creates a person with a private chat, by the first name or by a table. An id that somebody has already is an error.
---@param who string|kit.Person
---@return kit.Chat person
function telegram:person(who) end

---@class kit.Group
---@field title string
---@field id? integer below 0; without: one that nobody has
---@field username? string
---@field description? string

--- Creates a group. The bot is in it.
---@param title string|kit.Group
---@param members? kit.Chat[]
---@return kit.Chat group
function telegram:group(title, members) end

--- Creates a supergroup. The bot is in it.
---@param title string|kit.Group
---@param members? kit.Chat[]
---@return kit.Chat group
function telegram:supergroup(title, members) end

--- Creates a supergroup with topics: see Chat:opens_topic and Chat:topic.
---@param title string|kit.Group
---@param members? kit.Chat[]
---@return kit.Chat forum
function telegram:forum(title, members) end

--- Creates a channel. The bot is in it.
---@param title string|kit.Group
---@return kit.Chat channel
function telegram:channel(title) end

---@alias kit.FaultKind "400"|"401"|"403"|"409"|"429"|"500"|"delay"|"drop_before"|"drop_after"|"truncate"|"garbage"|"empty"|"late"|"never"|"hold"

---@class kit.Fault
---@field kind kit.FaultKind
---@field method? string without: every method
---@field chat_id? integer
---@field times? integer how many calls; without: 1; -1: all until telegram:heal()
---@field after? integer how many calls pass first
---@field ms? integer milliseconds of a delay
---@field retry_after? integer seconds of a 429
---@field status? integer of garbage and empty: the HTTP status

--- Makes calls of the bot fail from now on.
---@param fault kit.Fault
function telegram:fault(fault) end

--- Ends all faults.
function telegram:heal() end

--- Sets what a method answers from now on, instead of having its effect: for methods that the local Telegram does not have.
---@param method string in either spelling
---@param answer? any the result, or { error_code = 400, description = "..." }; without: the method is as before
function telegram:answers(method, answer) end

--- Lets the calls go that a fault of the kind "hold" holds.
---@param how? "apply"|"drop" they have their effect, or none; without: "apply"
function telegram:let_go(how) end

---@class kit.Request
---@field method string
---@field parameters table<string, string> each as text; tables as JSON
---@field answer table
---@field status integer
---@field started_at integer milliseconds since 1970

--- Returns the calls that the bot has made, oldest first.
---@param method? string only calls of this method
---@return kit.Request[] requests
function telegram:requests(method) end

--- Sends any update to the bot.
---@param update table { poll_answer = { ... } }
function telegram:update(update) end

--- Returns the bytes of a file.
---@param file_id string
---@return string bytes
function telegram:file(file_id) end

--- A person's private chat, a group or a channel. What people do there reaches the bot when the spec looks at something, sets
--- the clock or arranges something.
---@class kit.Chat
---@field id integer
---@field name string
local Chat = {}

--- Writes a text, in the private chat or in a group.
---@param words string
---@param group? kit.Chat
---@return telegram.Message message
function Chat:says(words, group) end

--- Sends a message of another kind: { sticker = {} }, { document = { name = "a.csv", bytes = "..." }, caption = "..." }, and so every
--- kind of file; { text = "...", reply_to_message_id = 3, message_thread_id = 5 }. A field that the local Telegram does not know
--- is an error.
---@param message table
---@param group? kit.Chat
---@return telegram.Message message
function Chat:sends(message, group) end

--- Sends several photos or files at once, as one album.
---@param messages table[] { { photo = { bytes = "..." }, caption = "..." }, ... }
---@param group? kit.Chat
---@return telegram.Message[] messages
function Chat:sends_album(messages, group) end

--- Changes a text that this person has written.
---@param message telegram.Message
---@param words string
---@param group? kit.Chat
---@return telegram.Message message
function Chat:edits(message, words, group) end

--- Presses a button by its label: of the reply keyboard, or else under the newest message that has it. A button that asks for the
--- contact or the location shares it.
---@param label string
---@param group? kit.Chat
function Chat:press(label, group) end

--- Returns the answer to the inline button that was pressed last: "" if it has no text, nil if there is none yet.
---@return string? words
---@return table? answer
function Chat:popup() end

--- Asks in inline mode. Returns the results.
---@param words string
---@return table[] results
function Chat:asks(words) end

--- Chooses one of the results of asks(). Its message is written in the private chat, or in a group.
---@param result table
---@param group? kit.Chat
function Chat:chooses(result, group) end

--- Votes in a poll, for options by their texts. Without options, takes the vote back.
---@param message telegram.Message
---@param ... string
function Chat:votes(message, ...) end

--- Turns a group into a supergroup, which has a new id and is returned.
---@return kit.Chat supergroup
function Chat:migrates() end

--- Pays an invoice, or opens paid media.
---@param message telegram.Message
---@return boolean is_paid
---@return string? reason by which the bot has declined
function Chat:pays(message) end

--- Joins a group, a supergroup or a channel, or by an invite link. Where the link says so, this is only a request.
---@param where kit.Chat|string
---@param bio? string what the bot gets with a request
function Chat:joins(where, bio) end

--- Leaves a group.
---@param group kit.Chat
function Chat:leaves(group) end

--- Changes what a person is in this group, as its owner does.
---@param person kit.Chat|kit.Bot
---@param status "creator"|"administrator"|"member"|"restricted"|"left"|"kicked"
---@param rights? table of an administrator, or what a restricted member may do
function Chat:makes(person, status, rights) end

--- Reacts to a message; without an emoji, takes the reaction back.
---@param message telegram.Message
---@param ... string
function Chat:reacts(message, ...) end

--- Forwards a message of any chat, to the private chat with the bot or to a group.
---@param message telegram.Message
---@param group? kit.Chat
---@return telegram.Message forwarded
function Chat:forwards(message, group) end

--- Shares the own contact.
---@param phone? string
---@param group? kit.Chat
---@return telegram.Message message
function Chat:shares_contact(phone, group) end

--- Opens a topic in a forum, and returns it: a chat in which people write, and which shows what the bot writes there.
---@param forum kit.Chat
---@param name string
---@return kit.Chat topic
function Chat:opens_topic(forum, name) end

--- Returns a topic of this forum.
---@param message_thread_id integer
---@return kit.Chat topic
function Chat:topic(message_thread_id) end

--- Lets the bot into this person's own chats, by a business connection.
---@param rights? telegram.BusinessBotRights without: all that concern messages
---@return string business_connection_id
function Chat:connects(rights) end

--- Ends the business connection.
function Chat:disconnects() end

--- Returns this person's own chat with somebody, where both may write. It shows what the bot writes in this person's name.
---@param person kit.Chat
---@return kit.Chat chat
function Chat:chat_with(person) end

--- Sends data to the bot as a Web App does that was opened by a button of the reply keyboard.
---@param data string
---@param label? string what stands on the button
function Chat:sends_data(data, label) end

--- Blocks the bot.
function Chat:blocks() end

--- Unblocks the bot.
function Chat:unblocks() end

---@class kit.Pattern
---@field pattern string

--- Returns the bot's next new message or edit that has the text, or matches the pattern of { pattern = "^%d+$" }. Fails if there
--- is none. What came before it counts as seen.
---@param wanted string|kit.Pattern
---@return telegram.Message message
function Chat:sees(wanted) end

--- Fails if there is a new message or edit.
function Chat:sees_nothing() end

--- Returns the texts of all messages of the bot, as they are now.
---@return string[] texts
function Chat:saw() end

--- Returns all messages of the bot, as they are now, oldest first.
---@return telegram.Message[] messages
function Chat:messages() end

--- Returns the newest message of the bot.
---@return telegram.Message? message
function Chat:last() end

--- Returns the reply keyboard that the chat shows, as rows of labels.
---@return string[][]? rows
---@return telegram.ReplyKeyboardMarkup? markup
function Chat:keyboard() end

---@class kit.File
---@field name? string photos have none
---@field bytes string
---@field caption? string
---@field message telegram.Message

--- Returns the newest file of any kind that the bot has sent here.
---@return kit.File? file
function Chat:file() end

---@class kit.Clock
clock = {}

--- Lets time pass. Each thing that falls due happens at its own time.
---@param time string|number "1d", "2h30m", "45s", "500ms", or seconds
---@return kit.Clock self
function clock:advance(time) end

--- Sets the machine's clock forward or back, as a person would. No time passes.
---@param time string|number "1h", "-1h", or seconds
---@return kit.Clock self
function clock:jump(time) end

--- Chooses the time zone of the machine, which os.date and bot.daily use. It is UTC in the beginning of each `it`.
---@param name string "Europe/Berlin", "+05:30", "UTC"
---@return kit.Clock self
function clock:zone(name) end

--- Sets the machine's clock to a time of its zone. No time passes.
---@param time string|number "2024-03-31 01:59", or seconds since 1970
---@return kit.Clock self
function clock:set(time) end

--- Returns the time.
---@return integer seconds since 1970
function clock:now() end

---@class kit.Bot
---@field id integer for group:makes(bot, "administrator")
bot = {}

--- Loads the scripts again. Raises an error if they do not load.
---@return kit.Bot self
function bot:reload() end

--- Crashes the host and starts it again with what a backup of this moment would hold.
---@return kit.Bot self
function bot:restart() end

--- Stops the host gracefully.
---@return kit.Bot self
function bot:stop() end

--- Starts the host.
---@return kit.Bot self
function bot:start() end

--- Names the admin, in whose chat the backups are. From then on bot:restart() begins with the last backup that was made. Call
--- it before the bot starts.
---@param person kit.Chat
---@return kit.Bot self
function bot:admin(person) end

--- Returns the log lines that have the text or match the pattern. A failure of the bot that a spec looks for does not fail the
--- spec.
---@param pattern? string
---@return string[] lines
function bot:log(pattern) end

---@class kit.HttpAnswer
---@field status? integer without: 200
---@field body? string|table a table is sent as JSON
---@field content_type? string
---@field headers? table<string, string>
---@field chunks? string[] in the place of body: the pieces in which a stream gets it
---@field unreachable? boolean

--- Other services, for the bot's module http. A spec has no network.
---@class kit.Http
http = {}

--- Sets the answer of a service, for all addresses that begin with this one. Several answers are given in a row; the last is
--- given again and again.
---@param address string
---@param ... string|table|kit.HttpAnswer a text, a table that is sent as JSON, or a kit.HttpAnswer
---@return kit.Http self
function http:answers(address, ...) end

---@class kit.HttpRequest
---@field method string
---@field url string
---@field headers table<string, string> the names in lower case
---@field body? string
---@field parts? { name: string, file_name: string, path: string, body: string }[] of an http.multipart

--- Returns the requests that the bot has sent, oldest first.
---@return kit.HttpRequest[] requests
function http:requests() end

--- The assertions, as in busted.
---@class kit.Assert
---@overload fun(seen: any, what?: any, ...): any
assert = {}

---@param expected any
---@param seen any
---@param what? string
function assert.equal(expected, seen, what) end

---@param unwanted any
---@param seen any
---@param what? string
function assert.not_equal(unwanted, seen, what) end

--- Compares tables by their contents.
---@param expected any
---@param seen any
---@param what? string
function assert.same(expected, seen, what) end

---@param unwanted any
---@param seen any
---@param what? string
function assert.not_same(unwanted, seen, what) end

---@param pattern string
---@param seen any
---@param what? string
function assert.matches(pattern, seen, what) end

---@param seen any
---@param what? string
function assert.is_true(seen, what) end

---@param seen any
---@param what? string
function assert.is_false(seen, what) end

---@param seen any
---@param what? string
function assert.is_nil(seen, what) end

---@param seen any
---@param what? string
function assert.is_not_nil(seen, what) end

---@param seen any
---@param what? string
function assert.truthy(seen, what) end

---@param seen any
---@param what? string
function assert.falsy(seen, what) end

---@param body fun()
---@param wanted? string a text or a pattern
---@return string message
function assert.has_error(body, wanted) end

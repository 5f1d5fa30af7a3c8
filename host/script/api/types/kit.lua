---@meta _
-- What a spec sees (lunokhod test): people, the clock, the bot, and busted's describe and it.

---@param name string
---@param body fun()
function describe(name, body) end

---@param name string
---@param body fun()
function it(name, body) end

--- In the place of `it`: what is still to be written.
---@param name string
function pending(name) end

---@param body fun()
function before_each(body) end

--- Also after an `it` that has failed.
---@param body fun()
function after_each(body) end

--- What this spec, or this describe, is about, instead of what the command line names. Paths are relative to the spec's file.
---@param ... string files, or directories of them
function scripts(...) end

---@class kit.Telegram
telegram = {}

---@class kit.Person
---@field id? integer without: 1001, 1002, ...
---@field first_name string
---@field last_name? string
---@field username? string
---@field language_code? string

--- A person with a chat of their own, by the name or with more.
---@param who string|kit.Person
---@return kit.Chat person
function telegram:person(who) end

---@param title string
---@param members? kit.Chat[]
---@return kit.Chat group
function telegram:group(title, members) end

---@param title string
---@param members? kit.Chat[]
---@return kit.Chat group
function telegram:supergroup(title, members) end

--- A supergroup with topics: people write there with { text = "...", message_thread_id = 3 }.
---@param title string
---@param members? kit.Chat[]
---@return kit.Chat forum
function telegram:forum(title, members) end

---@param title string
---@return kit.Chat channel
function telegram:channel(title) end

---@alias kit.FaultKind "400"|"401"|"403"|"409"|"429"|"500"|"delay"|"drop_before"|"drop_after"|"truncate"|"garbage"|"empty"

---@class kit.Fault
---@field kind kit.FaultKind
---@field method? string without: every method
---@field chat_id? integer
---@field times? integer without: 1; -1: until telegram:heal()
---@field after? integer so many calls go free first
---@field ms? integer of a delay
---@field retry_after? integer seconds, of a 429

--- What goes wrong from now on.
---@param fault kit.Fault
function telegram:fault(fault) end

--- Nothing goes wrong any more.
function telegram:heal() end

---@class kit.Request
---@field method string
---@field parameters table<string, string> texts; tables as JSON
---@field answer table
---@field status integer
---@field started_at integer milliseconds since 1970

--- The calls that the bot has made, oldest first.
---@param method? string only of this one
---@return kit.Request[] requests
function telegram:requests(method) end

--- Any update, as Telegram would send it.
---@param update table { poll_answer = { ... } }
function telegram:update(update) end

--- The bytes of a file that anybody has sent.
---@param file_id string
---@return string bytes
function telegram:file(file_id) end

--- A person's own chat, a group or a channel. What is done in it waits until somebody looks; what looks lets the bot work first.
---@class kit.Chat
---@field id integer
---@field name string
local Chat = {}

--- Writes a text, here or in a group.
---@param words string
---@param group? kit.Chat
---@return telegram.Message message
function Chat:says(words, group) end

--- Sends a message of another kind: { sticker = {} }, { document = { name = "a.csv", bytes = "..." }, caption = "..." }, and so every
--- kind of file.
---@param message table
---@param group? kit.Chat
---@return telegram.Message message
function Chat:sends(message, group) end

--- Sends several photos or files at once, as one album.
---@param messages table[] { { photo = { bytes = "..." }, caption = "..." }, ... }
---@param group? kit.Chat
---@return telegram.Message[] messages
function Chat:sends_album(messages, group) end

--- Changes a text that was written here.
---@param message telegram.Message
---@param words string
---@param group? kit.Chat
---@return telegram.Message message
function Chat:edits(message, words, group) end

--- Presses a button by what stands on it: of the reply keyboard, else under the newest message that has it.
---@param label string
---@param group? kit.Chat
function Chat:press(label, group) end

--- What the bot has answered to the inline button that was pressed last: "" without a text; nil: nothing yet.
---@return string? words
---@return table? answer
function Chat:popup() end

--- Asks in inline mode.
---@param words string
---@return table[] results
function Chat:asks(words) end

--- Chooses one of the results that asks() has returned; what it stands for is written here, or in a group.
---@param result table
---@param group? kit.Chat
function Chat:chooses(result, group) end

--- Votes in a poll, for options by their texts; without any, takes the vote back.
---@param message telegram.Message
---@param ... string
function Chat:votes(message, ...) end

--- A group becomes a supergroup: the chat that goes on, under a new id.
---@return kit.Chat supergroup
function Chat:migrates() end

--- Pays an invoice, or opens paid media.
---@param message telegram.Message
---@return boolean is_paid
---@return string? reason by which the bot has declined
function Chat:pays(message) end

--- Comes into a group, a supergroup or a channel, or by an invite link. Where the link says so, this is only a request.
---@param where kit.Chat|string
function Chat:joins(where) end

---@param group kit.Chat
function Chat:leaves(group) end

--- The owner of this group makes somebody what the status says.
---@param person kit.Chat
---@param status "creator"|"administrator"|"member"|"restricted"|"left"|"kicked"
---@param rights? table of an administrator, or what a restricted member may do
function Chat:makes(person, status, rights) end

--- Reacts to a message; without an emoji, takes the reaction back.
---@param message telegram.Message
---@param ... string
function Chat:reacts(message, ...) end

--- What a Web App sends back that was opened by a button of the reply keyboard.
---@param data string
---@param label? string what stands on the button
function Chat:sends_data(data, label) end

function Chat:blocks() end
function Chat:unblocks() end

--- The bot's next new message or edit with this text, or that fits the pattern; what comes before it counts as seen, too.
---@param wanted string
---@return telegram.Message message
function Chat:sees(wanted) end

--- Nothing is new.
function Chat:sees_nothing() end

--- The texts of all the bot's messages, as they stand now.
---@return string[] texts
function Chat:saw() end

--- All the bot's messages, as they stand now, oldest first.
---@return telegram.Message[] messages
function Chat:messages() end

---@return telegram.Message? message
function Chat:last() end

--- The reply keyboard that the chat shows.
---@return string[][]? rows
---@return telegram.ReplyKeyboardMarkup? markup
function Chat:keyboard() end

---@class kit.File
---@field name? string not of a photo
---@field bytes string
---@field caption? string
---@field message telegram.Message

--- The newest file of any kind that the bot has sent here.
---@return kit.File? file
function Chat:file() end

---@class kit.Clock
clock = {}

--- Goes forward; what falls due on the way happens at its own time.
---@param time string|number "1d", "2h30m", "45s", "500ms", or seconds
---@return kit.Clock self
function clock:advance(time) end

--- Somebody sets the machine's clock, forward or back. No time passes by it, and nothing falls due at once.
---@param time string|number "1h", "-1h", or seconds
---@return kit.Clock self
function clock:jump(time) end

---@return integer seconds since 1970
function clock:now() end

---@class kit.Bot
bot = {}

--- Loads the scripts anew. Raises what is wrong with them.
---@return kit.Bot self
function bot:reload() end

--- Ends as in a crash and starts again, with what a backup of this moment would hold.
---@return kit.Bot self
function bot:restart() end

---@return kit.Bot self
function bot:stop() end

---@return kit.Bot self
function bot:start() end

--- The person in whose chat the host keeps its backups. From now on a restart is a power cut: the host begins with the last backup.
---@param person kit.Chat
---@return kit.Bot self
function bot:admin(person) end

--- The log lines that have the text, or fit the pattern. A failure of the bot that is looked for does not fail the spec.
---@param pattern? string
---@return string[] lines
function bot:log(pattern) end

---@class kit.HttpAnswer
---@field status? integer without: 200
---@field body? string|table a table goes as JSON
---@field content_type? string
---@field unreachable? boolean

--- Other services, as the bot's module http finds them. There is no network in a spec.
---@class kit.Http
http = {}

--- What a service answers from now on, to all addresses that begin so.
---@param address string
---@param answer string|table|kit.HttpAnswer a text, a table that goes as JSON, or more
---@return kit.Http self
function http:answers(address, answer) end

---@class kit.HttpRequest
---@field method "GET"|"POST"
---@field url string
---@field body? string

---@return kit.HttpRequest[] requests what the bot has asked, oldest first
function http:requests() end

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

--- Equal, table by table.
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

---@meta fsm
-- The module fsm: dialogues for those who think in states. A state belongs to a person in a chat and stays until it is changed;
-- commands pass by it. Somebody is either in a state or in a dialogue of message:ask.

---@class fsm
local fsm = {}

--- Gets every message, but commands, of who is in that state.
---@param name string
---@param handler fun(message: telegram.Message, data: any)
function fsm.state(name, handler) end

--- Who has written the message, or pressed the button, is in that state now, in this chat.
---@param message telegram.Message|telegram.CallbackQuery
---@param name string the name of an fsm.state
---@param data? any what JSON can hold
function fsm.set(message, name, data) end

--- The state and its data; nil for who is in none.
---@param message telegram.Message|telegram.CallbackQuery
---@return string? name
---@return any data
function fsm.get(message) end

--- Ends it.
---@param message telegram.Message|telegram.CallbackQuery
---@return boolean was_there
function fsm.clear(message) end

return fsm

---@meta fsm
-- The module fsm: dialogues by named states. A state belongs to a person in a chat and stays until it is changed. Commands go
-- to their own routes. A person is either in a state or in a dialogue of message:ask, never in both.

---@class fsm
local fsm = {}

--- Registers a state. The handler gets every message, except commands, of a person who is in this state.
---@param name string
---@param handler fun(message: telegram.Message, data: any)
function fsm.state(name, handler) end

--- Puts the person who wrote the message or pressed the button into a state, in this chat.
---@param message telegram.Message|telegram.CallbackQuery
---@param name string the name of an fsm.state
---@param data? any a value that JSON can hold
function fsm.set(message, name, data) end

--- Returns the person's state and its data, or nil.
---@param message telegram.Message|telegram.CallbackQuery
---@return string? name
---@return any data
function fsm.get(message) end

--- Ends the person's state.
---@param message telegram.Message|telegram.CallbackQuery
---@return boolean was_there
function fsm.clear(message) end

return fsm

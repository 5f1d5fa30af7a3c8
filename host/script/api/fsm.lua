-- fsm: named states, the other way to write a dialogue. A state has a name and data, for each person in each chat, and stays
-- until it is changed; commands are not caught by it. The rows are those of message:ask, so a person is in a state or in a
-- dialogue.
local core = require "core.script"
local dialogue = require "core.dialogue"
local key_of = require("core.dialogue_key").of
local routes = require "core.routes"

local fsm = {}

--- fsm.state("ordering", function(message, data) end): gets every message, except commands, of a person in that state.
function fsm.state(name, handler)
  if type(name) ~= "string" or name == "" then
    core.misuse("fsm.state: the first argument must be a text")
  end
  routes.check_handler(handler, "state")
  routes.want_messages()
  dialogue.add_step(name, routes.within(routes.root, handler), core.place(), true)
end

--- fsm.set(message, "ordering", { item = 7 }): the person who sent the message, or pressed the button, is in that state now.
function fsm.set(message, name, data)
  local key = key_of(message, "fsm.set")
  dialogue.set(key, name, data)
end

--- fsm.get(message) -> name, data; nil for a person in no state.
function fsm.get(message)
  local key = key_of(message, "fsm.get")
  return dialogue.get(key)
end

--- fsm.clear(message) -> whether there was a state.
function fsm.clear(message)
  local key = key_of(message, "fsm.clear")
  return dialogue.forget(key)
end

return fsm

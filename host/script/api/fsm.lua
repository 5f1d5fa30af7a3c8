-- fsm: dialogues for those who think in states. A state has a name and data, for each person in each chat, and stays until it is
-- changed; commands pass by it. The same rows as message:ask, so somebody is either in a state or in a dialogue.
local core = require "core.script"
local dialogue = require "core.dialogue"
local key_of = require("core.key").of
local routes = require "core.routes"

local fsm = {}

--- fsm.state("ordering", function(message, data) end): gets every message, but commands, of who is in that state.
function fsm.state(name, handler)
  if type(name) ~= "string" or name == "" then
    core.misuse("fsm.state: the first argument must be a text")
  end
  routes.check_handler(handler, "state")
  routes.want_messages()
  dialogue.add_step(name, handler, core.where(2), true)
end

--- fsm.set(message, "ordering", { item = 7 }): whose message or button press it is, is in that state now.
function fsm.set(message, name, data)
  local key = key_of(message, "fsm.set")
  dialogue.set(key, name, data)
end

--- fsm.get(message) -> name, data; nil for who is in none.
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

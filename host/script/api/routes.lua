-- The routes of all scripts, in the order in which they were registered, and the way of an update through them. bot.lua is
-- their face for scripts; C calls dispatch, wanted, describe and inspect.
local command_menu = require "core.command_menu"
local core = require "core.script"
local default_answer = require "core.default_answer"
local dialogue = require "core.dialogue"
local json = require "json"
local log = require "log"
local message = require "message"
local migration = require "core.migration"
local schedule = require "core.schedule"
local spelling = require "core.spelling"
local timetable = require "core.timetable"
local undo = require "core.undo"

local routes = {
  files = {}, -- the paths of the scripts, in the order in which they were loaded
}

local registered = {}  -- { update_type, what, where, try, handler, exact, is_command }
local fallbacks = {}   -- the same, tried after all others
local by_type = {}     -- update type -> its routes, the fallbacks last; made with the first update
local middlewares = {}
local failed_handlers = {}
local wanted = {}      -- update type -> true
local wants_albums = false

-- Every type of update that the Bot API knows, and whether it carries a message.
local update_types = {
  message = true, edited_message = true, channel_post = true, edited_channel_post = true,
  business_message = true, edited_business_message = true, guest_message = true,
  business_connection = false, deleted_business_messages = false, message_reaction = false,
  message_reaction_count = false, inline_query = false, chosen_inline_result = false, callback_query = false,
  shipping_query = false, pre_checkout_query = false, purchased_paid_media = false, poll = false, poll_answer = false,
  my_chat_member = false, chat_member = false, chat_join_request = false, chat_boost = false,
  removed_chat_boost = false, managed_bot = false, subscription = false,
  album = false, -- ours: gathered by the host from messages
}

function routes.check_handler(handler, name)
  if type(handler) ~= "function" then
    core.misuse(("bot.%s: the handler must be a function, not a %s"):format(name, type(handler)))
  end
end

--- Adds a route. try(payload) returns true and the further arguments of the handler. Most routes do not match most messages, so
--- `more` lets them be passed over without a call: { exact = text }, or { is_command = true } for texts that begin with "/".
function routes.add(update_type, what, try, handler, is_fallback, more)
  routes.check_handler(handler, what:match("^%a+"))
  if update_types[update_type] == nil then
    core.misuse(("there is no update type %q%s"):format(update_type, spelling.hint_among(update_type, update_types)))
  end
  local list = is_fallback and fallbacks or registered
  list[#list + 1] = {
    update_type = update_type, what = what, where = core.where(3), try = try, handler = handler,
    exact = more and more.exact, is_command = more and more.is_command,
  }
  by_type = {}
  wants_albums = wants_albums or update_type == "album"
  wanted[update_type == "album" and "message" or update_type] = true
end

--- Warns of a field that a message of this type can't have, as far as is known.
function routes.check_field(update_type, field)
  local is_known = (" " .. spelling.message_fields:gsub("%s+", " ") .. " "):find(" " .. field .. " ", 1, true)
  if update_types[update_type] and not is_known then
    log.warn(("bot.on: a message has no field %q%s"):format(field, spelling.hint(field, spelling.message_fields)))
  end
end

--- For handlers of messages that are no routes, such as steps.
function routes.want_messages()
  wanted.message = true
end

--- handler(update, err), after an update's handler has failed.
function routes.add_failed(handler)
  routes.check_handler(handler, "failed")
  failed_handlers[#failed_handlers + 1] = handler
end

function routes.use(middleware)
  routes.check_handler(middleware, "use")
  middlewares[#middlewares + 1] = middleware
end

local function call_if(handler, payload, is_match, ...)
  if is_match then
    handler(payload, ...)
    return true
  end
end

local function routes_of(update_type)
  local list = {}
  for _, all in ipairs { registered, fallbacks } do
    for _, entry in ipairs(all) do
      if entry.update_type == update_type then list[#list + 1] = entry end
    end
  end
  by_type[update_type] = list
  return list
end

local function try_routes(update_type, payload)
  local list, text = by_type[update_type] or routes_of(update_type), payload.text
  local is_command = text and text:byte() == 47 -- "/"
  for i = 1, #list do
    local entry = list[i]
    if entry.exact then
      if entry.exact == text then
        entry.handler(payload)
        return true
      end
    elseif (is_command or not entry.is_command) and call_if(entry.handler, payload, entry.try(payload)) then
      return true
    end
  end
end

-- The message that may answer the question of a dialogue; of an album its first message, which then carries the others.
local function answer_in(update_type, payload)
  if update_type == "message" then return payload end
  return update_type == "album" and payload[1] or nil
end

local function route(update_type, payload)
  local answer = answer_in(update_type, payload)
  return answer and dialogue.take(answer, update_type == "album" and payload or nil)
    or try_routes(update_type, payload)
end

local function payload_of(update)
  for name, value in pairs(update) do
    if name ~= "update_id" and type(value) == "table" then
      return name, value
    end
  end
end

-- A middleware may catch the error of what it is around. What was written there is taken back all the same.
local function run_middlewares(update, index, update_type, payload)
  local middleware = middlewares[index]
  if not middleware then
    return route(update_type, payload)
  end
  return middleware(update, function()
    local _ <close> = undo.on_error()
    return run_middlewares(update, index + 1, update_type, payload)
  end)
end

-- Gives messages their methods.
local function dress(update_type, payload)
  if update_type == "album" then
    for _, each in ipairs(payload) do
      message.dress(each)
    end
  elseif update_type == "callback_query" then
    message.dress_callback(payload)
  elseif update_types[update_type] then
    message.dress(payload)
  end
end

local function prepare(update_type, payload)
  dress(update_type, payload)
  if update_type == "callback_query" then
    default_answer.expect(payload.id)
  elseif update_types[update_type] then
    migration.take(payload)
    command_menu.see(payload)
  end
end

local function dispatch_one(update)
  local update_type, payload = payload_of(update)
  if not update_type then
    return
  end
  prepare(update_type, payload)
  if #middlewares == 0 then
    route(update_type, payload)
  else
    run_middlewares(update, 1, update_type, payload)
  end
end

-- The messages of an album in the order in which they were sent, as one update.
local function album_of(updates)
  local album = {}
  for i, update in ipairs(updates) do
    album[i] = update.message
  end
  table.sort(album, function(a, b) return a.message_id < b.message_id end)
  return { update_id = updates[1].update_id, album = album }
end

--- One update, from the middlewares to the first handler that wants it; or the updates of an album.
function routes.dispatch(update, ...)
  if wants_albums and update.message and update.message.media_group_id then
    return dispatch_one(album_of { update, ... })
  end
  dispatch_one(update)
  for i = 1, select("#", ...) do -- an album that was gathered for a handler which a reload has taken away
    dispatch_one((select(i, ...)))
  end
end

--- A handler has failed: text and traceback tell why, the rest is its update as JSON, or those of its album. Each function of
--- bot.failed runs as a handler of its own, so that neither its limits nor its errors are the other's.
function routes.fail(text, traceback, ...)
  if #failed_handlers == 0 then return end
  local updates = {}
  for i, each in ipairs { ... } do updates[i] = json.decode(each) end
  local update = #updates > 1 and album_of(updates) or updates[1]
  local update_type, payload = payload_of(update)
  if update_type then dress(update_type, payload) end
  local err = setmetatable({ message = text, traceback = traceback }, { __tostring = function(self) return self.message end })
  for _, handler in ipairs(failed_handlers) do
    schedule.after(0, function() handler(update, err) end)
  end
end

--- The update types to ask Telegram for, sorted; and whether albums are to be gathered.
function routes.wanted()
  local list = { "message", "callback_query" } -- always: the host itself listens in the admin's chat
  for name in pairs(wanted) do
    if name ~= "message" and name ~= "callback_query" then list[#list + 1] = name end
  end
  table.sort(list)
  return list, wants_albums
end

--- A line of text for every handler.
function routes.describe()
  local lines = {}
  for _, list in ipairs { registered, fallbacks } do
    for _, entry in ipairs(list) do
      lines[#lines + 1] = ("%s %s"):format(entry.where, entry.what)
    end
  end
  local named = {}
  for name, step in pairs(dialogue.steps()) do
    named[#named + 1] = ("%s %s %q"):format(step.where, step.stays and "state" or "step", name)
  end
  for name, job in pairs(timetable.jobs()) do
    if job.where then -- not our own
      named[#named + 1] = ("%s job %q"):format(job.where, name)
    end
  end
  table.sort(named)
  table.move(named, 1, #named, #lines + 1, lines)
  return lines
end

-- A method of Telegram, or a function of the module telegram that is none, such as telegram.file.
local function find_method(name)
  local method, nearest = core.find_method(name)
  return method or rawget(require "telegram", name) ~= nil or nil, nearest
end

-- The paths of the scripts, and of the shared files that they have required.
local function source_paths()
  local paths, shared = { table.unpack(routes.files) }, {}
  for name in pairs(package.loaded) do
    shared[#shared + 1] = package.searchpath(name, package.path)
  end
  table.sort(shared)
  return table.move(shared, 1, #shared, #paths + 1, paths)
end

--- What is probably wrong in the scripts, a line of text each.
function routes.inspect()
  local inspect = require "core.inspect"
  local order = table.move(fallbacks, 1, #fallbacks, #registered + 1, { table.unpack(registered) })
  local lines = inspect.unreachable(order)
  local named = { step = dialogue.steps(), job = timetable.jobs() }
  for _, path in ipairs(source_paths()) do
    local found = inspect.calls(core.read(path) or "", path, find_method, core.find_parameter, named)
    table.move(found, 1, #found, #lines + 1, lines)
  end
  return lines
end

return routes

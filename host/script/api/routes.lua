-- The routes of all scripts, in the order in which they were registered, and the way of an update through them. bot.lua is
-- their face for scripts; C calls dispatch, dispatch_album, wanted, describe and inspect.
local chat_admin = require "core.chat_admin"
local command_menu = require "core.command_menu"
local core = require "core.script"
local default_answer = require "core.default_answer"
local defaults = require "core.defaults"
local dialogue = require "core.dialogue"
local hidden_file = require "core.hidden_file"
local log = require "log"
local message = require "message"
local migration = require "core.migration"
local route_table = require "core.route_table"
local schedule = require "core.schedule"
local spelling = require "core.spelling"
local timetable = require "core.timetable"
local undo = require "core.undo"

local next, type = next, type -- every update comes this way: a local costs less than a global
local is_table = core.is_table

local routes = {
  files = {}, -- the paths of the scripts, in the order in which they were loaded
  root = { uses = {}, order = "chat" }, -- the router of the bot itself; uses: middlewares around all updates
}
local root = routes.root

local registered = {}  -- see routes.add
local fallbacks = {}   -- the same, tried after all others
local by_type = {}     -- update type -> the table of its routes, the fallbacks last; made with the first update
local file_uses = {}   -- path of a script -> middlewares around its handlers
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

-- What an album may be made of.
local ALBUM_TYPES = { "message", "channel_post", "business_message" }

function routes.check_handler(handler, name)
  if type(handler) ~= "function" then
    core.misuse(("bot.%s: the handler must be a function, not a %s"):format(name, type(handler)))
  end
end

function routes.check_text(value, name)
  if type(value) ~= "string" or value == "" then
    core.misuse(("bot.%s: the first argument must be a text"):format(name))
  end
end

--- Adds a route: { update_type, what (it is, in words), try, handler, router, order, use (middlewares), filter, is_fallback }.
--- try(payload) returns true and the further arguments of the handler. tells_first: what it returns instead of true is such an
--- argument, too. is_late: it is a script's, asked after the filters. What spares to ask it at all: see route_table.build.
--- name: of the function that a script has called.
function routes.add(entry, name)
  routes.check_handler(entry.handler, name)
  if update_types[entry.update_type] == nil then
    local hint = spelling.hint_among(entry.update_type, update_types)
    core.misuse(("there is no update type %q%s"):format(entry.update_type, hint))
  end
  entry.where = core.place() or "?"
  entry.is_filtered = entry.filter ~= nil or routes.has_filter(entry.router)
  local list = entry.is_fallback and fallbacks or registered
  list[#list + 1] = entry
  by_type = {}
  if entry.update_type == "album" then
    wants_albums = true
    for _, each in ipairs(ALBUM_TYPES) do wanted[each] = true end
  else
    wanted[entry.update_type] = true
  end
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

-- ---- routers: { parent, filter, uses, order } ----

--- Adds a middleware to a router, or with "file" to the handlers of the script that calls.
function routes.use(router, middleware, scope)
  local list = router.uses
  if scope == "file" then
    local path = (core.place() or ""):gsub(":%d+$", "")
    file_uses[path] = file_uses[path] or {}
    list = file_uses[path]
  end
  list[#list + 1] = middleware
  by_type = {}
end

function routes.set_order(router, order)
  router.order = order
  by_type = {}
end

--- Does the router, or one that it is in, have a filter?
function routes.has_filter(router)
  return router ~= nil and (router.filter ~= nil or routes.has_filter(router.parent))
end

local function append(list, more)
  table.move(more or {}, 1, more and #more or 0, #list + 1, list)
end

-- The middlewares of a handler, the outermost first. Those of the root are around the whole way of the update.
local function middlewares_of(router, where)
  if router == nil or router == routes.root then
    local list = {}
    append(list, file_uses[(where:gsub(":%d+$", ""))])
    return list
  end
  local list = middlewares_of(router.parent, where)
  append(list, router.uses)
  return list
end

local function filters_of(router)
  if router == nil then return {} end
  local list = filters_of(router.parent)
  list[#list + 1] = router.filter
  return list
end

local function order_of(router)
  return router.order or order_of(router.parent)
end

-- Middlewares, one within the other, and the handler within all. One may catch the error of what it is around: what was written
-- there is taken back all the same.
local function run_within(list, index, update, handler, payload, ...)
  local middleware = list[index]
  if not middleware then
    handler(payload, ...) -- no tail call: an error is blamed on the line where the handler begins
    return
  end
  local arguments = table.pack(...)
  middleware(update, function()
    local _ <close> = undo.on_error()
    run_within(list, index + 1, update, handler, payload, table.unpack(arguments, 1, arguments.n))
  end)
end

--- The handler of a step or a state within the middlewares of its router and its file. What it gets last is the update.
function routes.within(router, handler)
  local where = core.place() or ""
  return function(answer, data, update)
    -- The next answer of the same person must find the question answered.
    local order = order_of(router)
    if order ~= "chat" then core.loosen "user" end
    run_within(middlewares_of(router, where), 1, update, handler, answer, data)
  end
end

-- ---- the way of an update ----

-- What a route's match needs to know of its routers, found once. filters, middlewares: nil where there are none, as of most.
-- is_plain: of nothing but a text.
local function complete(entry)
  local filters, middlewares = filters_of(entry.router), middlewares_of(entry.router, entry.where)
  filters[#filters + 1] = entry.filter
  append(middlewares, entry.use)
  entry.filters, entry.middlewares = filters[1] and filters, middlewares[1] and middlewares
  entry.looser = entry.order or order_of(entry.router)
  if entry.looser == "chat" then entry.looser = nil end
  entry.is_plain = entry.exact ~= nil and not (entry.filters or entry.middlewares or entry.looser)
end

local function table_of(update_type)
  local list = {}
  for _, all in ipairs { registered, fallbacks } do
    for _, entry in ipairs(all) do
      if entry.update_type == update_type then
        complete(entry)
        list[#list + 1] = entry
      end
    end
  end
  by_type[update_type] = route_table.build(list)
  return by_type[update_type]
end

-- verdicts: what filters have said of this update, as routes share those of their routers.
local function is_let_through(filters, payload, update, verdicts)
  for _, test in ipairs(filters) do
    if verdicts[test] == nil then verdicts[test] = not not test(payload, update) end
    if not verdicts[test] then return false end
  end
  return true
end

local function call(entry, payload, update, ...)
  local middlewares, handler = entry.middlewares, entry.handler
  if entry.looser then core.loosen(entry.looser) end
  if middlewares then
    run_within(middlewares, 1, update, handler, payload, ...)
  else
    handler(payload, ...) -- no tail call, as there
  end
  return true
end

local function call_if(entry, payload, update, verdicts, is_match, ...)
  if not is_match then return false end
  local filters = entry.filters
  if filters and not entry.is_late and not is_let_through(filters, payload, update, verdicts) then return false end
  if entry.tells_first then return call(entry, payload, update, is_match, ...) end
  return call(entry, payload, update, ...)
end

local function try_routes(update, update_type, payload)
  local text, verdicts -- what a person has written, or the data of a pressed button
  if update_types[update_type] then
    text = payload.text or payload.caption
  elseif update_type == "callback_query" then
    text = payload.data
  end
  local list = route_table.find(by_type[update_type] or table_of(update_type), text)
  for i = 1, #list do
    local entry = list[i]
    if entry.is_plain then -- it was found by this text
      entry.handler(payload) -- no tail call, as in call()
      return true
    end
    local filters = entry.filters
    if not filters and entry.exact then return call(entry, payload, update) end
    verdicts = verdicts or filters and {}
    local may = not filters or not entry.is_late or is_let_through(filters, payload, update, verdicts)
    if may and call_if(entry, payload, update, verdicts, entry.try(payload)) then return true end
  end
end

-- Types of messages that may answer the question of a dialogue.
local ANSWERS = { message = true, business_message = true, guest_message = true }

-- Of an album its first message, which then carries the others.
local function answer_in(update_type, payload)
  if ANSWERS[update_type] then return payload end
  return update_type == "album" and payload[1].chat.type ~= "channel" and payload[1] or nil
end

local function route(update, update_type, payload)
  if dialogue.is_used ~= false then
    local answer = answer_in(update_type, payload)
    if answer and dialogue.take(answer, update_type == "album" and payload or nil, update) then return true end
  end
  return try_routes(update, update_type, payload)
end

local function payload_of(update)
  for name, value in next, update do
    if name ~= "update_id" and type(value) == "table" then
      return name, value
    end
  end
end

-- Gives messages their methods.
local function dress(update_type, payload)
  if update_types[update_type] then
    message.dress(payload)
  elseif update_type == "album" then
    for _, each in ipairs(payload) do
      message.dress(each)
    end
  elseif update_type == "callback_query" then
    message.dress_callback(payload)
  end
end

-- The message that an update is about, where there is one.
local function subject_of(update_type, payload)
  if update_type == "album" then return payload[1] end
  return update_types[update_type] and payload or update_type == "callback_query" and payload.message or nil
end

local function prepare(update_type, payload)
  if update_types[update_type] then
    local chat = payload.chat.id
    local has_migrated = chat < 0 and (payload.migrate_to_chat_id or payload.migrate_from_chat_id) -- as only groups can
    message.dress(payload)
    if has_migrated then migration.take(payload) end
    if chat == command_menu.admin then command_menu.see(payload) end
  else
    dress(update_type, payload)
    if update_type == "callback_query" then
      default_answer.expect(payload.id)
    elseif update_type == "chat_member" or update_type == "my_chat_member" then
      chat_admin.take(update_type, payload)
    end
  end
  if defaults.shows_typing then defaults.show_typing(subject_of(update_type, payload)) end
end

-- The message of an update that may be a part of an album.
local function part_of(update)
  return update.message or update.channel_post or update.business_message
end

-- The messages of an album in the order in which they were sent, as one update.
local function album_of(updates)
  local album = {}
  for i, update in ipairs(updates) do
    album[i] = part_of(update)
  end
  table.sort(album, function(a, b) return a.message_id < b.message_id end)
  return { update_id = updates[1].update_id, album = album }
end

--- One update, from the middlewares to the first handler that wants it.
function routes.dispatch(update)
  local part = wants_albums and part_of(update)
  if part and part.media_group_id then update = album_of { update } end
  local update_type, payload = "message", update.message -- as in most
  if not is_table(payload) then update_type, payload = payload_of(update) end
  if not update_type then return end
  prepare(update_type, payload)
  local list = root.uses
  if #list == 0 then return route(update, update_type, payload) end
  run_within(list, 1, update, function() route(update, update_type, payload) end)
end

--- The updates of an album; each by itself where a reload has taken away the handler that they were gathered for.
function routes.dispatch_album(...)
  if wants_albums then return routes.dispatch(album_of { ... }) end
  for i = 1, select("#", ...) do routes.dispatch((select(i, ...))) end
end

--- A handler has failed: text and traceback tell why, the rest is its update, or those of its album. Each function of
--- bot.failed runs as a handler of its own, so that neither its limits nor its errors are the other's.
function routes.fail(text, traceback, ...)
  if #failed_handlers == 0 then return end
  local updates = { ... }
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
  if chat_admin.is_watched() then wanted.chat_member, wanted.my_chat_member = true, true end
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

-- The paths of the scripts, and of the shared files that they have required, each once.
local function source_paths()
  local paths, shared, is_script = { table.unpack(routes.files) }, {}, {}
  for _, path in ipairs(paths) do is_script[path] = true end
  for name in pairs(package.loaded) do
    local path = not package.preload[name] and package.searchpath(name, package.path) -- a script may have a module's name
    if path and not is_script[path] then shared[#shared + 1] = path end
  end
  table.sort(shared)
  return table.move(shared, 1, #shared, #paths + 1, paths)
end

--- A line of text for each file that is hidden by a module of the host.
routes.hidden_files = hidden_file.find

--- What is probably wrong in the scripts: a step of the inspection, whose first one begins it. Returns a line of text for each
--- warning; nil: it has ended.
function routes.inspect(is_first)
  local inspection = require "core.inspection"
  if is_first then
    local order = table.move(fallbacks, 1, #fallbacks, #registered + 1, { table.unpack(registered) })
    inspection.begin(source_paths(), routes.hidden_files(), order, { step = dialogue.steps(), job = timetable.jobs() })
  end
  return inspection.step()
end

return routes

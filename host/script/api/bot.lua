-- bot: registers handlers. Routes are tried in the order in which they were registered, files in the order of their names; the
-- first match wins.
local core = require "core.script"
local defaults = require "core.defaults"
local filter = require "core.filter"
local later = require "core.later"
local link = require "core.link"
local migration = require "core.migration"
local router = require "core.router"
local routes = require "core.routes"

local bot = router.face(routes.root) -- command, text, match, callback, on, otherwise, step, use, order, router

--- bot.all{...}, bot.any{...}, bot.none{...}: filters of filters; bot.filter(name, filter): a name of one's own.
bot.all, bot.any, bot.none, bot.filter = filter.all, filter.any, filter.none, filter.add

--- bot.defaults{ parse_mode = "HTML", typing = true }: for all calls that know such a parameter.
bot.defaults = defaults.set

--- bot.migrated(function(old_id, new_id) end): a group became a supergroup; once for each, and for every script that asks.
function bot.migrated(handler)
  routes.check_handler(handler, "migrated")
  routes.want_messages()
  migration.add(handler)
end

--- bot.link("ref_42"): https://t.me/THIS_BOT?start=ref_42, which makes bot.command("start", fn) get "ref_42" as its arguments.
function bot.link(payload)
  return link.build(bot.me and bot.me.username, payload, "start")
end

--- The same for adding the bot to a group, where it then gets /start with the payload.
function bot.group_link(payload)
  return link.build(bot.me and bot.me.username, payload, "startgroup")
end

--- Any text, of 48 bytes at most, as a payload of links; and back: nil for one that a person has made up.
bot.encode_link, bot.decode_link = link.encode, link.decode

--- bot.read("texts/help.txt"): the text of a file beside the script, or nil and why there is none.
function bot.read(path)
  routes.check_text(path, "read")
  local text = core.read_beside(path)
  if text then return text end
  return nil, ("can't read %s: it is no file of up to 4 MB in a directory of the scripts"):format(path)
end

--- bot.failed(function(update, err) end): after an update's handler has failed, a limit has stopped it, or its deadline, and
--- its writes were rolled back. err.message and err.traceback tell why.
function bot.failed(handler)
  routes.add_failed(handler)
end

-- ---- time: bot.job, bot.every, bot.daily, bot.sleep and others ----

for name, fn in pairs(later) do bot[name] = fn end

-- bot.me: what getMe told; nil before Telegram has answered (lunokhod check).
return setmetatable(bot, {
  __index = function(_, name)
    if name == "me" then
      return core.me()
    end
  end,
})

-- Names that a script has misspelt: what it may have meant.
local core = require "core.script"
local log = require "log"

local spelling = {}

-- All fields of a message, which spelling_spec.lua compares with the annotations.
spelling.message_fields = [[
  message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag date
  guest_query_id business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message
  external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
  guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature
  paid_star_count text entities link_preview_options suggested_post_info effect_id rich_message animation audio document
  live_photo paid_media photo sticker story video video_note voice caption caption_entities show_caption_above_media
  has_media_spoiler checklist contact dice game poll venue location new_chat_members left_chat_member chat_owner_left
  chat_owner_changed new_chat_title new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created
  channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id pinned_message invoice
  successful_payment refunded_payment users_shared chat_shared gift unique_gift gift_upgrade_sent connected_website
  write_access_allowed passport_data proximity_alert_triggered boost_added chat_background_set checklist_tasks_done
  checklist_tasks_added direct_message_price_changed forum_topic_created forum_topic_edited forum_topic_closed
  forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway giveaway_winners
  giveaway_completed managed_bot_created paid_message_price_changed poll_option_added poll_option_deleted
  suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid suggested_post_refunded
  video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited web_app_data reply_markup]]

-- What a script requires.
spelling.modules = {
  "backup", "bot", "broadcast", "chart", "db", "fsm", "hash", "http", "json", "keyboard", "limit", "locale", "log",
  "menu", "message", "session", "telegram", "text", "time",
}

local is_module = {}
for _, name in ipairs(spelling.modules) do
  is_module[name] = true
end

function spelling.is_module(name) return is_module[name] end

--- ", did you mean answer?", or "" where none of the words is near.
function spelling.hint(name, words)
  local nearest = core.nearest(name, words)
  return nearest and (", did you mean %s?"):format(nearest) or ""
end

--- The same among the names of a table.
function spelling.hint_among(name, table_of_names)
  local names = {}
  for each in next, table_of_names do
    if type(each) == "string" then names[#names + 1] = each end
  end
  table.sort(names)
  return spelling.hint(name, table.concat(names, " "))
end

--- The options, or an empty table for nil. One that is not known is an error, since it would do nothing. label: "http.get".
function spelling.check_options(label, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then
    core.misuse(("%s: the options must be a table, not a %s"):format(label, type(options)))
  end
  for name in pairs(options) do
    if not known[name] then
      core.misuse(("%s: there is no option %q%s"):format(label, tostring(name), spelling.hint_among(tostring(name), known)))
    end
  end
  return options
end

local function raise_unknown(module_name, module, name)
  core.misuse(("there is no %s.%s%s"):format(module_name, name, spelling.hint_among(name, module)))
end

local ABSENT = { ["bot.me"] = true } -- before Telegram has answered

--- Makes it an error to read a name that the module does not have. Else the script fails where it calls what it has read, or
--- not at all.
function spelling.guard(module_name, module)
  local metatable = getmetatable(module) or {}
  local own = metatable.__index
  function metatable.__index(self, name)
    local value = own and own(self, name)
    if value == nil and type(name) == "string" and not ABSENT[module_name .. "." .. name] then
      raise_unknown(module_name, self, name)
    end
    return value
  end
  return setmetatable(module, metatable)
end

local type = type -- a local costs less than a global
local known = {} -- method -> { name -> true }: its parameters, and what the log has told of

--- Warns of each parameter that the method does not have, once: Telegram would ignore it. It is no error, since Telegram may be
--- newer than the host. more: other names that may have been meant.
function spelling.check_parameters(method, parameters, more)
  local names = known[method]
  if not names then
    names = {}
    known[method] = names
  end
  for name in next, parameters do
    if not names[name] and type(name) == "string" then
      names[name] = true
      local has, nearest = core.find_parameter(method, name)
      if not has then
        nearest = more and core.nearest(name, more) or nearest
        log.warn(("%s has no parameter %q%s"):format(method, name, nearest and (", did you mean %s?"):format(nearest) or ""))
      end
    end
  end
end

return spelling

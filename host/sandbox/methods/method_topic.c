/* Methods about the topics of forums. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/right.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/rights.h"
#include "sandbox/model/topic.h"

#define NAME_MAX_CHARACTERS 128
#define DEFAULT_COLOR 0x6FB9F0

static struct chat *find_forum(struct call *call) {
  struct chat *chat = call_group(call, "the chat is not a forum");
  if (!chat || !right_check(call, chat, RIGHTS_TOPICS, "not enough rights to manage topics")) return NULL;
  if (chat->is_forum) return chat;
  call_fail(call, 400, "Bad Request: the chat is not a forum");
  return NULL;
}

/* The topic of `message_thread_id`, or the general one. Borrowed; NULL: the call is failed. */
static json_t *find_topic(struct call *call, struct chat **chat, int *id, bool is_general) {
  *chat = find_forum(call);
  *id = is_general ? TOPIC_GENERAL : (int)call_range(call, "message_thread_id", 0, 0, INT32_MAX);
  json_t *topic = *chat ? topic_find(*chat, *id) : NULL;
  if (*chat && (!topic || (!is_general && *id == TOPIC_GENERAL))) {
    call_fail(call, 400, "Bad Request: TOPIC_ID_INVALID");
    return NULL;
  }
  return topic;
}

static bool check_name(struct call *call, const char *name) {
  size_t length = 0;
  for (const char *at = name ? name : ""; *at; at++) length += (*at & 0xC0) != 0x80;
  if (!length) return call_fail(call, 400, "Bad Request: topic name must be non-empty");
  return length <= NAME_MAX_CHARACTERS || call_fail(call, 400, "Bad Request: TOPIC_TITLE_TOO_LONG");
}

static bool create_topic(struct call *call) {
  struct chat *chat = find_forum(call);
  if (!chat || !check_name(call, call_text(call, "name"))) return false;
  const json_t *topic =
      topic_add(call->model, chat, call->bot->person, call_text(call, "name"),
                (int)call_range(call, "icon_color", DEFAULT_COLOR, 0, 0xFFFFFF), call_text(call, "icon_custom_emoji_id"));
  char *text = json_write_dump(topic);
  json_write_text(&call->answer, text);
  free(text);
  return true;
}

/* A parameter that is absent changes nothing; an empty icon is taken away. */
static bool edit(struct call *call, bool is_general) {
  static const char *const fields[] = {"name", "icon_custom_emoji_id"};
  struct chat *chat;
  int id;
  json_t *topic = find_topic(call, &chat, &id, is_general);
  if (!topic || (call_text(call, "name") && !check_name(call, call_text(call, "name")))) return false;
  json_t *changes = json_object();
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    const char *value = call_text(call, fields[i]), *old = json_string_value(json_object_get(topic, fields[i]));
    bool is_given = i == 1 ? call_find(call, fields[i]) != NULL : value != NULL;
    if (is_given && strcmp(value ? value : "", old ? old : "") != 0)
      json_object_set_new(changes, fields[i], json_string(value ? value : ""));
  }
  bool ok = json_object_size(changes) || call_fail(call, 400, "Bad Request: TOPIC_NOT_MODIFIED");
  if (ok) json_object_update(topic, changes);
  if (ok) topic_tell(call->model, chat, call->bot->person, id, json_write_content("forum_topic_edited", json_incref(changes)));
  json_decref(changes);
  return ok && call_true(call);
}

/* Sets or takes back "is_closed" or "is_hidden". */
static bool mark(struct call *call, bool is_general, const char *flag, bool is_set, const char *told) {
  struct chat *chat;
  int id;
  json_t *topic = find_topic(call, &chat, &id, is_general);
  if (!topic) return false;
  if (json_is_true(json_object_get(topic, flag)) == is_set) return call_fail(call, 400, "Bad Request: TOPIC_NOT_MODIFIED");
  json_object_set_new(topic, flag, json_boolean(is_set));
  topic_tell(call->model, chat, call->bot->person, id, json_write_content(told, json_object()));
  return call_true(call);
}

static bool delete_topic(struct call *call) {
  struct chat *chat;
  int id;
  if (!find_topic(call, &chat, &id, false)) return false;
  topic_delete(call->model, chat, id);
  return call_true(call);
}

static bool unpin_all(struct call *call, bool is_general) {
  struct chat *chat;
  int id;
  if (!find_topic(call, &chat, &id, is_general)) return false;
  for (unsigned i = 0; i < chat->count; i++) {
    struct message *message = chat->messages[i];
    if (!message->is_pinned || message->thread_id != (is_general ? 0 : id)) continue;
    message->is_pinned = false;
    message_changed(call->model, message);
  }
  return call_true(call);
}

static bool edit_topic(struct call *call) { return edit(call, false); }
static bool edit_general(struct call *call) { return edit(call, true); }
static bool close_topic(struct call *call) { return mark(call, false, "is_closed", true, "forum_topic_closed"); }
static bool close_general(struct call *call) { return mark(call, true, "is_closed", true, "forum_topic_closed"); }
static bool reopen_topic(struct call *call) { return mark(call, false, "is_closed", false, "forum_topic_reopened"); }
static bool reopen_general(struct call *call) { return mark(call, true, "is_closed", false, "forum_topic_reopened"); }
static bool hide_general(struct call *call) { return mark(call, true, "is_hidden", true, "general_forum_topic_hidden"); }
static bool unhide_general(struct call *call) { return mark(call, true, "is_hidden", false, "general_forum_topic_unhidden"); }
static bool unpin_topic(struct call *call) { return unpin_all(call, false); }
static bool unpin_general(struct call *call) { return unpin_all(call, true); }

const struct method method_topic[] = {{"createforumtopic", create_topic},
                                      {"editforumtopic", edit_topic},
                                      {"closeforumtopic", close_topic},
                                      {"reopenforumtopic", reopen_topic},
                                      {"deleteforumtopic", delete_topic},
                                      {"unpinallforumtopicmessages", unpin_topic},
                                      {"editgeneralforumtopic", edit_general},
                                      {"closegeneralforumtopic", close_general},
                                      {"reopengeneralforumtopic", reopen_general},
                                      {"hidegeneralforumtopic", hide_general},
                                      {"unhidegeneralforumtopic", unhide_general},
                                      {"unpinallgeneralforumtopicmessages", unpin_general},
                                      {0}};

#include "sandbox/model/invite_link.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/model/chat.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"

struct json_t *invite_link_add(struct model *model, struct chat *chat, const struct person *creator, bool is_primary) {
  char link[64];
  (void)snprintf(link, sizeof link, "https://t.me/+%016llxLink",
                 (unsigned long long)model->next_query_id++ * 0x9E3779B97F4A7C15u);
  json_t *json = json_pack("{s:s,s:o,s:b,s:b,s:b}", "invite_link", link, "creator", json_loads(creator->json, 0, NULL),
                           "creates_join_request", 0, "is_primary", (int)is_primary, "is_revoked", 0);
  if (!chat->invite_links) chat->invite_links = json_object();
  json_object_set_new(chat->invite_links, link, json);
  return json;
}

struct json_t *invite_link_find(const struct chat *chat, const char *link) { return json_object_get(chat->invite_links, link); }

struct chat *invite_link_chat(const struct model *model, const char *link) {
  for (struct chat *chat = model->chats; chat; chat = chat->hh.next) {
    if (invite_link_find(chat, link)) return chat;
  }
  return NULL;
}

const char *invite_link_primary(const struct chat *chat, const struct person *creator) {
  const char *text;
  json_t *link;
  json_object_foreach(chat->invite_links, text, link) {
    json_int_t id = json_integer_value(json_object_get(json_object_get(link, "creator"), "id"));
    bool is_open = json_is_true(json_object_get(link, "is_primary")) && !json_is_true(json_object_get(link, "is_revoked"));
    if (is_open && id == creator->id) return text;
  }
  return NULL;
}

bool invite_link_is_open(const struct json_t *link, int64_t now) {
  json_int_t expires_at = json_integer_value(json_object_get(link, "expire_date"));
  json_int_t limit = json_integer_value(json_object_get(link, "member_limit"));
  json_int_t count = json_integer_value(json_object_get(link, "member_count"));
  bool is_expired = expires_at && expires_at <= now, is_full = limit && count >= limit;
  return !json_is_true(json_object_get(link, "is_revoked")) && !is_expired && !is_full;
}

void invite_link_count_member(struct json_t *link) {
  json_object_set_new(link, "member_count", json_integer(json_integer_value(json_object_get(link, "member_count")) + 1));
}

/* ---- requests ---- */

static void write_key(int64_t user_id, char key[24]) { (void)snprintf(key, 24, "%lld", (long long)user_id); }

void invite_link_add_request(struct chat *chat, int64_t user_id, struct json_t *request) {
  char key[24];
  write_key(user_id, key);
  if (!chat->join_requests) chat->join_requests = json_object();
  json_object_set_new(chat->join_requests, key, request);
}

struct json_t *invite_link_take_request(struct chat *chat, int64_t user_id) {
  char key[24];
  write_key(user_id, key);
  json_t *request = json_incref(json_object_get(chat->join_requests, key));
  json_object_del(chat->join_requests, key);
  return request;
}

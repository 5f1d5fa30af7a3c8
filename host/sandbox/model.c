#include "sandbox/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/memory.h"
#include "sandbox/command_list.h"
#include "sandbox/file.h"
#include "sandbox/message.h"
#include "sandbox/queue.h"
#include "sandbox/restriction.h"
#include "sandbox/write.h"

#define MODEL_QUERIES 50000 /* remembered at once; far more than are pressed in the 150 s that they live */
#define TOKEN_MAX 80
#define TOKEN_SECRET_MIN 24

int64_t model_now(const struct model *model) { return clock_now(model->clock) / 1000 + model->advanced_s; }

void model_touch(struct model *model) {
  if (model->changed) model->changed(model->changed_data);
}

/* ---- people ---- */

struct person *model_find_person(const struct model *model, int64_t id) {
  struct person *person;
  HASH_FIND(hh, model->people, &id, sizeof id, person);
  return person;
}

static void set_text(char **to, const char *text) {
  free(*to);
  *to = text && *text ? memory_copy_text(text) : NULL;
}

/* The members that User and a private Chat share, in the order in which Telegram's server writes each. */
static void describe_person(struct person *person) {
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":%lld,\"is_bot\":%s,\"first_name\":", (long long)person->id,
                      person->is_bot ? "true" : "false");
  write_string(&json, person->first_name ? person->first_name : "", person->first_name ? strlen(person->first_name) : 0);
  write_member(&json, "last_name", person->last_name);
  write_member(&json, "username", person->username);
  write_member(&json, "language_code", person->language);
  write_text(&json, "}");
  free(person->json);
  person->json = buffer_take(&json, NULL);
}

static void describe_chat(struct chat *chat) {
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":%lld", (long long)chat->id);
  if (chat->person) {
    write_member(&json, "first_name", chat->person->first_name ? chat->person->first_name : "");
    write_member(&json, "last_name", chat->person->last_name);
    write_member(&json, "username", chat->person->username);
  }
  write_member(&json, "title", chat->title);
  write_member(&json, "type", model_chat_type(chat->type));
  write_text(&json, "}");
  free(chat->json);
  chat->json = buffer_take(&json, NULL);
}

static struct person *new_person(struct model *model, int64_t id) {
  struct person *person = memory_new(sizeof *person);
  person->id = id;
  HASH_ADD(hh, model->people, id, sizeof person->id, person);
  return person;
}

struct person *model_add_person(struct model *model, int64_t id, const char *first_name, const char *last_name,
                                const char *username, const char *language) {
  struct person *person = model_find_person(model, id);
  if (!person) person = new_person(model, id);
  set_text(&person->first_name, first_name);
  set_text(&person->last_name, last_name);
  set_text(&person->username, username);
  set_text(&person->language, language);
  describe_person(person);
  struct chat *chat = model_find_chat(model, id);
  if (!chat) chat = model_add_chat(model, id, CHAT_PRIVATE, NULL);
  chat->person = person;
  describe_chat(chat);
  return person;
}

static void free_person(struct person *person) {
  free(person->first_name);
  free(person->last_name);
  free(person->username);
  free(person->language);
  free(person->json);
  free(person);
}

/* ---- chats ---- */

const char *model_chat_type(enum chat_type type) {
  static const char *const names[] = {"private", "group", "supergroup", "channel"};
  return names[type];
}

struct chat *model_find_chat(const struct model *model, int64_t id) {
  struct chat *chat;
  HASH_FIND(hh, model->chats, &id, sizeof id, chat);
  return chat;
}

struct chat *model_add_chat(struct model *model, int64_t id, enum chat_type type, const char *title) {
  struct chat *chat = model_find_chat(model, id);
  if (!chat) {
    chat = memory_new(sizeof *chat);
    chat->id = id;
    chat->next_id = 1;
    HASH_ADD(hh, model->chats, id, sizeof chat->id, chat);
  }
  chat->type = type;
  chat->is_left = false;
  set_text(&chat->title, title);
  describe_chat(chat);
  return chat;
}

bool model_is_member(const struct chat *chat, int64_t user_id) {
  for (unsigned i = 0; i < chat->member_count; i++) {
    if (chat->members[i] == user_id) return true;
  }
  return false;
}

void model_add_member(struct chat *chat, int64_t user_id) {
  if (model_is_member(chat, user_id)) return;
  int64_t *members = memory_try_resize(chat->members, (chat->member_count + 1) * sizeof *members);
  if (!members) return;
  chat->members = members;
  members[chat->member_count++] = user_id;
}

bool model_remove_member(struct chat *chat, int64_t user_id) {
  for (unsigned i = 0; i < chat->member_count; i++) {
    if (chat->members[i] != user_id) continue;
    chat->members[i] = chat->members[--chat->member_count];
    return true;
  }
  return false;
}

static void free_chat(struct chat *chat) {
  for (unsigned i = 0; i < chat->count; i++) message_free(chat->messages[i]);
  free(chat->messages);
  free(chat->members);
  restriction_drop_all(chat);
  free(chat->title);
  free(chat->json);
  free(chat->keyboard);
  free(chat);
}

/* ---- bots ---- */

static bool is_token(const char *token) {
  size_t digits = strspn(token, "0123456789");
  if (digits == 0 || digits > 16 || token[0] == '0' || token[digits] != ':' || strlen(token) > TOKEN_MAX) return false;
  static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t secret = strspn(token + digits + 1, base64url);
  return secret >= TOKEN_SECRET_MIN && !token[digits + 1 + secret];
}

static struct person *new_bot_person(struct model *model, int64_t id) {
  struct person *person = model_find_person(model, id);
  if (!person) person = new_person(model, id);
  char username[40];
  (void)snprintf(username, sizeof username, "sandbox_%lld_bot", (long long)id);
  person->is_bot = true;
  set_text(&person->first_name, "Sandbox Bot");
  set_text(&person->username, username);
  describe_person(person);
  return person;
}

struct bot *model_use_bot(struct model *model, const char *token) {
  struct bot *bot;
  HASH_FIND_STR(model->bots, token, bot);
  if (bot || !is_token(token)) return bot;
  bot = memory_new(sizeof *bot);
  bot->token = memory_copy_text(token);
  bot->person = new_bot_person(model, strtoll(token, NULL, 10));
  bot->queue = model->unclaimed ? model->unclaimed : queue_new();
  model->unclaimed = NULL;
  bot->commands = command_list_new();
  HASH_ADD_KEYPTR(hh, model->bots, bot->token, strlen(bot->token), bot);
  return bot;
}

static void free_bot(struct bot *bot) {
  queue_free(bot->queue);
  command_list_free(bot->commands);
  free(bot->token);
  free(bot);
}

/* ---- updates ---- */

void model_send_update(struct model *model, const char *type, const char *json, size_t size, int64_t expires_at) {
  struct buffer member;
  buffer_init(&member, WRITE_CEILING);
  write_text(&member, "\"");
  write_text(&member, type);
  write_text(&member, "\":");
  (void)buffer_add(&member, json, size, NULL);
  if (model->unclaimed) queue_add(model->unclaimed, type, member.data, member.size, expires_at);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    queue_add(bot->queue, type, member.data, member.size, expires_at);
  }
  buffer_release(&member);
  model_touch(model);
}

static void free_query(struct model *model, struct query *query) {
  HASH_DEL(model->queries, query);
  free(query->text);
  free(query->answer);
  free(query);
}

struct query *model_add_query(struct model *model, bool is_inline, const char *text) {
  if (HASH_COUNT(model->queries) >= MODEL_QUERIES) free_query(model, model->queries); /* uthash keeps the order of arrival */
  struct query *query = memory_new(sizeof *query);
  query->id = model->next_query_id++;
  query->asked_at = model_now(model);
  query->is_inline = is_inline;
  query->text = memory_copy_text(text);
  HASH_ADD(hh, model->queries, id, sizeof query->id, query);
  return query;
}

struct query *model_find_query(const struct model *model, int64_t id) {
  struct query *query;
  HASH_FIND(hh, model->queries, &id, sizeof id, query);
  return query;
}

/* ---- life ---- */

struct model *model_new(struct clock *clock) {
  struct model *model = memory_new(sizeof *model);
  model->clock = clock;
  srandom((unsigned)clock_now(clock)); /* a bot must not come to rely on the first update's id */
  model->unclaimed = queue_new();
  model->next_message_id = 1;
  model->next_query_id = 4000000000000000001; /* more than 53 bits, as at Telegram: a bot must keep it as a string */
  model->next_file = 1;
  return model;
}

void model_reset(struct model *model) {
  struct chat *chat, *next_chat;
  HASH_ITER(hh, model->chats, chat, next_chat) {
    HASH_DEL(model->chats, chat);
    free_chat(chat);
  }
  struct person *person, *next_person;
  HASH_ITER(hh, model->people, person, next_person) {
    if (person->is_bot) continue;
    HASH_DEL(model->people, person);
    free_person(person);
  }
  while (model->queries) free_query(model, model->queries);
  file_drop_all(model);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    queue_clear(bot->queue);
    command_list_free(bot->commands);
    bot->commands = command_list_new();
  }
  if (model->unclaimed) queue_clear(model->unclaimed);
  model->message_count = 0;
  model->version = 0;
  model->next_message_id = 1;
  model->advanced_s = 0;
  model_touch(model);
}

void model_free(struct model *model) {
  if (!model) return;
  model->changed = NULL;
  model_reset(model);
  struct bot *bot, *next_bot;
  HASH_ITER(hh, model->bots, bot, next_bot) {
    HASH_DEL(model->bots, bot);
    free_bot(bot);
  }
  struct person *person, *next_person;
  HASH_ITER(hh, model->people, person, next_person) {
    HASH_DEL(model->people, person);
    free_person(person);
  }
  queue_free(model->unclaimed);
  free(model);
}

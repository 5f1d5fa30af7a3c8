/* Stores the people. The User object is written anew whenever a name changes, because it is part of nearly every answer. */
#include "sandbox/model/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"

struct person *person_find(const struct model *model, int64_t id) {
  struct person *person;
  HASH_FIND(hh, model->people, &id, sizeof id, person);
  return person;
}

static void set_text(char **to, const char *text) {
  free(*to);
  *to = text && *text ? memory_copy_text(text) : NULL;
}

/* The members stand in the order in which Telegram's server writes them. */
static void describe_person(struct person *person) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":%lld,\"is_bot\":%s,\"first_name\":", (long long)person->id,
                      person->is_bot ? "true" : "false");
  json_write_string(&json, person->first_name ? person->first_name : "", person->first_name ? strlen(person->first_name) : 0);
  json_write_member(&json, "last_name", person->last_name);
  json_write_member(&json, "username", person->username);
  json_write_member(&json, "language_code", person->language);
  json_write_text(&json, "}");
  free(person->json);
  person->json = buffer_take(&json, NULL);
}

static struct person *new_person(struct model *model, int64_t id) {
  struct person *person = memory_new(sizeof *person);
  person->id = id;
  HASH_ADD(hh, model->people, id, sizeof person->id, person);
  return person;
}

struct person *person_add(struct model *model, int64_t id, const char *first_name, const char *last_name, const char *username,
                          const char *language) {
  struct person *person = person_find(model, id);
  if (!person) person = new_person(model, id);
  set_text(&person->first_name, first_name);
  set_text(&person->last_name, last_name);
  set_text(&person->username, username);
  set_text(&person->language, language);
  describe_person(person);
  struct chat *chat = chat_find(model, id);
  if (!chat) chat = chat_add(model, id, CHAT_PRIVATE, NULL);
  chat->person = person;
  chat_describe(chat);
  chat_describe_private(model, person);
  return person;
}

struct person *person_add_bot(struct model *model, int64_t id) {
  struct person *person = person_find(model, id);
  if (!person) person = new_person(model, id);
  char username[40];
  (void)snprintf(username, sizeof username, "sandbox_%lld_bot", (long long)id);
  person->is_bot = true;
  set_text(&person->first_name, "Sandbox Bot");
  set_text(&person->username, username);
  describe_person(person);
  return person;
}

void person_rename_bot(struct person *bot, const char *first_name, const char *username) {
  if (first_name) set_text(&bot->first_name, first_name);
  if (username) set_text(&bot->username, username);
  describe_person(bot);
}

static void free_person(struct person *person) {
  free(person->first_name);
  free(person->last_name);
  free(person->username);
  free(person->language);
  free(person->json);
  free(person);
}

void person_drop_all(struct model *model, bool with_bots) {
  struct person *person, *next;
  HASH_ITER(hh, model->people, person, next) {
    if (person->is_bot && !with_bots) continue;
    HASH_DEL(model->people, person);
    free_person(person);
  }
}

/* Users, as Telegram's User object describes them. A bot is a user too. A person is made together with their private chat. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct model;

struct person {
  int64_t id;
  char *first_name, *last_name, *username, *language; /* NULL: absent */
  bool is_bot;
  bool is_blocking; /* has blocked the bots */
  char *json;       /* the User object */
  UT_hash_handle hh;
};

struct person *person_find(const struct model *model, int64_t id); /* borrowed; NULL: there is none */

/* Adds the person with their private chat, or renames the one of that id. NULL texts are absent. Borrowed. */
struct person *person_add(struct model *model, int64_t id, const char *first_name, const char *last_name, const char *username,
                          const char *language);

/* The user behind a bot, whose name is made from the id. Borrowed. */
struct person *person_add_bot(struct model *model, int64_t id);

void person_rename_bot(struct person *bot, const char *first_name, const char *username); /* a NULL changes nothing */

void person_drop_all(struct model *model, bool with_bots);

/* Who is in a chat, and as what. People without an entry are not in it; a bot without one is an administrator with all rights,
 * because most tests want no more of a group than that their bot is in it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct buffer;
struct chat;
struct person;

enum member_status { MEMBER_LEFT, MEMBER_KICKED, MEMBER_RESTRICTED, MEMBER_PLAIN, MEMBER_ADMINISTRATOR, MEMBER_CREATOR };

enum { MEMBER_TITLE_SIZE = 16 * 4 + 1 }; /* Telegram lets them have 16 characters */

struct member {
  int64_t user_id;
  enum member_status status;
  int64_t until;                                         /* seconds since 1970 when a restriction or a ban ends; 0: never */
  bool is_away;                                          /* a restricted one who is not in the chat */
  uint32_t rights;                                       /* of an administrator; of a restricted one the permissions */
  char title[MEMBER_TITLE_SIZE], tag[MEMBER_TITLE_SIZE]; /* "": none */
  UT_hash_handle hh;
};

/* As what the person is in the chat now: a copy. */
struct member member_now(const struct chat *chat, const struct person *person, int64_t now);

/* The entry to change, which is made if there is none. Borrowed. */
struct member *member_entry(struct chat *chat, const struct person *person);
void member_set_title(char title[MEMBER_TITLE_SIZE], const char *text); /* the tag, too. NULL: none */

bool member_is_in(const struct member *member);
bool member_may_write(const struct member *member); /* without regard to what the chat permits all */
bool member_is_administrator(const struct member *member);
bool member_has_right(const struct member *member, uint32_t right); /* the owner has all, others than administrators none */

/* By a person's id, who may have no account. */
void member_add(struct chat *chat, int64_t user_id); /* does nothing for a member */

/* The first person who is in the chat; 0: none. */
int64_t member_first(const struct chat *chat);

bool member_status_find(const char *name, enum member_status *status);

/* Adds Telegram's ChatMember object. */
void member_write(const struct member *member, const struct person *person, struct buffer *buffer);

void member_drop_all(struct chat *chat);

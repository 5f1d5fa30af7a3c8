/* What of an update, of a call's parameters or of an answer is whose: the JSON in disguise. Whatever is not known to be a kind,
 * an id or a word of Telegram's is taken for a person's. One thread. Internal to the floor. */
#pragma once
#include <jansson.h>

struct disguise;

enum disguised_what {
  DISGUISED_UPDATE, /* or the answer to a call */
  DISGUISED_CALL,   /* parameters of a method: what the bot says */
  DISGUISED_OTHER,  /* what a service was asked, and what it has answered */
};

/* Returns a copy. Given: json_decref(). NULL: there is no memory. json is borrowed. */
json_t *disguised_json(struct disguise *disguise, enum disguised_what what, const json_t *json);

/* What no recording holds, with texts or without: a secret that belongs to an account. Replaces it in place. */
void disguised_json_drop_secrets(json_t *json);

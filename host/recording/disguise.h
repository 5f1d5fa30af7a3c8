/* What people wrote and what names them, in the form in which a recording shows it: each letter another one of its alphabet,
 * the same word always the same way, so that a bot can go on working with it. Nobody can take the disguise off: the letters
 * are drawn, and which word they stand for is known only here, as long as the host runs. One thread. Internal to the floor.
 *
 * What stays as it is: the words of the scripts' own texts in what the bot says, a text of a person that a script knows as a
 * whole or that stands on a button of the bot, a command, numbers of up to six digits, and whatever is no letter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct disguise;
struct vocabulary;

struct disguise *disguise_new(const struct vocabulary *vocabulary); /* kept. Given: disguise_free() */
void disguise_free(struct disguise *disguise);                      /* NULL does no harm */

enum disguise_kind {
  DISGUISE_NAME,    /* of a person, a chat, a file: nothing of it stays */
  DISGUISE_WRITTEN, /* by a person */
  DISGUISE_SAID,    /* by the bot, or by a service that it has asked */
  DISGUISE_DATA,    /* what a button carries, an address: its numbers stay, and the names of the code */
  DISGUISE_ERROR,   /* the same, and the words of Lua, SQLite and Telegram */
};

/* Appends the text in disguise. What is not UTF-8 becomes a question mark a byte. False: there is no room, and a part of it may
 * stand there. */
bool disguise_add(struct disguise *disguise, enum disguise_kind kind, const char *text, size_t size, struct buffer *to);

/* The text stands on a button, and is shown as the mask: whoever sends it presses that. */
void disguise_add_label(struct disguise *disguise, const char *text, size_t size, const char *mask, size_t mask_size);

/* Appends the words that were drawn since the last time, as a JSON array, and whether there are any. */
bool disguise_add_drawn(struct disguise *disguise, struct buffer *to);

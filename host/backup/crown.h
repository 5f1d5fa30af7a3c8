/* The crown: one register, the command menu of the admin's own chat, where the last writer wins. A start raises it by writing a
 * nonce of its own, and reigns while the crown equals that nonce; which of two nonces is newer is never asked. Telegram has no
 * compare-and-set, so a look proves only that nobody had raised before it. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct clock;
struct crown;
struct telegram;

enum crown_holder {
  CROWN_OURS,
  CROWN_OTHERS,
  CROWN_NOBODYS, /* somebody has removed the command: nobody reigns */
};

struct crown *crown_open(struct telegram *telegram, struct clock *clock, int64_t admin_id); /* kept. Given: crown_close() */
void crown_close(struct crown *crown); /* cancels everything. NULL does no harm */

int64_t crown_nonce(const struct crown *crown);  /* ours; 0: not raised */
int64_t crown_holder(const struct crown *crown); /* the nonce that the last look has seen; 0: nobody's */

bool crown_is_stray(const struct crown *crown); /* it is ours, of a raise without an answer: nobody reigns by it */

int64_t crown_age_ms(const struct crown *crown); /* since the last look that found it ours was sent */

/* Raises the crown. Each try writes another nonce: a try without an answer may still arrive, and must then be somebody else's.
 * The other commands of the menu stay. done comes once, from the loop; ERROR_REFUSED: Telegram does not know the chat, or
 * refuses, five times. */
typedef void (*crown_raised)(const struct error *error, void *data);
void crown_raise(struct crown *crown, crown_raised done, void *data);

/* Who holds it? Asks Telegram. One look or raise at a time, besides the guard. error->kind: it could not be asked, five times;
 * holder says nothing then. */
typedef void (*crown_looked)(const struct error *error, enum crown_holder holder, void *data);
void crown_look(struct crown *crown, crown_looked done, void *data);
void crown_cancel(struct crown *crown); /* the look or raise that is under way: no callback after this */

/* Looks every 3 s, and at once where the clock has made a leap (the process was frozen). lost() comes once, when the crown is
 * not ours any more; then the guard has ended. */
void crown_guard(struct crown *crown, void (*lost)(enum crown_holder holder, void *data), void *data);
void crown_hasten(struct crown *crown);    /* the guard looks now, if it is on */
void crown_end_guard(struct crown *crown); /* does no harm where there is none */

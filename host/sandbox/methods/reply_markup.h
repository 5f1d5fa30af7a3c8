/* The parameter reply_markup. Telegram reads nested JSON strictly, and so does this room. */
#pragma once
#include <stdbool.h>

struct call;

struct reply_markup {
  char *json;               /* given: free(), also after a failure. NULL: none */
  bool is_inline;           /* else a reply keyboard, its removal or a forced reply */
  const char *private_only; /* static: Telegram's refusal where the chat is no private one; NULL: it may be any */
};

/* Fails the call and returns false. */
bool reply_markup_read(struct call *call, struct reply_markup *markup);

/* What all edits of a message share: which one, whether it may be edited, and whether anything changes. */
#pragma once
#include <stdbool.h>

#include "sandbox/message.h"

struct call;
struct entity_text;

struct editing {
  struct message *message;
  char *markup;      /* the new one; ours until editing_apply() */
  bool has_keyboard; /* it is no inline keyboard, which an edit refuses */
};

/* Each fails the call and returns false. editing_release() either way. */
bool editing_read_markup(struct call *call, struct editing *editing);
/* refusal: Telegram's words for a message of which more than the buttons must not be edited. */
bool editing_find(struct call *call, struct editing *editing, const char *refusal);
/* Gives the message its new content (text and content are taken; text may be NULL) and markup; the result is the message. */
bool editing_apply(struct call *call, struct editing *editing, enum message_kind kind, struct entity_text *text, char *content);
void editing_release(struct editing *editing);

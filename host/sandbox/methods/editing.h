/* What all methods share that edit a message: which message, whether it may be edited, and whether anything changes. */
#pragma once
#include <stdbool.h>

#include "sandbox/model/message.h"

struct call;
struct entity_text;

struct editing {
  struct message *message;
  char *markup;      /* the new one; ours until editing_apply() */
  char *preview;     /* of a new text: LinkPreviewOptions; ours until editing_apply(). NULL: none */
  bool is_inline;    /* it was written by inline mode: the bot does not get to see it */
  bool has_keyboard; /* the new markup is no inline keyboard; then the edit is refused */
};

/* Each fails the call and returns false. editing_release() either way. */
bool editing_read_markup(struct call *call, struct editing *editing);
/* refusal: Telegram's text for a message that this bot can't edit. */
bool editing_find(struct call *call, struct editing *editing, const char *refusal);
/* Gives the message its new content and markup, and writes the message as the result. The texts in `text` are taken if it
 * succeeds, content always. */
bool editing_apply(struct call *call, struct editing *editing, enum message_kind kind, struct entity_text *text, char *content);
void editing_release(struct editing *editing);

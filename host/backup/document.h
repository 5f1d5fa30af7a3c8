/* A message's document. A bot can't ask for a message by its id, so the message is forwarded within its chat, which tells the
 * document's file id; the copy is always deleted again. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct clock;
struct document;
struct document_copy;
struct telegram;

struct document_id { /* Telegram's file_unique_id: two documents with the same one are the same */
  char text[100];
};

struct document_source { /* embedded; fill in the first three */
  struct telegram *telegram;
  struct clock *clock;
  int64_t chat_id;
  void (*progress)(size_t done, size_t all, void *data); /* of a transfer, in bytes; all 0: not known. Or NULL */
  void *progress_data;
  struct document_copy *copies; /* whose deletion is under way; they outlive the fetches that made them */
};
void document_source_release(struct document_source *source); /* cancels deletions that are under way */

struct document_answer {
  struct error error;  /* ERROR_NETWORK, ERROR_UNCERTAIN: five tries have failed; ERROR_REFUSED, ERROR_FULL, ERROR_MEMORY */
  bool is_there;       /* false without an error: the message is gone, can't be forwarded, or holds no document */
  bool is_same;        /* it is the one that is known already, so its bytes were not fetched */
  const char *missing; /* which of these, for a person; "" where it is there */
  struct document_id unique;
  const char *bytes; /* borrowed until done returns */
  size_t size;
};
typedef void (*document_done)(const struct document_answer *answer, void *data);

/* source is kept until done or cancelled. known: the document that the caller has; NULL: none; borrowed. done comes once, from
 * the loop. */
struct document *document_start(struct document_source *source, int64_t message_id, const struct document_id *known,
                                document_done done, void *data);
void document_cancel(struct document *document);              /* the copy is deleted all the same */
char *document_take(struct document *document, size_t *size); /* within done only. Given: free(). NULL: no memory */

/* May the same fetch succeed later? Telegram words some of its own failures as refusals. */
bool document_may_pass(const struct error *error);

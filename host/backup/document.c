/* Fetches a message's document: each try forwards the message and downloads the copy's file. A failure that may pass is tried
 * again from the forward on, because the new copy has a new file id. */
#include "backup/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/api_call.h"
#include "common/memory.h"
#include "telegram/telegram.h"

enum {
  REFUSALS = 3, /* before a message counts as gone: a server that has just started may refuse what it will do soon */
  SIZE_CEILING =
      64 << 20, /* a hosted bot can download 20 MB, a self-hosted Bot API server gives more: telegram/FACTS.md, Files */
};

struct document_copy { /* a deletion that nobody waits for */
  struct api_call call;
  struct document_source *source;
  struct document_copy *next;
};

struct document {
  struct document_source *source;
  size_t size;                 /* of the file, as Telegram tells it; 0: it does not. From forwarded on */
  int64_t message_id, copy_id; /* copy_id 0: there is none to delete */
  document_done done;
  void *data;
  struct api_call call;
  struct telegram_download *download;
  struct clock_timer timer; /* between two tries */
  unsigned tries;
  struct document_id known; /* "" : none */
  struct document_answer answer;
};

/* ---- copies ---- */

/* A deletion goes on after the fetch has ended, since its owner need not wait for it. */
static void drop_copy(struct document_copy *copy) {
  struct document_copy **link = &copy->source->copies;
  while (*link != copy) link = &(*link)->next;
  *link = copy->next;
  free(copy);
}

static void on_copy_deleted(const struct api_call_answer *answer, void *data) {
  (void)answer; /* a copy that stays in the chat does no harm */
  drop_copy(data);
}

static void delete_copy(struct document *document) {
  struct document_source *source = document->source;
  if (!document->copy_id) return;
  struct document_copy *copy = memory_new(sizeof *copy);
  *copy = (struct document_copy){
      .call = {.telegram = source->telegram, .clock = source->clock}, .source = source, .next = source->copies};
  source->copies = copy;
  json_t *parameters =
      json_pack("{s:I, s:I}", "chat_id", (json_int_t)source->chat_id, "message_id", (json_int_t)document->copy_id);
  document->copy_id = 0;
  api_call_start(&copy->call, source->chat_id, "deleteMessage", parameters, API_CALL_TRIES, on_copy_deleted, copy);
}

void document_source_release(struct document_source *source) {
  while (source->copies) {
    api_call_cancel(&source->copies->call);
    drop_copy(source->copies);
  }
}

/* ---- the life of a fetch, in order ---- */
static void forward(void *data);                                            /* a try begins */
static void on_forwarded(const struct api_call_answer *answer, void *data); /* the copy's document is the file */
static void on_downloaded(const struct download_answer *answer, void *data);
static void on_progress(size_t sent, size_t received, void *data);
static void again_or_end(struct document *document); /* another try, while there are some */
static void document_end(struct document *document); /* deletes the copy, tells, frees */

struct document *document_start(struct document_source *source, int64_t message_id, const struct document_id *known,
                                document_done done, void *data) {
  struct document *document = memory_new(sizeof *document);
  *document = (struct document){
      .source = source,
      .message_id = message_id,
      .done = done,
      .data = data,
      .call = {.telegram = source->telegram, .clock = source->clock},
  };
  if (known) document->known = *known;
  forward(document);
  return document;
}

static void forward(void *data) {
  struct document *document = data;
  json_int_t chat_id = document->source->chat_id;
  json_t *parameters = json_pack("{s:I, s:I, s:I, s:b}", "chat_id", chat_id, "from_chat_id", chat_id, "message_id",
                                 (json_int_t)document->message_id, "disable_notification", 1);
  document->tries++;
  document->answer = (struct document_answer){.missing = "", .bytes = ""};
  api_call_start(&document->call, document->source->chat_id, "forwardMessage", parameters, 1, on_forwarded, document);
}

static void refused(struct document *document) {
  if (document->tries < REFUSALS) {
    clock_start(document->source->clock, &document->timer, api_call_back_off_ms(document->tries), forward, document);
  } else {
    document_end(document);
  }
}

static void on_forwarded(const struct api_call_answer *answer, void *data) {
  struct document *document = data;
  struct document_answer *told = &document->answer;
  if (answer->error.kind == ERROR_REFUSED && answer->code == 400) { /* whatever the words: it can't be forwarded */
    told->missing = "it is gone";
    refused(document);
    return;
  }
  if (answer->error.kind) {
    told->error = answer->error;
    again_or_end(document);
    return;
  }
  const json_t *file = json_object_get(answer->result, "document");
  const char *file_id = json_string_value(json_object_get(file, "file_id"));
  const char *unique_id = json_string_value(json_object_get(file, "file_unique_id"));
  document->copy_id = json_integer_value(json_object_get(answer->result, "message_id"));
  if (!file_id) {
    told->missing = "it holds no document";
    document_end(document);
    return;
  }
  document->size = (size_t)json_integer_value(json_object_get(file, "file_size"));
  (void)snprintf(told->unique.text, sizeof told->unique.text, "%s", unique_id ? unique_id : "");
  if (*told->unique.text && strcmp(told->unique.text, document->known.text) == 0) {
    told->is_there = told->is_same = true;
    document_end(document);
    return;
  }
  document->download = download_start(document->source->telegram, NULL, file_id, SIZE_CEILING,
                                      document->source->progress ? on_progress : NULL, on_downloaded, document);
}

static void on_progress(size_t sent, size_t received, void *data) {
  const struct document *document = data;
  (void)sent;
  document->source->progress(received, document->size, document->source->progress_data);
}

static void on_downloaded(const struct download_answer *answer, void *data) {
  struct document *document = data;
  struct document_answer *told = &document->answer;
  told->error = answer->error;
  if (answer->error.kind) {
    document->download = NULL;
    again_or_end(document);
    return;
  }
  told->is_there = true;
  told->bytes = answer->data;
  told->size = answer->size;
  document_end(document);
}

/* Where Telegram's own file servers have failed it says "temporarily unavailable", with the code 400 (telegram/FACTS.md,
 * Files). */
bool document_may_pass(const struct error *error) {
  return error->kind == ERROR_NETWORK || error->kind == ERROR_UNCERTAIN ||
         api_call_was_refused(error, "temporarily unavailable") || api_call_was_refused(error, "download: HTTP");
}

static void again_or_end(struct document *document) {
  if (document_may_pass(&document->answer.error) && document->tries < API_CALL_TRIES) {
    delete_copy(document);
    clock_start(document->source->clock, &document->timer, api_call_back_off_ms(document->tries), forward, document);
  } else {
    document_end(document);
  }
}

static void document_end(struct document *document) {
  struct error *error = &document->answer.error;
  if (error->kind == ERROR_REFUSED && document_may_pass(error)) error->kind = ERROR_UNCERTAIN;
  delete_copy(document);
  document->done(&document->answer, document->data);
  free(document);
}

void document_cancel(struct document *document) {
  api_call_cancel(&document->call);
  if (document->download) download_cancel(document->download);
  clock_stop(document->source->clock, &document->timer);
  delete_copy(document);
  free(document);
}

char *document_take(struct document *document, size_t *size) { return download_take(document->download, size); }

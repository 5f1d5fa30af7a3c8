/* The operations on the anchor, one at a time. Each is of one of three kinds: an api_call (pins, pointers, deleting), a
 * fetch or a finding (rooms of their own), an upload. An operation is taken off the anchor before its owner is told, so that
 * the owner may start the next one from within done. */
#include "backup/anchor.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/api_call.h"
#include "backup/document.h"
#include "backup/finding.h"
#include "backup/pointer.h"
#include "common/clock.h"
#include "common/memory.h"
#include "net/http.h"
#include "telegram/telegram.h"

struct anchor_operation {
  struct anchor *anchor;
  struct api_call call;
  struct document *document;
  struct finding *finding;
  struct telegram_call *upload;
  char *texts[4]; /* ours: the upload's parameters, and last the file's name */
  struct http_part fields[5];
  size_t field_count;
  size_t sent_before, sent_size, sent_all; /* for progress: the upload, and the larger thing that it belongs to */
  int64_t message_id;                      /* that is edited, pinned, fetched */
  const char *harmless;                    /* a refusal in these words is a success; NULL: none is */
  bool is_best_effort;                     /* every failure is a success */
  bool is_erasing;                         /* the upload is the empty document */
  union {
    anchor_done plain;
    anchor_found_done found;
    anchor_sent_done sent;
    anchor_checked checked;
  } done;
  void *data;
};

struct anchor {
  struct document_source source;
  int64_t config_id;
  size_t sent_before, sent_all;        /* what the next upload belongs to; zeros: to nothing */
  struct anchor_operation *operation;  /* NULL: none is under way */
  const struct anchor_operation *told; /* whose owner is being told what was found */
  struct anchor_sent known; /* the document that we wrote or read last: the answer where Telegram says "not modified" */
};

struct anchor *anchor_open(struct telegram *telegram, struct clock *clock, int64_t admin_id, int64_t config_id) {
  struct anchor *anchor = memory_new(sizeof *anchor);
  anchor->source = (struct document_source){.telegram = telegram, .clock = clock, .chat_id = admin_id};
  anchor->config_id = config_id;
  return anchor;
}

void anchor_close(struct anchor *anchor) {
  if (!anchor) return;
  anchor_cancel(anchor);
  document_source_release(&anchor->source);
  free(anchor);
}

struct clock *anchor_clock(const struct anchor *anchor) { return anchor->source.clock; }

void anchor_on_progress(struct anchor *anchor, void (*progress)(size_t done, size_t all, void *data), void *data) {
  anchor->source.progress = progress;
  anchor->source.progress_data = data;
}

void anchor_expect(struct anchor *anchor, size_t sent, size_t all) {
  anchor->sent_before = sent;
  anchor->sent_all = all;
}

static struct anchor_operation *operation_new(struct anchor *anchor, void *data) {
  assert(!anchor->operation);
  struct anchor_operation *operation = memory_new(sizeof *operation);
  operation->anchor = anchor;
  operation->call = (struct api_call){.telegram = anchor->source.telegram, .clock = anchor->source.clock};
  operation->data = data;
  anchor->operation = operation;
  return operation;
}

static void operation_free(struct anchor_operation *operation) {
  for (size_t i = 0; i < sizeof operation->texts / sizeof *operation->texts; i++) free(operation->texts[i]);
  free(operation);
}

void anchor_cancel(struct anchor *anchor) {
  struct anchor_operation *operation = anchor->operation;
  if (!operation) return;
  api_call_cancel(&operation->call);
  if (operation->document) document_cancel(operation->document);
  if (operation->finding) finding_cancel(operation->finding);
  if (operation->upload) telegram_call_cancel(operation->upload);
  anchor->operation = NULL;
  operation_free(operation);
}

static void start_call(struct anchor_operation *operation, const char *method, json_t *parameters, api_call_done done) {
  api_call_start(&operation->call, operation->anchor->source.chat_id, method, parameters, API_CALL_TRIES, done, operation);
}

/* ---- the end of an operation that only succeeds or fails ---- */

static void end_plain(struct anchor_operation *operation, const struct error *error) {
  struct error told = *error;
  if (operation->is_best_effort || (operation->harmless && api_call_was_refused(error, operation->harmless)))
    told = (struct error){0};
  operation->anchor->operation = NULL;
  operation->done.plain(&told, operation->data);
  operation_free(operation);
}

static void on_call_done(const struct api_call_answer *answer, void *data) { end_plain(data, &answer->error); }

/* ---- finding and fetching ---- */

static void remember(struct anchor *anchor, int64_t message_id, const char *file_id, const char *unique) {
  anchor->known.message_id = message_id;
  (void)snprintf(anchor->known.file_id, sizeof anchor->known.file_id, "%s", file_id);
  (void)snprintf(anchor->known.unique.text, sizeof anchor->known.unique.text, "%s", unique);
}

/* Within done the owner may take the bytes, and then start the next operation. */
static void end_found(struct anchor_operation *operation, const struct anchor_found *found) {
  struct anchor *anchor = operation->anchor;
  if (found->is_there) remember(anchor, found->message_id, "", found->unique.text);
  anchor->operation = NULL;
  anchor->told = operation;
  operation->done.found(found, operation->data);
  anchor->told = NULL;
  operation_free(operation);
}

static void on_found(const struct anchor_found *found, void *data) { end_found(data, found); }

void anchor_find(struct anchor *anchor, const struct anchor_known *known, anchor_found_done done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  operation->done.found = done;
  operation->finding = finding_start(&anchor->source, anchor->config_id, known, on_found, operation);
}

static void on_fetched(const struct document_answer *document, void *data) {
  struct anchor_operation *operation = data;
  struct anchor_found found = {.error = document->error,
                               .is_there = document->is_there,
                               .is_same = document->is_same,
                               .message_id = operation->message_id,
                               .unique = document->unique,
                               .bytes = document->bytes,
                               .size = document->size};
  end_found(operation, &found);
}

void anchor_fetch(struct anchor *anchor, int64_t message_id, anchor_found_done done, void *data) {
  anchor_refetch(anchor, message_id, NULL, done, data);
}

void anchor_refetch(struct anchor *anchor, int64_t message_id, const struct document_id *known, anchor_found_done done,
                    void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  operation->done.found = done;
  operation->message_id = message_id;
  operation->document = document_start(&anchor->source, message_id, known, on_fetched, operation);
}

char *anchor_take(struct anchor *anchor, size_t *size) {
  const struct anchor_operation *operation = anchor->told;
  return operation->finding ? finding_take(operation->finding, size) : document_take(operation->document, size);
}

/* ---- writing ---- */

/* These refusals concern the one message (telegram/FACTS.md, Editing). Any other would refuse a new message as well. */
static bool is_edit_impossible(const struct error *error) {
  static const char *const words[] = {"message to edit not found", "can't be edited", "MESSAGE_ID_INVALID",
                                      "MESSAGE_EDIT_TIME_EXPIRED", "MESSAGE_AUTHOR_REQUIRED"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (api_call_was_refused(error, words[i])) return true;
  }
  return false;
}

/* A success that can't be read is uncertain: the document is in the chat, but its ids are not known. */
static void read_sent(struct anchor_operation *operation, const struct telegram_answer *answer, struct anchor_sent *sent) {
  json_t *root = json_loadb(answer->body, answer->size, 0, NULL);
  const json_t *message = json_object_get(root, "result");
  const json_t *file = json_object_get(message, "document");
  const char *file_id = json_string_value(json_object_get(file, "file_id"));
  const char *unique_id = json_string_value(json_object_get(file, "file_unique_id"));
  json_int_t message_id = json_integer_value(json_object_get(message, "message_id"));
  if (message_id > 0 && file_id && unique_id) {
    remember(operation->anchor, message_id, file_id, unique_id);
    *sent = operation->anchor->known;
  } else {
    error_set(&sent->error, ERROR_UNCERTAIN, "sending a backup: the answer names no document; it may have been sent");
  }
  json_decref(root);
}

static void end_sent(struct anchor_operation *operation, const struct anchor_sent *sent) {
  operation->anchor->operation = NULL;
  operation->done.sent(sent, operation->data);
  operation_free(operation);
}

/* What is gone for the bot may still be there for people (telegram/FACTS.md, Editing), but no request changes that. */
static void end_erased(struct anchor_operation *operation, const struct error *error) {
  static const char *const words[] = {"message is not modified", "message to edit not found", "message to delete not found",
                                      "MESSAGE_ID_INVALID"};
  struct error told = *error;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (api_call_was_refused(error, words[i])) told = (struct error){0};
  }
  end_plain(operation, &told);
}

static void on_uploaded(const struct telegram_answer *answer, void *data) {
  struct anchor_operation *operation = data;
  const struct anchor *anchor = operation->anchor;
  struct anchor_sent sent = {.error = answer->error};
  operation->upload = NULL;
  if (operation->is_erasing) {
    end_erased(operation, &answer->error);
    return;
  }
  if (!answer->error.kind) {
    read_sent(operation, answer, &sent);
  } else if (operation->message_id && api_call_was_refused(&answer->error, "message is not modified")) {
    sent = anchor->known.message_id == operation->message_id ? anchor->known
                                                             : (struct anchor_sent){.message_id = operation->message_id};
  } else {
    sent.is_gone = operation->message_id && is_edit_impossible(&answer->error);
  }
  end_sent(operation, &sent);
}

/* The request has a few bytes more than the document. */
static void on_progress(size_t sent, size_t received, void *data) {
  const struct anchor_operation *operation = data;
  const struct document_source *source = &operation->anchor->source;
  size_t done = sent < operation->sent_size ? sent : operation->sent_size;
  (void)received;
  source->progress(operation->sent_before + done, operation->sent_all, source->progress_data);
}

/* All that a field points to must live until the upload's end, which is why texts[] are copies. */
static void add_text(struct anchor_operation *operation, const char *name, const char *text) {
  operation->fields[operation->field_count++] = (struct http_part){.name = name, .data = text, .size = strlen(text)};
}

static void start_upload(struct anchor_operation *operation, const char *method, const char *file_name, const char *bytes,
                         size_t size) {
  struct anchor *anchor = operation->anchor;
  operation->sent_before = anchor->sent_before;
  operation->sent_size = size;
  operation->sent_all = anchor->sent_all ? anchor->sent_all : size;
  anchor_expect(anchor, 0, 0);
  operation->texts[3] = memory_copy_text(file_name);
  operation->fields[operation->field_count++] =
      (struct http_part){.name = "document", .file_name = operation->texts[3], .data = bytes, .size = size};
  struct telegram_request request = {
      .method = method,
      .parts = operation->fields,
      .part_count = operation->field_count,
      .chat_id = anchor->source.chat_id,
      .own_pauses = true,
      .own_connection = true,
      .progress = anchor->source.progress ? on_progress : NULL,
  };
  operation->upload = telegram_start(anchor->source.telegram, &request, on_uploaded, operation);
}

/* In a multipart body a number is text. */
static char *number_text(int64_t number) {
  char text[24];
  (void)snprintf(text, sizeof text, "%lld", (long long)number);
  return memory_copy_text(text);
}

void anchor_send(struct anchor *anchor, const char *file_name, const char *caption, const char *bytes, size_t size,
                 anchor_sent_done done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  operation->done.sent = done;
  add_text(operation, "chat_id", operation->texts[0] = number_text(anchor->source.chat_id));
  add_text(operation, "caption", operation->texts[1] = memory_copy_text(caption));
  add_text(operation, "disable_notification", "true");
  add_text(operation, "disable_content_type_detection", "true");
  start_upload(operation, "sendDocument", file_name, bytes, size);
}

static void start_edit(struct anchor_operation *operation, const char *file_name, const char *caption, const char *bytes,
                       size_t size) {
  json_t *media = json_pack("{s:s, s:s, s:s, s:b}", "type", "document", "media", "attach://document", "caption", caption,
                            "disable_content_type_detection", 1);
  operation->texts[2] = json_dumps(media, JSON_COMPACT);
  json_decref(media);
  add_text(operation, "chat_id", operation->texts[0] = number_text(operation->anchor->source.chat_id));
  add_text(operation, "message_id", operation->texts[1] = number_text(operation->message_id));
  add_text(operation, "media", operation->texts[2] ? operation->texts[2] : "");
  start_upload(operation, "editMessageMedia", file_name, bytes, size);
}

void anchor_edit(struct anchor *anchor, int64_t message_id, const char *file_name, const char *caption, const char *bytes,
                 size_t size, anchor_sent_done done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  operation->done.sent = done;
  operation->message_id = message_id;
  start_edit(operation, file_name, caption, bytes, size);
}

/* ---- pins, and deleting ---- */

static struct anchor_operation *start_on_message(struct anchor *anchor, const char *method, int64_t message_id, bool is_silent,
                                                 anchor_done done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  json_t *parameters =
      json_pack("{s:I, s:I}", "chat_id", (json_int_t)anchor->source.chat_id, "message_id", (json_int_t)message_id);
  if (is_silent) json_object_set_new(parameters, "disable_notification", json_true());
  operation->done.plain = done;
  start_call(operation, method, parameters, on_call_done);
  return operation;
}

void anchor_pin(struct anchor *anchor, int64_t message_id, anchor_done done, void *data) {
  start_on_message(anchor, "pinChatMessage", message_id, true, done, data)->harmless = "CHAT_NOT_MODIFIED";
}

/* Written once: a second write could be late, too, and hide what another host has written meanwhile. */
void anchor_point(struct anchor *anchor, size_t at, int64_t message_id, int64_t epoch, anchor_done done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  json_t *parameters = pointer_register(anchor->source.chat_id, at);
  json_t *none = json_array();
  json_object_set_new(parameters, "commands", pointer_put(none, message_id, epoch));
  json_decref(none);
  operation->done.plain = done;
  operation->call.own_connection = true;
  api_call_start(&operation->call, anchor->source.chat_id, "setMyCommands", parameters, 1, on_call_done, operation);
}

void anchor_unpin(struct anchor *anchor, int64_t message_id, anchor_done done, void *data) {
  start_on_message(anchor, "unpinChatMessage", message_id, false, done, data)->is_best_effort = true;
}

void anchor_delete(struct anchor *anchor, int64_t message_id, anchor_done done, void *data) {
  start_on_message(anchor, "deleteMessage", message_id, false, done, data)->is_best_effort = true;
}

/* ---- erasing ---- */

#define EMPTY "This was a copy of a bot's data. It was older than it may be kept, so it was erased.\n"

static void on_not_deleted(const struct api_call_answer *answer, void *data) {
  struct anchor_operation *operation = data;
  bool may_edit = answer->error.kind == ERROR_REFUSED && answer->code == 400;
  if (may_edit && !api_call_was_refused(&answer->error, "message to delete not found")) {
    operation->is_erasing = true;
    start_edit(operation, "erased.txt", "Lunokhod: this copy was erased.", EMPTY, sizeof EMPTY - 1);
  } else {
    end_erased(operation, &answer->error);
  }
}

void anchor_erase(struct anchor *anchor, int64_t message_id, anchor_done done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  operation->done.plain = done;
  operation->message_id = message_id;
  start_call(operation, "deleteMessage",
             json_pack("{s:I, s:I}", "chat_id", (json_int_t)anchor->source.chat_id, "message_id", (json_int_t)message_id),
             on_not_deleted);
}

/* ---- checking ---- */

static void on_checked(const struct api_call_answer *answer, void *data) {
  struct anchor_operation *operation = data;
  const struct error *error = &answer->error;
  bool is_gone = api_call_was_refused(error, "message to edit not found") || api_call_was_refused(error, "MESSAGE_ID_INVALID");
  operation->anchor->operation = NULL;
  operation->done.checked(is_gone, operation->data);
  operation_free(operation);
}

void anchor_check(struct anchor *anchor, int64_t message_id, const char *caption, anchor_checked done, void *data) {
  struct anchor_operation *operation = operation_new(anchor, data);
  json_int_t chat_id = anchor->source.chat_id;
  operation->done.checked = done;
  api_call_start(&operation->call, chat_id, "editMessageCaption",
                 json_pack("{s:I, s:I, s:s}", "chat_id", chat_id, "message_id", (json_int_t)message_id, "caption", caption), 1,
                 on_checked, operation);
}

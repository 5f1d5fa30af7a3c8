/* The backup's message id can come from three places: the pointer, the pin, CONFIG_ID. All are asked, everything that they name
 * is fetched, and the backup that wins is taken: to restore from an older one means to write over the newer one, and so to lose
 * it. Hence a question without an answer, or a fetch that may succeed later, ends the finding with an error. A document that
 * can never be read is passed over, as long as another one can be. */
#include "backup/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/api_call.h"
#include "backup/archive.h"
#include "backup/document.h"
#include "backup/manifest.h"
#include "backup/pointer.h"
#include "backup/seed.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  CANDIDATES_MAX = 3,
  ROUNDS = 2, /* before "there is no backup": a pin is sometimes missing from an answer (telegram/FACTS.md, Pinning) */
  ROUND_GAP_MS = 2000,
};

struct candidate {
  const char *named_by;
  int64_t message_id;
  bool is_promised; /* it must be a backup; false: it may be any document that somebody has pinned */
};

struct finding {
  struct document_source *source;
  int64_t config_id;
  anchor_found_done done;
  void *data;
  unsigned rounds;
  struct api_call call;
  struct document *document;
  struct clock_timer timer; /* between two rounds */
  struct pointer pointer;   /* from on_pointer_answered() on, of this round */
  struct candidate candidates[CANDIDATES_MAX];
  size_t candidate_count, at;
  bool is_promised;              /* one of them is, so there is or was a backup */
  struct manifest manifest;      /* of the one that was read last */
  struct manifest best_manifest; /* of the best so far; all zero for a seed's document */
  struct anchor_found best;      /* its bytes are ours */
  char *bytes;
  char skipped[400]; /* the candidates that were skipped, and why */
};

/* ---- the life of a finding, in order ---- */
static void ask_pointer(void *data); /* a round begins */
static void on_pointer_answered(const struct api_call_answer *answer, void *data);
static void on_pin_answered(const struct api_call_answer *answer, void *data);
static void fetch_next(struct finding *finding); /* one candidate after the other */
static void on_fetched(const struct document_answer *document, void *data);
static void on_all_fetched(struct finding *finding); /* another round, or the end */
static void finding_end(struct finding *finding, const struct error *error);

struct finding *finding_start(struct document_source *source, int64_t config_id, anchor_found_done done, void *data) {
  struct finding *finding = memory_new(sizeof *finding);
  finding->source = source;
  finding->config_id = config_id;
  finding->done = done;
  finding->data = data;
  finding->call = (struct api_call){.telegram = source->telegram, .clock = source->clock};
  ask_pointer(finding);
  return finding;
}

static void ask_pointer(void *data) {
  struct finding *finding = data;
  int64_t chat_id = finding->source->chat_id;
  finding->rounds++;
  finding->candidate_count = finding->at = 0;
  finding->skipped[0] = '\0';
  api_call_start(&finding->call, chat_id, "getMyCommands", pointer_scope(chat_id), 1, on_pointer_answered, finding);
}

/* "chat not found" is an answer, too: the admin has never written to the bot, so there is no backup. */
static bool is_answered(struct finding *finding, const struct api_call_answer *answer, json_type type) {
  struct error error;
  if (api_call_has_answered(answer, type, &error) || api_call_was_refused(&error, "chat not found")) return true;
  finding_end(finding, &error);
  return false;
}

static void add_candidate(struct finding *finding, const char *named_by, int64_t message_id, bool is_promised) {
  if (message_id <= 0) return;
  if (is_promised) finding->is_promised = true;
  for (size_t i = 0; i < finding->candidate_count; i++) {
    if (finding->candidates[i].message_id == message_id) return;
  }
  finding->candidates[finding->candidate_count++] = (struct candidate){named_by, message_id, is_promised};
}

static void on_pointer_answered(const struct api_call_answer *answer, void *data) {
  struct finding *finding = data;
  json_int_t chat_id = finding->source->chat_id;
  if (!is_answered(finding, answer, JSON_ARRAY)) return;
  finding->pointer = (struct pointer){0};
  pointer_find(answer->result, &finding->pointer);
  add_candidate(finding, "the pointer", finding->pointer.message_id, true);
  api_call_start(&finding->call, chat_id, "getChat", json_pack("{s:I}", "chat_id", chat_id), 1, on_pin_answered, finding);
}

/* Only a document that the bot sent itself is surely a backup. What a person has pinned is read as well, but may be anything.
 */
static void on_pin_answered(const struct api_call_answer *answer, void *data) {
  struct finding *finding = data;
  if (!is_answered(finding, answer, JSON_OBJECT)) return;
  const json_t *pin = json_object_get(answer->result, "pinned_message");
  if (json_object_get(pin, "document")) {
    bool is_from_bot = json_is_true(json_object_get(json_object_get(pin, "from"), "is_bot"));
    add_candidate(finding, "the pin", json_integer_value(json_object_get(pin, "message_id")), is_from_bot);
  }
  add_candidate(finding, "CONFIG_ID", finding->config_id, true);
  fetch_next(finding);
}

static void fetch_next(struct finding *finding) {
  if (finding->at == finding->candidate_count) {
    on_all_fetched(finding);
  } else {
    finding->document = document_start(finding->source, finding->candidates[finding->at].message_id, on_fetched, finding);
  }
}

/* Only for what must be a backup: any other pinned document may well be none. */
static void note_skipped(struct finding *finding, const char *why) {
  const struct candidate *candidate = &finding->candidates[finding->at];
  size_t used = strlen(finding->skipped);
  if (!candidate->is_promised) return;
  (void)snprintf(finding->skipped + used, sizeof finding->skipped - used, "%s%s names message %lld: %s", used ? "; " : "",
                 candidate->named_by, (long long)candidate->message_id, why);
}

/* Takes the bytes, because the document frees its own when on_fetched() returns. */
static void keep_best(struct finding *finding, const struct document_answer *document, struct error *error) {
  size_t size;
  char *bytes = document_take(finding->document, &size);
  if (!bytes) {
    error_set(error, ERROR_MEMORY, "out of memory for a backup of %zu bytes", document->size);
    return;
  }
  free(finding->bytes);
  finding->bytes = bytes;
  finding->best_manifest = finding->manifest;
  finding->best = (struct anchor_found){
      .is_there = true, .message_id = finding->candidates[finding->at].message_id, .bytes = bytes, .size = size};
  finding->best.unique = document->unique;
}

/* Which backup wins: the one of the higher epoch; of two with the same, the one with the higher sequence. The epoch counts
 * first, because a host that was fenced off may have counted further than the one that took over. Times of saving do not count:
 * each machine has its own clock. A seed's document has zeros, so it loses to every backup. */
static bool backup_wins(const struct manifest *backup, const struct manifest *other) {
  if (backup->epoch != other->epoch) return backup->epoch > other->epoch;
  return backup->sequence > other->sequence;
}

static void judge(struct finding *finding, const struct document_answer *document, struct error *error) {
  bool ok = true;
  finding->manifest = (struct manifest){0};
  if (!seed_is_one(document->bytes, document->size)) {
    ok = archive_read_manifest(document->bytes, document->size, &finding->manifest, error);
  }
  if (!ok && error->kind == ERROR_INPUT) {
    note_skipped(finding, error->text);
    *error = (struct error){0};
  } else if (ok && (!finding->bytes || backup_wins(&finding->manifest, &finding->best_manifest))) {
    keep_best(finding, document, error);
  }
}

/* A refusal, or a document that is too large, stays so; every other error may be gone the next time. */
static bool is_final(enum error_kind kind) { return kind == ERROR_REFUSED || kind == ERROR_FULL; }

static void on_fetched(const struct document_answer *document, void *data) {
  struct finding *finding = data;
  struct error error = document->error;
  if (is_final(error.kind)) {
    note_skipped(finding, error.text);
    error = (struct error){0};
  } else if (!error.kind && !document->is_there) {
    note_skipped(finding, document->missing);
  } else if (!error.kind) {
    judge(finding, document, &error);
  }
  finding->document = NULL;
  finding->at++;
  if (error.kind) {
    finding_end(finding, &error);
  } else {
    fetch_next(finding);
  }
}

static void on_all_fetched(struct finding *finding) {
  struct error error = {0};
  if (!finding->bytes && !finding->is_promised && finding->rounds < ROUNDS) {
    clock_start(finding->source->clock, &finding->timer, ROUND_GAP_MS, ask_pointer, finding);
    return;
  }
  if (finding->bytes && *finding->skipped) log_warn("skipped a backup that can't be read; reason=%s", finding->skipped);
  if (!finding->bytes && finding->is_promised) {
    error_set(&error, ERROR_INPUT, "there is a backup, but it can't be read (%s); to begin without it: --fresh",
              finding->skipped);
  }
  finding_end(finding, &error);
}

static void finding_free(struct finding *finding) {
  free(finding->bytes);
  free(finding);
}

static void finding_end(struct finding *finding, const struct error *error) {
  struct anchor_found found = error->kind ? (struct anchor_found){.error = *error} : finding->best;
  found.pointer_epoch = finding->pointer.epoch;
  finding->done(&found, finding->data);
  finding_free(finding);
}

void finding_cancel(struct finding *finding) {
  api_call_cancel(&finding->call);
  if (finding->document) document_cancel(finding->document);
  clock_stop(finding->source->clock, &finding->timer);
  finding_free(finding);
}

char *finding_take(struct finding *finding, size_t *size) {
  char *bytes = finding->bytes;
  *size = finding->best.size;
  finding->bytes = NULL;
  return bytes;
}

/* Finds the backup that wins. The backup's message id can come from the pin, from the pointers in menus, and from CONFIG_ID.
 * All are asked, what they name is fetched, and the backup that wins is taken (manifest_wins()): to restore from an older
 * one means to lose the newer one. Hence a question without an answer, or a fetch that may succeed later, ends the finding
 * with an error. A document that can never be read is passed over, as long as another one can be; and where nothing is
 * found, "no backup" needs answers that prove it. */
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
  CANDIDATES_MAX = POINTER_REGISTERS + 3,
  ROUNDS =
      2, /* a pin is sometimes missing from an answer (telegram/FACTS.md, Pinning), and a message may be replaced meanwhile */
  ROUND_GAP_MS = 2000,
};

struct candidate {
  const char *named_by;
  int64_t message_id;
  int64_t epoch;    /* of a reign, as the pointer says; 0: not known */
  bool is_promised; /* it must be a backup; false: it may be any document that somebody has pinned */
};

struct finding {
  struct document_source *source;
  int64_t config_id;
  anchor_found_done done;
  void *data;
  unsigned rounds, rounds_max;
  struct api_call call;
  struct document *document;
  struct clock_timer timer;                       /* between two rounds */
  size_t menu;                                    /* 0: the crown's; then the registers */
  struct pointer pointers[POINTER_REGISTERS + 1]; /* of this round */
  struct candidate candidates[CANDIDATES_MAX];
  size_t candidate_count, at;
  bool is_promised; /* one of them is, so there is or was a backup */
  bool is_missed;   /* one of them that would win could not be read */
  int64_t known_id; /* what the caller has already; 0: nothing */
  struct document_id known_unique;
  struct manifest known_manifest;
  struct manifest manifest;      /* of the one that was read last */
  struct manifest best_manifest; /* of the best so far; all zero for a seed's document */
  struct anchor_found best;      /* its bytes are ours */
  char *bytes;
  char skipped[400]; /* the candidates that were skipped, and why */
};

/* ---- the life of a finding, in order ---- */
static void ask_menu(struct finding *finding);
static void on_menu_answered(const struct api_call_answer *answer, void *data); /* one after the other */
static void on_pin_answered(const struct api_call_answer *answer, void *data);
static void fetch_next(struct finding *finding); /* one candidate after the other */
static void on_fetched(const struct document_answer *document, void *data);
static void on_all_fetched(struct finding *finding); /* another round, or the end */
static void finding_end(struct finding *finding, const struct error *error);

static void begin_round(void *data) {
  struct finding *finding = data;
  finding->rounds++;
  finding->candidate_count = finding->at = finding->menu = 0;
  finding->is_missed = false;
  finding->skipped[0] = '\0';
  ask_menu(finding);
}

struct finding *finding_start(struct document_source *source, int64_t config_id, const struct anchor_known *known,
                              anchor_found_done done, void *data) {
  struct finding *finding = memory_new(sizeof *finding);
  finding->source = source;
  finding->config_id = config_id;
  finding->done = done;
  finding->data = data;
  finding->call = (struct api_call){.telegram = source->telegram, .clock = source->clock};
  finding->rounds_max = known && known->is_quick ? 1 : ROUNDS;
  if (known && known->manifest) {
    finding->known_id = known->message_id;
    finding->known_unique = known->unique;
    finding->known_manifest = *known->manifest;
  }
  begin_round(finding);
  return finding;
}

/* ---- questions ---- */

static void ask_menu(struct finding *finding) {
  int64_t chat_id = finding->source->chat_id;
  json_t *scope = finding->menu ? pointer_register(chat_id, finding->menu - 1) : pointer_scope(chat_id);
  api_call_start(&finding->call, chat_id, "getMyCommands", scope, 1, on_menu_answered, finding);
}

/* "chat not found" proves nothing: a Bot API server of one's own says so of every chat that it has not seen since it was set
 * up. */
static bool is_answered(struct finding *finding, const struct api_call_answer *answer, json_type type) {
  struct error error;
  if (api_call_has_answered(answer, type, &error)) return true;
  if (api_call_was_refused(&error, "chat not found")) {
    error_set(&error, ERROR_INPUT,
              "Telegram does not know the admin's chat, so nobody can say whether there is a backup: has the admin written to "
              "this bot? Is ADMIN_ID right?");
  }
  finding_end(finding, &error);
  return false;
}

/* A language that Telegram refuses is a register that nobody has written. */
static void on_menu_answered(const struct api_call_answer *answer, void *data) {
  struct finding *finding = data;
  struct pointer *pointer = &finding->pointers[finding->menu];
  int64_t chat_id = finding->source->chat_id;
  *pointer = (struct pointer){0};
  bool is_refused = finding->menu && answer->error.kind == ERROR_REFUSED;
  if (!is_refused && !is_answered(finding, answer, JSON_ARRAY)) return;
  if (!is_refused) pointer_find(answer->result, pointer);
  if (finding->menu++ < POINTER_REGISTERS) {
    ask_menu(finding);
  } else {
    api_call_start(&finding->call, chat_id, "getChat", json_pack("{s:I}", "chat_id", (json_int_t)chat_id), 1, on_pin_answered,
                   finding);
  }
}

static void add_candidate(struct finding *finding, struct candidate candidate) {
  if (candidate.message_id <= 0) return;
  if (candidate.is_promised) finding->is_promised = true;
  for (size_t i = 0; i < finding->candidate_count; i++) {
    if (finding->candidates[i].message_id == candidate.message_id) return;
  }
  finding->candidates[finding->candidate_count++] = candidate;
}

/* Newest first, so that those after the first good one need not be fetched. */
static void add_pointers(struct finding *finding) {
  for (;;) {
    struct pointer *best = NULL;
    for (size_t i = 1; i <= POINTER_REGISTERS; i++) {
      struct pointer *pointer = &finding->pointers[i];
      bool is_later =
          best && (pointer->epoch > best->epoch || (pointer->epoch == best->epoch && pointer->message_id > best->message_id));
      if (pointer->message_id && (!best || is_later)) best = pointer;
    }
    if (!best) return;
    add_candidate(finding, (struct candidate){"a pointer", best->message_id, best->epoch, true});
    best->message_id = 0;
  }
}

/* Only a document that the bot sent itself is surely a backup. What a person has pinned is read as well, but may be anything.
 */
static void on_pin_answered(const struct api_call_answer *answer, void *data) {
  struct finding *finding = data;
  if (!is_answered(finding, answer, JSON_OBJECT)) return;
  const json_t *pin = json_object_get(answer->result, "pinned_message");
  if (json_object_get(pin, "document")) {
    bool is_from_bot = json_is_true(json_object_get(json_object_get(pin, "from"), "is_bot"));
    add_candidate(finding,
                  (struct candidate){"the pin", json_integer_value(json_object_get(pin, "message_id")), 0, is_from_bot});
  }
  add_pointers(finding);
  add_candidate(finding, (struct candidate){"the menu", finding->pointers[0].message_id, 0, true});
  add_candidate(finding, (struct candidate){"CONFIG_ID", finding->config_id, 0, true});
  fetch_next(finding);
}

/* ---- candidates ---- */

/* A pointer says of which reign its message is, so one that can't win any more need not be fetched. Messages that were deleted
 * in good order are still pointed to, too. */
static bool can_win(const struct finding *finding, const struct candidate *candidate) {
  const struct manifest claimed = {.nonce = 1, .epoch = candidate->epoch};
  if (!finding->best.is_there || !candidate->epoch) return true;
  return manifest_wins(&claimed, candidate->message_id, &finding->best_manifest, finding->best.message_id);
}

static void fetch_next(struct finding *finding) {
  while (finding->at < finding->candidate_count && !can_win(finding, &finding->candidates[finding->at])) finding->at++;
  if (finding->at == finding->candidate_count) {
    on_all_fetched(finding);
    return;
  }
  int64_t message_id = finding->candidates[finding->at].message_id;
  const struct document_id *known = message_id == finding->known_id ? &finding->known_unique : NULL;
  finding->document = document_start(finding->source, message_id, known, on_fetched, finding);
}

/* Only for what must be a backup: any other pinned document may well be none. */
static void note_skipped(struct finding *finding, const char *why) {
  const struct candidate *candidate = &finding->candidates[finding->at];
  size_t used = strlen(finding->skipped);
  if (!candidate->is_promised) return;
  finding->is_missed = true;
  (void)snprintf(finding->skipped + used, sizeof finding->skipped - used, "%s%s names message %lld: %s", used ? "; " : "",
                 candidate->named_by, (long long)candidate->message_id, why);
}

/* Takes the bytes, because the document frees its own when on_fetched() returns. */
static void keep_best(struct finding *finding, const struct document_answer *document, struct error *error) {
  size_t size = 0;
  char *bytes = document->is_same ? NULL : document_take(finding->document, &size);
  if (!bytes && !document->is_same) {
    error_set(error, ERROR_MEMORY, "out of memory for a backup of %zu bytes", document->size);
    return;
  }
  free(finding->bytes);
  finding->bytes = bytes;
  finding->best_manifest = finding->manifest;
  finding->best = (struct anchor_found){.is_there = true,
                                        .is_same = document->is_same,
                                        .message_id = finding->candidates[finding->at].message_id,
                                        .unique = document->unique,
                                        .bytes = bytes,
                                        .size = size};
}

static void judge(struct finding *finding, const struct document_answer *document, struct error *error) {
  int64_t message_id = finding->candidates[finding->at].message_id;
  struct manifest *manifest = &finding->manifest;
  bool is_seed = !document->is_same && seed_is_one(document->bytes, document->size);
  *manifest = document->is_same ? finding->known_manifest : (struct manifest){0};
  bool ok = document->is_same || is_seed || archive_read_manifest(document->bytes, document->size, manifest, error);
  if (!ok && error->kind == ERROR_INPUT) {
    note_skipped(finding, error->text);
    *error = (struct error){0};
    return;
  }
  if (manifest->nonce && !manifest->epoch) manifest->epoch = message_id; /* the reign's first message */
  if (ok && (!finding->best.is_there || manifest_wins(manifest, message_id, &finding->best_manifest, finding->best.message_id)))
    keep_best(finding, document, error);
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

/* THE rule of "no backup yet": every question was answered, twice, and nothing that they named must be one. */
static void on_all_fetched(struct finding *finding) {
  struct error error = {0};
  bool is_good = finding->best.is_there && !finding->is_missed;
  if (!is_good && finding->rounds < finding->rounds_max) {
    clock_start(finding->source->clock, &finding->timer, ROUND_GAP_MS, begin_round, finding);
    return;
  }
  if (finding->best.is_there && finding->is_missed)
    log_warn("skipped a backup that can't be read; reason=%s", finding->skipped);
  if (!finding->best.is_there && finding->is_promised) {
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
  if (error->kind && finding->candidate_count) found.message_id = finding->candidates[0].message_id;
  if (found.is_there && finding->best_manifest.format) found.manifest = &finding->best_manifest;
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

/* The parts go first and the message that names them last, so that an erasing that was cut short can begin anew. A copy is
 * struck off the list only when it is gone: otherwise a host that dies in between would leave data that nobody finds again.
 * Only one copy is erased at a time. */
#include "backup/expiry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

enum { CHATS = 2 };

struct expiry_chat {
  struct anchor *anchor; /* NULL: no copies go there */
  int64_t id;
  struct manifest_copy *copies; /* of the state, like the next; oldest first */
  size_t *count;
};

struct expiry {
  struct backup_state *state;
  struct expiry_options options;
  struct expiry_chat chats[CHATS];
  /* of the copy that is erased */
  const struct expiry_chat *chat; /* NULL: none is */
  struct manifest_copy copy;
  int64_t messages[MANIFEST_PARTS_MAX + 1]; /* from fetched on */
  size_t count, at;
};

/* ---- the life of an erasing, in order ---- */
static void on_fetched(const struct anchor_found *found, void *data); /* only where it has a base: its parts are named */
static void erase_next(struct expiry *expiry);
static void on_erased(const struct error *error, void *data);
static void expiry_end(struct expiry *expiry, bool is_done);

static struct anchor *open_anchor(const struct backup_state *state, int64_t chat_id) {
  return chat_id ? anchor_open(state->telegram, state->clock, chat_id, 0) : NULL;
}

struct expiry *expiry_open(struct backup_state *state, const struct expiry_options *options) {
  struct expiry *expiry = memory_new(sizeof *expiry);
  expiry->state = state;
  expiry->options = *options;
  expiry->chats[0] = (struct expiry_chat){open_anchor(state, options->admin_id), options->admin_id, state->last.history,
                                          &state->last.history_count};
  expiry->chats[1] =
      (struct expiry_chat){open_anchor(state, options->copy_chat_id), options->copy_chat_id, state->sent, &state->sent_count};
  return expiry;
}

void expiry_close(struct expiry *expiry) {
  if (!expiry) return;
  for (size_t i = 0; i < CHATS; i++) anchor_close(expiry->chats[i].anchor);
  free(expiry);
}

/* ---- which ---- */

bool expiry_has_erased(const struct backup_state *state, int64_t message_id) {
  for (size_t i = 0; i < state->erased_count && i < STATE_ERASED_MAX; i++) {
    if (state->erased[i] == message_id) return true;
  }
  return false;
}

static bool is_listed(const struct expiry *expiry, const struct expiry_chat *chat, size_t at) {
  return chat != &expiry->chats[0] || !expiry_has_erased(expiry->state, chat->copies[at].message_id);
}

/* One whose time is not known is older than the next one. */
static bool is_expired(const struct expiry *expiry, const struct expiry_chat *chat, size_t at) {
  while (at < *chat->count && !chat->copies[at].saved_at) at++;
  return at < *chat->count && clock_now(expiry->state->clock) - chat->copies[at].saved_at >= expiry->options.keep_ms;
}

/* THE rule which parts stay: those of the live backup's base, and those that another copy needs. */
static bool is_base_needed(const struct expiry *expiry, int64_t base) {
  const struct expiry_chat *chat = expiry->chat;
  bool is_needed = chat == &expiry->chats[0] && base == manifest_base(&expiry->state->last);
  for (size_t i = 0; i < *chat->count && !is_needed; i++) {
    const struct manifest_copy *other = &chat->copies[i];
    if (other->message_id == expiry->copy.message_id || !is_listed(expiry, chat, i)) continue;
    is_needed = other->base == base || (other->base == MANIFEST_BASE_UNKNOWN && base < other->message_id);
  }
  return is_needed;
}

static void begin(struct expiry *expiry, const struct expiry_chat *chat, const struct manifest_copy *copy) {
  expiry->chat = chat;
  expiry->copy = *copy;
  expiry->count = expiry->at = 0;
  if (copy->base) {
    anchor_fetch(chat->anchor, copy->message_id, on_fetched, expiry);
  } else {
    expiry->messages[expiry->count++] = copy->message_id;
    erase_next(expiry);
  }
}

/* The list of another chat counts only while it is that of the chat where copies go. */
void expiry_consider(struct expiry *expiry) {
  if (expiry->chat) return;
  for (size_t i = 0; i < CHATS; i++) {
    const struct expiry_chat *chat = &expiry->chats[i];
    if (!chat->anchor || (i && expiry->state->copied_to != chat->id)) continue;
    for (size_t at = 0; at < *chat->count; at++) {
      if (!is_listed(expiry, chat, at) || !is_expired(expiry, chat, at)) continue;
      begin(expiry, chat, &chat->copies[at]);
      return;
    }
  }
}

/* ---- one ---- */

/* What can't be read names no parts: a document in its place, or one that was erased before. */
static void on_fetched(const struct anchor_found *found, void *data) {
  struct expiry *expiry = data;
  struct manifest manifest = {0};
  struct error error = {0};
  bool may_pass = found->error.kind == ERROR_NETWORK || found->error.kind == ERROR_UNCERTAIN;
  if (may_pass || found->error.kind == ERROR_MEMORY) {
    expiry_end(expiry, false);
    return;
  }
  bool is_read = found->is_there && archive_read_manifest(found->bytes, found->size, &manifest, &error);
  int64_t base = is_read ? manifest_base(&manifest) : expiry->copy.base;
  bool stays = base <= 0 || is_base_needed(expiry, base);
  if (!stays && !is_read) expiry->messages[expiry->count++] = base;
  for (size_t i = 0; !stays && i < manifest.part_count; i++) expiry->messages[expiry->count++] = manifest.parts[i].message_id;
  expiry->messages[expiry->count++] = expiry->copy.message_id;
  erase_next(expiry);
}

static void erase_next(struct expiry *expiry) {
  if (expiry->at == expiry->count) {
    expiry_end(expiry, true);
  } else {
    anchor_erase(expiry->chat->anchor, expiry->messages[expiry->at], on_erased, expiry);
  }
}

/* A refusal stays one, so it is told once, and a person has to do it. */
static void on_erased(const struct error *error, void *data) {
  struct expiry *expiry = data;
  bool is_refused = error->kind == ERROR_REFUSED || error->kind == ERROR_FULL;
  char text[sizeof error->text + 200];
  if (error->kind && !is_refused) {
    expiry_end(expiry, false);
    return;
  }
  if (is_refused) {
    (void)snprintf(text, sizeof text,
                   "A copy of the backup is older than --keep-days, and I can't erase it: please delete message %" PRId64
                   " of chat %" PRId64 ". Telegram says: %s",
                   expiry->messages[expiry->at], expiry->chat->id, error->text);
    log_error("can't erase an old copy; chat=%" PRId64 " message=%" PRId64 " error=%s", expiry->chat->id,
              expiry->messages[expiry->at], error->text);
    expiry->options.tell(text, expiry->options.data);
  }
  expiry->at++;
  erase_next(expiry);
}

static void strike_off(struct expiry *expiry) {
  struct backup_state *state = expiry->state;
  size_t kept = 0;
  if (expiry->chat == &expiry->chats[0]) {
    state->erased[state->erased_count++ % STATE_ERASED_MAX] = expiry->copy.message_id;
    return;
  }
  for (size_t i = 0; i < state->sent_count; i++) {
    if (state->sent[i].message_id != expiry->copy.message_id) state->sent[kept++] = state->sent[i];
  }
  state->sent_count = kept;
}

/* The next one begins with the next backup, which the list wants anyway. */
static void expiry_end(struct expiry *expiry, bool is_done) {
  if (is_done) {
    log_info("erased a copy of an earlier day; chat=%" PRId64 " message=%" PRId64 " parts=%zu", expiry->chat->id,
             expiry->copy.message_id, expiry->count - 1);
    strike_off(expiry);
  }
  expiry->chat = NULL;
  if (is_done) expiry->options.erased(expiry->options.data);
}

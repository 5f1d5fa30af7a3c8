/* One getChat now and then. getChat shows the pin of the message that was sent last (telegram/FACTS.md, Pinning): a higher id
 * is somebody else's, on top; none, or a lower one, means that ours is not pinned. Then it is pinned again, which does no harm
 * however late it arrives, as at a publication. A pin that can't be made again shows that the message is gone. */
#include "backup/pin_watch.h"

#include <stdbool.h>
#include <stdlib.h>

#include "backup/api_call.h"
#include "backup/backup_state.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  GAP_MS = 10000,
  SEEN_LEAST = 2, /* times in a row: a pin is sometimes missing from an answer, and ours may be replaced meanwhile */
};

struct pin_watch {
  struct backup_state *state;
  struct pin_watch_options options;
  struct api_call call;
  bool is_busy;
  int64_t looked_ticks; /* 0: never */
  int64_t message_id;   /* of ours, when the question was asked */
  unsigned missed;      /* times in a row, like the next */
  unsigned covered;
  int64_t above_id;    /* what covers it */
  bool is_burial_told; /* while it is so */
  bool is_unpinning_told;
};

struct pin_watch *pin_watch_open(struct backup_state *state, const struct pin_watch_options *options) {
  struct pin_watch *watch = memory_new(sizeof *watch);
  *watch =
      (struct pin_watch){.state = state, .options = *options, .call = {.telegram = state->telegram, .clock = state->clock}};
  return watch;
}

void pin_watch_close(struct pin_watch *watch) {
  if (watch) api_call_cancel(&watch->call);
  free(watch);
}

/* ---- a look, in order ---- */
static void on_chat(const struct api_call_answer *answer, void *data);
static void pin_again(struct pin_watch *watch);
static void on_pinned(const struct api_call_answer *answer, void *data);

void pin_watch_look(struct pin_watch *watch) {
  const struct backup_state *state = watch->state;
  int64_t now = clock_ticks(state->clock), chat_id = watch->options.chat_id;
  bool is_early = watch->looked_ticks && now - watch->looked_ticks < GAP_MS;
  if (watch->is_busy || is_early || !state->is_published) return;
  watch->is_busy = true;
  watch->looked_ticks = now;
  watch->message_id = state->message_id;
  api_call_start(&watch->call, chat_id, "getChat", json_pack("{s:I}", "chat_id", (json_int_t)chat_id), 1, on_chat, watch);
}

static void on_shown(struct pin_watch *watch) {
  if (watch->is_burial_told) log_info("the backup's pin is the last one again; message=%lld", (long long)watch->message_id);
  watch->is_burial_told = false;
  watch->missed = watch->covered = 0;
}

static void on_buried(struct pin_watch *watch, int64_t shown) {
  watch->missed = 0;
  watch->covered = shown == watch->above_id ? watch->covered + 1 : 1;
  watch->above_id = shown;
  if (watch->is_burial_told || watch->covered < SEEN_LEAST) return;
  watch->is_burial_told = true;
  log_warn(
      "another message is pinned above the backup in the admin's chat, so a start finds the backup by the menus alone: unpin "
      "that message, or set CONFIG_ID to the backup's; message=%lld backup=%lld",
      (long long)shown, (long long)watch->message_id);
  watch->options.tell(
      "A newer message is pinned in this chat, above the backup of your bot, which is found by its pin. Please unpin that "
      "message.",
      watch->options.data);
}

static void on_chat(const struct api_call_answer *answer, void *data) {
  struct pin_watch *watch = data;
  struct error error;
  watch->is_busy = false;
  if (!api_call_has_answered(answer, JSON_OBJECT, &error) || watch->message_id != watch->state->message_id) return;
  const json_t *pin = json_object_get(answer->result, "pinned_message");
  int64_t shown = json_integer_value(json_object_get(pin, "message_id"));
  if (shown == watch->message_id) {
    on_shown(watch);
  } else if (shown > watch->message_id) {
    on_buried(watch, shown);
  } else if (++watch->missed >= SEEN_LEAST) {
    pin_again(watch);
  }
}

static void pin_again(struct pin_watch *watch) {
  int64_t chat_id = watch->options.chat_id;
  json_t *parameters = json_pack("{s:I, s:I, s:b}", "chat_id", (json_int_t)chat_id, "message_id", (json_int_t)watch->message_id,
                                 "disable_notification", 1);
  watch->is_busy = true;
  api_call_start(&watch->call, chat_id, "pinChatMessage", parameters, 1, on_pinned, watch);
}

static void tell_unpinning(struct pin_watch *watch) {
  log_warn("somebody had unpinned the backup in the admin's chat, so it is pinned again: leave it pinned; message=%lld",
           (long long)watch->message_id);
  if (watch->is_unpinning_told) return;
  watch->is_unpinning_told = true;
  watch->options.tell("Somebody had unpinned the backup of your bot in this chat. It is pinned again: please leave it so.",
                      watch->options.data);
}

static void on_pinned(const struct api_call_answer *answer, void *data) {
  struct pin_watch *watch = data;
  watch->is_busy = false;
  if (watch->message_id != watch->state->message_id || api_call_was_refused(&answer->error, "CHAT_NOT_MODIFIED")) return;
  if (!answer->error.kind) {
    tell_unpinning(watch);
  } else if (answer->error.kind == ERROR_REFUSED) {
    log_warn("the message of the backup is gone from the admin's chat, so a new one is made: leave it there; message=%lld",
             (long long)watch->message_id);
    watch->options.gone(watch->options.data);
  }
  watch->missed = 0;
}

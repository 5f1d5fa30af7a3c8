/* Raises and guards the crown. A raise reads the menu, because the admin's other commands stay in it, and writes it once
 * with a fresh nonce. The write goes over a connection of its own: on a kept one libcurl might send it a second time. A look
 * is one getMyCommands. */
#include "backup/crown.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include "backup/api_call.h"
#include "backup/pointer.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  GUARD_MS = 3000,
  STRAYS_MAX = 16, /* what is older has arrived long ago, or never will */
  NONCE_BITS = 51, /* more than versions without reigns ever counted up to, and exact in a double */
};

struct question { /* a look, at most five times */
  struct api_call call;
  struct clock_timer timer;
  unsigned tries;
  int64_t sent_ticks;
  crown_looked done;
  void *data;
  struct crown *crown;
};

struct crown {
  struct telegram *telegram;
  struct clock *clock;
  int64_t admin_id, nonce, holder;
  int64_t ours_ticks;   /* when the last look that found it ours was sent, or the raise */
  struct question look; /* of an operation; its call and timer are the raise's, too */
  bool is_busy;
  unsigned tries;             /* of the raise */
  int64_t strays[STRAYS_MAX]; /* nonces that were written without an answer; the last ones */
  unsigned stray_count;       /* of all */
  struct pointer before;
  crown_raised raised;
  void *raised_data;
  struct question guard_look;
  struct clock_timer guard; /* until the next look of the guard */
  bool is_guarded;
  void (*lost)(enum crown_holder holder, void *data);
  void *lost_data;
};

struct crown *crown_open(struct telegram *telegram, struct clock *clock, int64_t admin_id) {
  struct crown *crown = memory_new(sizeof *crown);
  *crown = (struct crown){.telegram = telegram, .clock = clock, .admin_id = admin_id};
  crown->look = crown->guard_look = (struct question){.call = {.telegram = telegram, .clock = clock}, .crown = crown};
  return crown;
}

void crown_close(struct crown *crown) {
  if (!crown) return;
  crown_cancel(crown);
  crown_end_guard(crown);
  free(crown);
}

int64_t crown_nonce(const struct crown *crown) { return crown->nonce; }
int64_t crown_holder(const struct crown *crown) { return crown->holder; }
int64_t crown_age_ms(const struct crown *crown) { return clock_ticks(crown->clock) - crown->ours_ticks; }

bool crown_is_stray(const struct crown *crown) {
  bool is_stray = false;
  for (unsigned i = 0; i < STRAYS_MAX; i++) is_stray = is_stray || (crown->holder && crown->holder == crown->strays[i]);
  return is_stray;
}

static void question_cancel(struct question *question) {
  api_call_cancel(&question->call);
  clock_stop(question->crown->clock, &question->timer);
}

void crown_cancel(struct crown *crown) {
  crown->is_busy = false;
  question_cancel(&crown->look);
}

/* ---- a look ---- */

static enum crown_holder holder_of(const struct crown *crown) {
  if (!crown->holder) return CROWN_NOBODYS;
  return crown->holder == crown->nonce ? CROWN_OURS : CROWN_OTHERS;
}

static void ask(void *data);

static void on_menu_answered(const struct api_call_answer *answer, void *data) {
  struct question *question = data;
  struct crown *crown = question->crown;
  struct error error;
  struct pointer pointer = {0};
  if (api_call_has_answered(answer, JSON_ARRAY, &error)) {
    pointer_find(answer->result, &pointer);
    crown->holder = pointer.epoch;
    if (holder_of(crown) == CROWN_OURS) crown->ours_ticks = question->sent_ticks;
  } else if (question->tries < API_CALL_TRIES) {
    clock_start(crown->clock, &question->timer, api_call_back_off_ms(question->tries), ask, question);
    return;
  }
  if (question == &crown->look) crown->is_busy = false;
  question->done(&error, holder_of(crown), question->data);
}

static void ask(void *data) {
  struct question *question = data;
  int64_t chat_id = question->crown->admin_id;
  question->tries++;
  question->sent_ticks = clock_ticks(question->crown->clock);
  api_call_start(&question->call, chat_id, "getMyCommands", pointer_scope(chat_id), 1, on_menu_answered, question);
}

static void question_start(struct question *question, crown_looked done, void *data) {
  question->tries = 0;
  question->done = done;
  question->data = data;
  ask(question);
}

void crown_look(struct crown *crown, crown_looked done, void *data) {
  assert(!crown->is_busy);
  crown->is_busy = true;
  question_start(&crown->look, done, data);
}

/* ---- a raise, in order ---- */
static void read_menu(void *data); /* a try begins */
static void on_menu_read(const struct api_call_answer *answer, void *data);
static void on_default_menu_read(const struct api_call_answer *answer, void *data); /* only where the chat has no menu yet */
static void write_menu(struct crown *crown, const json_t *commands);
static void on_menu_written(const struct api_call_answer *answer, void *data);
static void raise_end(struct crown *crown, const struct error *error); /* another try, or the end */

void crown_raise(struct crown *crown, crown_raised done, void *data) {
  assert(!crown->is_busy);
  crown->is_busy = true;
  crown->tries = 0;
  crown->raised = done;
  crown->raised_data = data;
  read_menu(crown);
}

static void read_menu(void *data) {
  struct crown *crown = data;
  crown->tries++;
  crown->nonce = 0;
  crown->look.call.own_connection = false;
  api_call_start(&crown->look.call, crown->admin_id, "getMyCommands", pointer_scope(crown->admin_id), 1, on_menu_read, crown);
}

static void on_menu_read(const struct api_call_answer *answer, void *data) {
  struct crown *crown = data;
  struct error error;
  if (!api_call_has_answered(answer, JSON_ARRAY, &error)) {
    raise_end(crown, &error);
    return;
  }
  crown->before = (struct pointer){0};
  pointer_find(answer->result, &crown->before);
  if (json_array_size(answer->result)) {
    write_menu(crown, answer->result);
  } else { /* a chat's own menu hides the default one: without a copy the admin would lose the bot's commands */
    api_call_start(&crown->look.call, crown->admin_id, "getMyCommands", json_object(), 1, on_default_menu_read, crown);
  }
}

static void on_default_menu_read(const struct api_call_answer *answer, void *data) {
  struct crown *crown = data;
  struct error error;
  if (api_call_has_answered(answer, JSON_ARRAY, &error)) {
    write_menu(crown, answer->result);
  } else {
    raise_end(crown, &error);
  }
}

/* THE rule of nonces: a fresh one for each try, so that no two writes are ever the same. */
static int64_t fresh_nonce(void) {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) abort();
  return (int64_t)(number >> (64 - NONCE_BITS)) + ((int64_t)1 << NONCE_BITS);
}

/* The message that a version without reigns has pointed to stays named: it may be the only way to find its backup. */
static void write_menu(struct crown *crown, const json_t *commands) {
  json_t *parameters = pointer_scope(crown->admin_id);
  crown->nonce = fresh_nonce();
  json_object_set_new(parameters, "commands", pointer_put(commands, crown->before.message_id, crown->nonce));
  crown->look.call.own_connection = true;
  api_call_start(&crown->look.call, crown->admin_id, "setMyCommands", parameters, 1, on_menu_written, crown);
}

static void on_menu_written(const struct api_call_answer *answer, void *data) {
  struct crown *crown = data;
  struct error error;
  crown->look.call.own_connection = false;
  if (answer->error.kind) crown->strays[crown->stray_count++ % STRAYS_MAX] = crown->nonce;
  if (api_call_has_answered(answer, JSON_TRUE, &error)) crown->holder = crown->nonce;
  if (!error.kind) crown->ours_ticks = clock_ticks(crown->clock);
  raise_end(crown, &error);
}

static void raise_end(struct crown *crown, const struct error *error) {
  struct error told = *error;
  if (told.kind && crown->tries < API_CALL_TRIES) {
    log_warn("can't say yet that this host takes over, trying again; error=%s", told.text);
    clock_start(crown->clock, &crown->look.timer, api_call_back_off_ms(crown->tries), read_menu, crown);
    return;
  }
  if (told.kind) crown->nonce = 0;
  crown->is_busy = false;
  crown->raised(&told, crown->raised_data);
}

/* ---- the guard ---- */

static void on_guard(void *data);

/* Telegram that can't be asked says nothing: the next look is soon. */
static void on_guard_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct crown *crown = data;
  if (error->kind || holder == CROWN_OURS) {
    clock_start(crown->clock, &crown->guard, GUARD_MS, on_guard, crown);
    return;
  }
  crown->is_guarded = false;
  crown->lost(holder, crown->lost_data);
}

/* After a freeze the timer is overdue, so it is due before anything that has arrived meanwhile is long in hand. */
static void on_guard(void *data) {
  struct crown *crown = data;
  question_start(&crown->guard_look, on_guard_looked, crown);
}

void crown_guard(struct crown *crown, void (*lost)(enum crown_holder holder, void *data), void *data) {
  crown->is_guarded = true;
  crown->lost = lost;
  crown->lost_data = data;
  clock_start(crown->clock, &crown->guard, GUARD_MS, on_guard, crown);
}

void crown_hasten(struct crown *crown) {
  if (crown->is_guarded && clock_is_started(&crown->guard)) clock_start(crown->clock, &crown->guard, 0, on_guard, crown);
}

void crown_end_guard(struct crown *crown) {
  crown->is_guarded = false;
  clock_stop(crown->clock, &crown->guard);
  question_cancel(&crown->guard_look);
}

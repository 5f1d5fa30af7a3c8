/* All that happens here comes from the clock's timers, in their order, or from a worker, which is waited for: a spec runs the
 * same way each time, and nothing takes longer than the work itself. */
#include "command/stage.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "command/shortcut.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "sandbox/sandbox.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

static const char token[] = "123456789:a-token-for-specs-and-nobody-else";

enum {
  REQUESTS = 2000,    /* remembered for telegram:requests() */
  POLL_S = 50,        /* Telegram's longest: a day is turned in the fewest polls */
  RESTLESS = 1000000, /* timers due without the clock moving: more is a bot that never ends */
};

struct stage {
  struct loop *loop;
  struct clock *clock;
  struct sandbox *sandbox;
  /* the host, in the order in which it is made; all NULL while there is none */
  struct database *database;
  struct telegram *telegram;
  struct script *script;
  struct updates *updates;
  struct telegram_call *call; /* getMe, while it is under way */
  bool has_started;           /* getMe is answered, and updates are polled */
  struct error error;         /* why not */
  /* what the last host has left */
  unsigned char *image; /* NULL: nothing */
  size_t image_size;
};

/* ---- time ---- */

bool stage_work(struct stage *stage, int64_t ms, struct error *error) {
  int64_t end = clock_ticks(stage->clock) + ms;
  for (int steps = 0; steps < RESTLESS; steps++) {
    int64_t before = clock_ticks(stage->clock);
    if (loop_job_count(stage->loop)) {
      loop_turn(stage->loop, true); /* a worker takes no time of this clock's */
    } else if (!clock_step(stage->clock, end - before)) {
      return true;
    }
    if (clock_ticks(stage->clock) > before) steps = 0;
  }
  return error_set(error, ERROR_FULL,
                   "the bot does not come to rest: something happens again and again without any time passing");
}

int64_t stage_now(const struct stage *stage) { return clock_now(stage->clock); }

/* ---- the host's start, in order ---- */
static bool assemble(struct stage *stage, const char *const *paths, size_t count, struct error *error);
static void on_me(const struct telegram_answer *answer, void *data); /* its name is known: the bot may work */
static void on_polling_failed(const struct error *error, void *data);

static bool open_database(struct stage *stage, struct error *error) {
  stage->database = database_open(error);
  return stage->database && (!stage->image || database_load(stage->database, stage->image, stage->image_size, error));
}

static bool assemble(struct stage *stage, const char *const *paths, size_t count, struct error *error) {
  struct transport transport;
  if (!open_database(stage, error)) return false;
  shortcut_open(&transport, stage->sandbox, token);
  stage->telegram = telegram_open(transport, stage->clock);
  struct script_options script = {
      .database = stage->database, .telegram = stage->telegram, .clock = stage->clock, .paths = paths, .path_count = count};
  stage->script = script_open(&script);
  if (!script_load(stage->script, error)) return false;
  struct updates_options updates = {
      .telegram = stage->telegram,
      .script = stage->script,
      .database = stage->database,
      .clock = stage->clock,
      .poll_seconds = POLL_S,
      .failed = on_polling_failed,
      .data = stage,
  };
  stage->updates = updates_open(&updates, error);
  return stage->updates && updates_restore(stage->updates, error);
}

static bool learn_me(struct stage *stage, const struct telegram_answer *answer, struct error *error) {
  json_t *root = json_loadb(answer->body, answer->size, 0, NULL);
  char *me = json_dumps(json_object_get(root, "result"), JSON_COMPACT);
  bool ok = me && script_set_me(stage->script, me, strlen(me), error);
  if (!me) error_set(error, ERROR_INPUT, "getMe: the answer is not a user");
  free(me);
  json_decref(root);
  return ok;
}

static void on_me(const struct telegram_answer *answer, void *data) {
  struct stage *stage = data;
  stage->call = NULL;
  stage->error = answer->error;
  if (answer->error.kind || !learn_me(stage, answer, &stage->error)) return;
  stage->has_started = true;
  updates_start(stage->updates);
}

/* A spec that takes the token away sees in the log, and in what the bot does not do any more, what comes of it. */
static void on_polling_failed(const struct error *error, void *data) { ((struct stage *)data)->error = *error; }

bool stage_start(struct stage *stage, const char *const *paths, size_t count, struct error *error) {
  struct telegram_request request = {.method = "getMe"};
  bool ok = assemble(stage, paths, count, error);
  if (ok) {
    stage->call = telegram_start(stage->telegram, &request, on_me, stage);
    ok = stage_work(stage, 0, error);
  }
  if (ok && !stage->has_started && stage->error.kind) {
    *error = stage->error;
    ok = false;
  }
  if (!ok) (void)stage_stop(stage, NULL);
  return ok;
}

bool stage_reload(struct stage *stage, struct error *error) {
  if (!script_load(stage->script, error)) return false;
  updates_routes_changed(stage->updates);
  return true;
}

size_t stage_unfinished(const struct stage *stage) { return stage->updates ? updates_unfinished(stage->updates) : 0; }

/* ---- the end ---- */

static bool keep_database(struct stage *stage, struct error *error) {
  free(stage->image);
  stage->image = NULL;
  bool ok =
      database_begin(stage->database, error) && updates_save(stage->updates, error) && database_commit(stage->database, error);
  database_rollback(stage->database);
  return ok && database_serialize(stage->database, &stage->image, &stage->image_size, error);
}

bool stage_stop(struct stage *stage, struct error *error) {
  while (loop_job_count(stage->loop)) loop_turn(stage->loop, true); /* nobody cancels a worker */
  bool ok = !stage->has_started || keep_database(stage, error);
  if (stage->call) telegram_call_cancel(stage->call);
  if (stage->updates) updates_leave_unfinished(stage->updates);
  if (stage->script) script_end_runs(stage->script);
  updates_close(stage->updates);
  script_close(stage->script);
  telegram_close(stage->telegram);
  database_close(stage->database);
  stage->call = NULL;
  stage->updates = NULL;
  stage->script = NULL;
  stage->telegram = NULL;
  stage->database = NULL;
  stage->has_started = false;
  return ok;
}

struct stage *stage_open(struct error *error) {
  struct loop *loop = loop_open(error);
  if (!loop) return NULL;
  struct stage *stage = memory_new(sizeof *stage);
  stage->loop = loop;
  stage->clock = clock_open_manual(loop, STAGE_BEGIN_AT);
  struct sandbox_options options = {.has_no_port = true, .requests = REQUESTS};
  stage->sandbox = sandbox_open(loop, stage->clock, &options, error);
  if (stage->sandbox) return stage;
  stage_close(stage);
  return NULL;
}

void stage_close(struct stage *stage) {
  if (!stage) return;
  (void)stage_stop(stage, NULL);
  (void)sandbox_close(stage->sandbox, NULL);
  clock_close(stage->clock);
  (void)loop_close(stage->loop);
  free(stage->image);
  free(stage);
}

struct sandbox *stage_sandbox(struct stage *stage) {
  return stage->sandbox;
}

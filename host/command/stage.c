/* All that happens here comes from the clock's timers, in their order, or from a worker, which is waited for: a spec runs the
 * same way each time, and nothing takes longer than the work itself. */
#include "command/stage.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "command/services.h"
#include "command/shortcut.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "operator/operator.h"
#include "sandbox/sandbox.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

static const char token[] = "123456789:a-token-for-specs-and-nobody-else";

enum {
  REQUESTS = 2000,    /* remembered for telegram:requests() */
  POLL_S = 50,        /* Telegram's longest: a day is turned in the fewest polls */
  START_S = 60,       /* for the answers of a restore, and its questions asked twice */
  RESTLESS = 1000000, /* timers due without the clock moving: more is a bot that never ends */
};

struct stage {
  struct loop *loop;
  struct clock *clock;
  struct sandbox *sandbox;
  struct services *services;
  /* the host, in the order in which it is made; all NULL while there is none */
  struct database *database;
  struct telegram *telegram;
  struct backup *backup;
  struct script *script;
  struct updates *updates;
  struct admin *admin;
  struct revert *revert;
  int64_t admin_id;
  struct telegram_call *call; /* getMe, while it is under way */
  bool has_started;           /* the data is there, and updates are polled */
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

void stage_jump(struct stage *stage, int64_t ms) { clock_jump(stage->clock, ms); }
int64_t stage_now(const struct stage *stage) { return clock_now(stage->clock); }

/* ---- the host's start, in order ---- */
static bool assemble(struct stage *stage, const struct stage_options *options, struct error *error);
static void on_me(const struct telegram_answer *answer, void *data);         /* its name is known */
static void on_restored(const struct backup_restored *restored, void *data); /* the data is there */
static void begin(struct stage *stage);

/* ---- what the floors tell each other, through here ---- */

static bool on_before_copy(void *data, struct error *error) { return updates_save(((struct stage *)data)->updates, error); }
static void on_copied(void *data) { updates_copied(((struct stage *)data)->updates); }
static void on_saved(void *data) { updates_saved(((struct stage *)data)->updates); }
static void on_save_wanted(void *data) { backup_request(((struct stage *)data)->backup); }
static void on_restore_confirmed(int64_t message_id, void *data) { revert_start(((struct stage *)data)->revert, message_id); }

static bool on_update(const char *json, size_t size, int64_t lane, void *data) {
  (void)lane;
  return admin_take(((struct stage *)data)->admin, json, size);
}

static void on_http(const struct http_request *request, struct http_answer *answer, void *data) {
  services_ask(((struct stage *)data)->services, request, answer);
}

/* A spec that takes the token away sees in the log, and in what the bot does not do any more, what comes of it. */
static void on_polling_failed(const struct error *error, void *data) { ((struct stage *)data)->error = *error; }

/* ---- assembly ---- */

static bool open_database(struct stage *stage, struct error *error) {
  stage->database = database_open(error);
  if (stage->database) database_set_clock(stage->database, stage->clock);
  return stage->database && (!stage->image || database_load(stage->database, stage->image, stage->image_size, error));
}

static void open_backup(struct stage *stage) {
  struct backup_options options = {
      .loop = stage->loop,
      .clock = stage->clock,
      .database = stage->database,
      .telegram = stage->telegram,
      .admin_id = stage->admin_id,
      .before_copy = on_before_copy,
      .copied = on_copied,
      .saved = on_saved,
      .data = stage,
  };
  stage->backup = backup_open(&options);
}

static bool open_script(struct stage *stage, const struct stage_options *stage_options, struct error *error) {
  struct script_options options = {
      .database = stage->database,
      .telegram = stage->telegram,
      .serve = on_http,
      .serve_data = stage,
      .backup = stage->backup,
      .clock = stage->clock,
      .paths = stage_options->paths,
      .path_count = stage_options->path_count,
  };
  stage->script = script_open(&options);
  return script_load(stage->script, error);
}

static bool open_updates(struct stage *stage, struct error *error) {
  struct updates_options options = {
      .telegram = stage->telegram,
      .script = stage->script,
      .database = stage->database,
      .clock = stage->clock,
      .poll_seconds = POLL_S,
      .intercept = on_update,
      .want_save = on_save_wanted,
      .failed = on_polling_failed,
      .data = stage,
  };
  stage->updates = updates_open(&options, error);
  return stage->updates && updates_restore(stage->updates, error);
}

static void open_admin(struct stage *stage) {
  struct admin_options admin = {.telegram = stage->telegram,
                                .backup = stage->backup,
                                .admin_id = stage->admin_id,
                                .restore = on_restore_confirmed,
                                .data = stage};
  stage->admin = admin_open(&admin);
  struct revert_options revert = {
      .script = stage->script, .backup = stage->backup, .updates = stage->updates, .admin = stage->admin};
  stage->revert = revert_open(&revert);
}

static bool assemble(struct stage *stage, const struct stage_options *options, struct error *error) {
  struct transport transport;
  if (!open_database(stage, error)) return false;
  shortcut_open(&transport, stage->sandbox, token);
  stage->telegram = telegram_open(transport, stage->clock);
  open_backup(stage);
  if (!open_script(stage, options, error) || !open_updates(stage, error)) return false;
  open_admin(stage);
  return true;
}

/* ---- the steps ---- */

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
  if (stage->admin_id)
    backup_restore(stage->backup, on_restored, stage);
  else
    begin(stage);
}

/* The scripts load once more, because their top level belongs to the data that is there now. */
static void on_restored(const struct backup_restored *restored, void *data) {
  struct stage *stage = data;
  stage->error = restored->error;
  if (restored->error.kind) return;
  if (restored->is_there) {
    if (!script_load(stage->script, &stage->error) || !updates_restore(stage->updates, &stage->error)) return;
  }
  backup_start(stage->backup);
  begin(stage);
}

static void begin(struct stage *stage) {
  stage->has_started = true;
  updates_start(stage->updates);
}

/* What is still on its way when the time is over (a call that a fault delays) may yet come, while the spec turns the clock. */
static bool wait_for_start(struct stage *stage, struct error *error) {
  for (int s = 0; s <= START_S; s++) {
    if (!stage_work(stage, stage->admin_id && !stage->has_started && s ? 1000 : 0, error)) return false;
    if (stage->error.kind) *error = stage->error;
    if (stage->error.kind || stage->has_started || !stage->admin_id) break;
  }
  return !stage->error.kind;
}

bool stage_start(struct stage *stage, const struct stage_options *options, struct error *error) {
  struct telegram_request request = {.method = "getMe"};
  stage->admin_id = options->admin_id;
  stage->error = (struct error){0};
  bool ok = assemble(stage, options, error);
  if (ok) {
    stage->call = telegram_start(stage->telegram, &request, on_me, stage);
    ok = wait_for_start(stage, error);
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
  job_stop(stage->script);
  free(stage->image);
  stage->image = NULL;
  bool ok =
      database_begin(stage->database, error) && updates_save(stage->updates, error) && database_commit(stage->database, error);
  database_rollback(stage->database);
  return ok && database_serialize(stage->database, &stage->image, &stage->image_size, error);
}

bool stage_stop(struct stage *stage, struct error *error) {
  bool ok = !stage->has_started || stage->admin_id || keep_database(stage, error);
  if (stage->call) telegram_call_cancel(stage->call);
  if (stage->updates) updates_leave_unfinished(stage->updates);
  if (stage->script) script_end_runs(stage->script);
  updates_close(stage->updates);
  script_close(stage->script);
  backup_close(stage->backup); /* before those who wait for its answers, as in run.c */
  revert_close(stage->revert);
  admin_close(stage->admin);
  telegram_close(stage->telegram);
  database_close(stage->database);
  stage->call = NULL;
  stage->updates = NULL;
  stage->script = NULL;
  stage->backup = NULL;
  stage->revert = NULL;
  stage->admin = NULL;
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
  stage->services = services_new();
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
  services_free(stage->services);
  clock_close(stage->clock);
  (void)loop_close(stage->loop);
  free(stage->image);
  free(stage);
}

struct sandbox *stage_sandbox(struct stage *stage) { return stage->sandbox; }
struct services *stage_services(struct stage *stage) { return stage->services; }

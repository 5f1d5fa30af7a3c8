/* Everything that happens here comes from the clock's timers, in their order, or from a worker, which is waited for: a spec
 * runs the same way each time, and takes no longer than the work itself. */
#include "kit/test_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "assembly/assembly.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "kit/fake_http.h"
#include "kit/kit.h"
#include "sandbox/sandbox.h"
#include "telegram/telegram.h"

static const char token[] = /* it begins with TEST_HOST_BOT_ID */
    "123456789:a-token-for-specs-and-nobody-else";

enum {
  REQUESTS = 2000,     /* remembered for telegram:requests() */
  POLL_S = 50,         /* Telegram's longest: a day is turned in the fewest polls */
  START_MS = 60000,    /* for a restore, which may have to ask twice */
  STEPS_MAX = 1000000, /* timers due without the clock moving: more is a bot that never comes to rest */
};

struct test_host {
  struct loop *loop;
  struct clock *clock;
  struct sandbox *sandbox;
  struct fake_http *http;
  const struct test_host_replay *replay; /* NULL: a spec's host */
  struct host *host;                     /* NULL: there is none */
  char **paths;                          /* ours; the host keeps them */
  size_t path_count;
  const char *database_url; /* NULL: there is none */
  char schema[40];          /* of it, while this world lives */
  int64_t admin_id;
  bool has_ended;       /* by itself */
  struct error error;   /* why, where it was a failure */
  unsigned char *image; /* the data that the last host has left; NULL: none */
  size_t image_size;
};

/* ---- the end of a host ---- */

static void free_paths(struct test_host *test) {
  while (test->path_count) free(test->paths[--test->path_count]);
  free(test->paths);
  test->paths = NULL;
}

/* On PostgreSQL it stays where it is. */
static bool keep_data(struct test_host *test, struct error *error) {
  if (test->database_url) return true;
  unsigned char *image = NULL;
  if (!host_take_image(test->host, &image, &test->image_size, error)) return false;
  free(test->image);
  test->image = image;
  return true;
}

static void drop_host(struct test_host *test) {
  host_close(test->host);
  free_paths(test);
  test->host = NULL;
}

bool test_host_kill(struct test_host *test, struct error *error) {
  if (!test->host) return true;
  bool ok = !host_is_started(test->host) || test->admin_id || keep_data(test, error);
  drop_host(test);
  return ok;
}

static void on_ended(enum host_outcome outcome, const struct error *error, void *data) {
  struct test_host *test = data;
  (void)outcome;
  test->has_ended = true;
  test->error = *error;
}

/* ---- time ---- */

static bool turn(struct test_host *test, int64_t ms, struct error *error) {
  int64_t end = clock_ticks(test->clock) + ms;
  for (int steps = 0; steps < STEPS_MAX; steps++) {
    int64_t before = clock_ticks(test->clock);
    if (loop_work_count(test->loop)) {
      loop_turn(test->loop, true); /* a worker takes no time of this clock */
    } else if (!clock_step(test->clock, end - before)) {
      return true;
    }
    if (clock_ticks(test->clock) > before) steps = 0;
  }
  return error_set(error, ERROR_FULL,
                   "the bot does not come to rest: something happens again and again without any time passing");
}

bool test_host_work(struct test_host *test, int64_t ms, struct error *error) {
  return turn(test, ms, error) && (!test->has_ended || test_host_kill(test, error));
}

void test_host_jump(struct test_host *test, int64_t ms) { clock_jump(test->clock, ms); }
int64_t test_host_now(const struct test_host *test) { return clock_now(test->clock); }

/* ---- the start of a host ---- */

static void on_serve(const struct http_request *request, struct http_answer *answer, void *data) {
  struct test_host *test = data;
  if (test->replay)
    test->replay->serve(request, answer, test->replay->data);
  else
    fake_http_serve(test->http, request, answer);
}

static void set_replay(const struct test_host *test, struct host_options *options, struct transport *transport) {
  const struct test_host_replay *replay = test->replay;
  replay->wrap(transport, test->clock, replay->data);
  options->recorder = replay->recorder;
  options->random_seed = replay->random_seed;
  options->deadline_ms = replay->deadline_ms;
  options->admin_id = replay->admin_id;
  options->has_no_backup = true;
  if (!replay->image) return;
  options->image = replay->image;
  options->image_size = replay->image_size;
}

static void copy_paths(struct test_host *test, const char *const *paths, size_t count) {
  test->paths = memory_new((count + 1) * sizeof *test->paths);
  for (; test->path_count < count; test->path_count++)
    test->paths[test->path_count] = memory_copy_text(paths[test->path_count]);
}

static struct host *open_host(struct test_host *test, struct error *error) {
  struct transport transport;
  memory_transport_open(&transport, test->sandbox, token);
  struct host_options options = {
      .loop = test->loop,
      .clock = test->clock,
      .transport = &transport,
      .token = token,
      .serve = on_serve,
      .paths = (const char *const *)test->paths,
      .path_count = test->path_count,
      .poll_seconds = POLL_S,
      .admin_id = test->admin_id,
      .database_url = test->database_url,
      .database_schema = test->database_url ? test->schema : NULL,
      .image = test->image,
      .image_size = test->image_size,
      .ended = on_ended,
      .data = test,
  };
  if (test->replay) set_replay(test, &options, &transport);
  return host_open(&options, error);
}

/* The clock goes on, timer by timer, only as long as a restore waits for time. What is still on its way after that (a call that
 * a fault delays) may yet come, while the spec turns the clock. */
static bool wait_for_start(struct test_host *test, struct error *error) {
  int64_t end = clock_ticks(test->clock) + (test->admin_id ? START_MS : 0);
  bool ok = turn(test, 0, error);
  while (ok && !test->has_ended && !host_is_started(test->host)) {
    if (!clock_step(test->clock, end - clock_ticks(test->clock))) break;
    ok = turn(test, 0, error);
  }
  if (ok && test->has_ended && test->error.kind) {
    *error = test->error;
    ok = false;
  }
  return ok;
}

bool test_host_start(struct test_host *test, const char *const *paths, size_t count, int64_t admin_id, struct error *error) {
  drop_host(test);
  copy_paths(test, paths, count);
  test->admin_id = admin_id;
  test->has_ended = false;
  test->error = (struct error){0};
  test->host = open_host(test, error);
  if (test->host) host_start(test->host);
  if (test->host && wait_for_start(test, error)) return true;
  drop_host(test);
  return false;
}

bool test_host_is_running(const struct test_host *test) { return test->host && !test->has_ended; }
size_t test_host_unfinished(const struct test_host *test) { return test->host ? host_unfinished(test->host) : 0; }

bool test_host_reload(struct test_host *test, struct error *error) {
  if (!test->host) return error_set(error, ERROR_MISUSE, "there is no bot that could be reloaded: it has ended");
  return host_reload(test->host, error);
}

/* ---- life ---- */

/* Whatever a world before it has left is gone. */
static bool drop_schema(struct test_host *test, struct error *error) {
  struct database *database = database_open_postgres(test->loop, test->database_url, NULL, error);
  char sql[100];
  (void)snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE", test->schema);
  bool ok = database && database_execute(database, sql, error);
  database_close(database);
  return ok;
}

struct test_host *test_host_open(const char *database_url, struct error *error) {
  struct loop *loop = loop_open(error);
  if (!loop) return NULL;
  struct test_host *test = memory_new(sizeof *test);
  test->loop = loop;
  test->http = fake_http_new();
  test->clock = clock_open_manual(loop, TEST_HOST_BEGIN_AT);
  struct sandbox_options options = {.has_no_port = true, .requests = REQUESTS};
  test->sandbox = sandbox_open(loop, test->clock, &options, error);
  test->database_url = database_url;
  (void)snprintf(test->schema, sizeof test->schema, "lunokhod_test_%ld", (long)getpid());
  if (test->sandbox && (!database_url || drop_schema(test, error))) return test;
  test_host_close(test);
  return NULL;
}

void test_host_close(struct test_host *test) {
  if (!test) return;
  drop_host(test);
  if (test->database_url) (void)drop_schema(test, NULL);
  if (test->sandbox) (void)sandbox_close(test->sandbox, NULL);
  fake_http_free(test->http);
  clock_close(test->clock);
  (void)loop_close(test->loop);
  free(test->image);
  free(test);
}

void test_host_set_replay(struct test_host *test, const struct test_host_replay *replay) { test->replay = replay; }
struct sandbox *test_host_sandbox(struct test_host *test) { return test->sandbox; }
struct fake_http *test_host_http(struct test_host *test) { return test->http; }

/* Backs up a table of so many users to a Bot API server and restores it, while clicks go on: as this project does it, with or
 * without encryption, or as the seed's article does, the whole table as JSON in one document. Prints one line of `name value`
 * pairs for tests/bench/backup.lua.
 *
 *   backup API_ROOT TOKEN ADMIN_ID USERS ours|encrypted|dump */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backup/backup.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "net/http.h"
#include "telegram/telegram.h"

enum { FIRST_ID = 100000, CLICKS = 3000, CLICKS_A_TURN = 10 };

static const char schema[] =
    "CREATE TABLE users(chatid INTEGER PRIMARY KEY, name TEXT NOT NULL, click INTEGER NOT NULL, state INTEGER NOT NULL)";

struct world {
  struct loop *loop;
  struct clock *clock;
  struct http *http;
  struct telegram *telegram;
  struct database *database;
  struct keyring *keys; /* NULL: nothing is encrypted */
  int64_t users, admin_id;
  /* clicks that go on meanwhile, and the longest time between two turns of the loop in which nobody could click: on the clock,
   * and of it what this thread itself has worked, which says the same on a machine that has more to do */
  struct clock_timer click;
  int64_t clicks_left;
  double last_turn, longest_pause, last_worked, longest_work;
  bool is_done;
  struct error error;
};

static double seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_worked(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void give_up(const char *what, const struct error *error) {
  (void)fprintf(stderr, "backup bench: %s: %s\n", what, error->text);
  exit(1);
}

static void run_sql(struct world *world, const char *sql, const int64_t *values, int count) {
  struct error error = {0};
  struct statement *statement = statement_prepare(world->database, STATEMENT_HOST, sql, strlen(sql), NULL, &error);
  bool row = true, ok = statement && database_begin(world->database, &error);
  for (int i = 0; ok && i < count; i++) {
    ok = statement_bind(statement, i + 1, &(struct value){.type = VALUE_INTEGER, .integer = values[i]}, &error);
  }
  while (ok && row) ok = statement_step(statement, &row, &error);
  statement_release(statement);
  if (!ok || !database_commit(world->database, &error)) give_up(sql, &error);
}

static void click_once(struct world *world) {
  int64_t id = FIRST_ID + (int64_t)(((uint64_t)random() << 31 | (uint64_t)random()) % (uint64_t)world->users);
  run_sql(world, "UPDATE users SET click = click + 1 WHERE chatid = ? RETURNING click", &id, 1);
}

static void on_click(void *data) {
  struct world *world = data;
  double pause = world->last_turn > 0 ? seconds() - world->last_turn : 0;
  double work = world->last_turn > 0 ? seconds_worked() - world->last_worked : 0;
  if (pause > world->longest_pause) world->longest_pause = pause;
  if (work > world->longest_work) world->longest_work = work;
  for (int i = 0; i < CLICKS_A_TURN && world->clicks_left; i++, world->clicks_left--) click_once(world);
  world->last_turn = seconds();
  world->last_worked = seconds_worked();
  clock_start(world->clock, &world->click, 0, on_click, world);
}

static void begin_clicks(struct world *world, int64_t count) {
  world->clicks_left = count;
  world->last_turn = world->longest_pause = world->longest_work = 0;
  on_click(world);
}

static void turn_until_done(struct world *world, const char *what) {
  world->is_done = false;
  while (!world->is_done) loop_turn(world->loop, true);
  if (world->error.kind) give_up(what, &world->error);
}

static void fill(struct world *world) {
  int64_t values[] = {FIRST_ID, world->users};
  run_sql(world,
          "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?2)"
          " INSERT INTO users SELECT ?1 + i, 'Имя ' || (i * 7919 % 100003), abs(random() % 1000), 0 FROM n",
          values, 2);
}

static double resident_mb(void) {
  long pages = 0, ignored;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld", &ignored, &pages) != 2) pages = 0;
  if (file) (void)fclose(file);
  return (double)pages * 4096 / 1e6;
}

static double peak_mb(void) {
  char line[200];
  double kilobytes = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, "VmHWM:", 6) == 0) kilobytes = strtod(line + 6, NULL);
  }
  if (file) (void)fclose(file);
  return kilobytes * 1024 / 1e6;
}

/* From now on peak_mb() tells of what comes. */
static void forget_peak(void) {
  FILE *file = fopen("/proc/self/clear_refs", "w");
  if (file) (void)fputs("5", file);
  if (file) (void)fclose(file);
}

/* ---- ours ---- */

static void on_saved(const struct error *error, void *data) {
  struct world *world = data;
  world->error = *error;
  world->is_done = true;
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct world *world = data;
  world->error = restored->error;
  world->is_done = true;
}

static struct backup *open_backup(struct world *world) {
  struct backup_options options = {.loop = world->loop,
                                   .clock = world->clock,
                                   .database = world->database,
                                   .telegram = world->telegram,
                                   .admin_id = world->admin_id,
                                   .keys = world->keys,
                                   .interval_ms = 86400000};
  return backup_open(&options);
}

/* Seconds; *uploaded: bytes. */
static double save(struct world *world, struct backup *backup, size_t *uploaded) {
  struct backup_status before, after;
  double began = seconds();
  backup_status(backup, &before);
  backup_save(backup, on_saved, world);
  turn_until_done(world, "save");
  backup_status(backup, &after);
  *uploaded = (size_t)(after.uploaded - before.uploaded);
  return seconds() - began;
}

/* As a host starts: what Telegram holds is loaded, or nothing where the backup is to be fresh. */
static struct backup *begin_backup(struct world *world, enum backup_how how) {
  struct backup *backup = open_backup(world);
  backup_begin(backup, how, on_restored, world);
  turn_until_done(world, "begin");
  return backup;
}

static void bench_ours(struct world *world) {
  struct error error = {0};
  struct backup *backup = begin_backup(world, BACKUP_FRESH);
  struct backup_status status;
  size_t first_bytes, second_bytes;
  backup_serve(backup, on_saved, world); /* of an empty table, so that the first backup below is all of it */
  turn_until_done(world, "serve");
  fill(world);
  double live_mb = resident_mb();
  forget_peak();
  begin_clicks(world, 0); /* only turns of the loop: the second has 3,000 clicks and no more */
  double first = save(world, backup, &first_bytes), first_work = world->longest_work, first_peak = peak_mb();
  clock_stop(world->clock, &world->click);
  for (int i = 0; i < CLICKS; i++) click_once(world);
  forget_peak();
  begin_clicks(world, INT64_MAX);
  double second = save(world, backup, &second_bytes), pause = world->longest_pause, work = world->longest_work;
  clock_stop(world->clock, &world->click);
  backup_status(backup, &status);
  double kept_mb = resident_mb(), peak = peak_mb();
  backup_close(backup);
  database_close(world->database);
  world->database = database_open(&error);
  if (!world->database) give_up("open", &error);
  double began = seconds();
  backup = begin_backup(world, BACKUP_TAKEOVER);
  printf("users %" PRId64
         " image_bytes %zu first_s %.4f first_bytes %zu second_s %.4f second_bytes %zu pause_s %.5f work_s %.5f"
         " first_work_s %.5f restore_s %.4f live_mb %.1f kept_mb %.1f first_peak_mb %.1f peak_mb %.1f\n",
         world->users, status.image_size, first, first_bytes, second, second_bytes, pause, work, first_work, seconds() - began,
         live_mb, kept_mb, first_peak, peak);
  backup_close(backup);
}

/* ---- the article's way: in one go, on the loop ---- */

static void dump(struct world *world, struct buffer *json) {
  struct error error = {0};
  static const char sql[] = "SELECT chatid, name, click, state FROM users";
  struct statement *statement = statement_prepare(world->database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, &error);
  bool row = false, ok = statement && buffer_add_text(json, "[", &error);
  for (bool is_first = true; ok && statement_step(statement, &row, &error) && row; is_first = false) {
    struct value values[4];
    for (int i = 0; i < 4; i++) statement_column(statement, i, &values[i]);
    ok = buffer_format(json, &error, "%s[%" PRId64 ", ", is_first ? "" : ", ", values[0].integer) &&
         buffer_add_json_string(json, values[1].bytes, values[1].size, &error) &&
         buffer_format(json, &error, ", %" PRId64 ", %" PRId64 "]", values[2].integer, values[3].integer);
  }
  statement_release(statement);
  if (!ok || error.kind || !buffer_add_text(json, "]", &error)) give_up("dump", &error);
}

static void on_sent(const struct telegram_answer *answer, void *data) {
  struct world *world = data;
  world->error = answer->error;
  world->is_done = true;
}

/* Telegram takes 50 MB from a bot and gives 20 MB back: what is larger is measured up to here, and refused. */
static void bench_dump(struct world *world) {
  struct buffer json;
  char admin[32];
  buffer_init(&json, (size_t)4 << 30);
  fill(world);
  (void)snprintf(admin, sizeof admin, "%" PRId64, world->admin_id);
  begin_clicks(world, INT64_MAX);
  for (int i = 0; i < 5; i++) loop_turn(world->loop, true);
  double began = seconds();
  dump(world, &json);
  const struct http_part parts[] = {{"chat_id", NULL, admin, strlen(admin), NULL},
                                    {"document", "backup.json", json.data, json.size, NULL}};
  struct telegram_request request = {.method = "sendDocument", .parts = parts, .part_count = 2, .timeout_ms = 300000};
  (void)telegram_start(world->telegram, &request, on_sent, world);
  world->is_done = false;
  while (!world->is_done) loop_turn(world->loop, true);
  printf("users %" PRId64 " first_s %.4f first_bytes %zu pause_s %.5f peak_mb %.1f refused %d\n", world->users,
         seconds() - began, json.size, world->longest_pause, peak_mb(), world->error.kind != ERROR_NONE);
  clock_stop(world->clock, &world->click);
  buffer_release(&json);
}

static void open_keys(struct world *world) {
  struct error error = {0};
  char line[KEYRING_LINE_SIZE], path[] = "/tmp/backup-bench.XXXXXX";
  int file = mkstemp(path);
  bool ok = file >= 0 && keyring_make_line(line, &error) && write(file, line, sizeof line - 1) > 0 && close(file) == 0;
  if (ok) world->keys = keyring_open(path, &error);
  (void)unlink(path);
  if (!world->keys) give_up("open the keys", &error);
}

int main(int count, char **arguments) {
  if (count != 6) {
    (void)fprintf(stderr, "usage: backup API_ROOT TOKEN ADMIN_ID USERS ours|encrypted|dump\n");
    return 2;
  }
  memory_set_up(); /* as a host does */
  struct world world = {.admin_id = strtoll(arguments[3], NULL, 10), .users = strtoll(arguments[4], NULL, 10)};
  struct error error = {0};
  struct transport transport = {0};
  world.loop = loop_open(&error);
  world.clock = world.loop ? clock_open(world.loop) : NULL;
  world.http = world.loop ? http_open(world.loop, 10, &error) : NULL;
  world.database = world.http ? database_open(&error) : NULL;
  if (!world.database || !transport_open_http(&transport, world.http, arguments[1], arguments[2], &error))
    give_up("start", &error);
  world.telegram = telegram_open(transport, world.clock);
  run_sql(&world, schema, NULL, 0);
  if (strcmp(arguments[5], "encrypted") == 0) open_keys(&world);
  if (strcmp(arguments[5], "dump") == 0) {
    bench_dump(&world);
  } else {
    bench_ours(&world);
  }
  telegram_close(world.telegram);
  http_close(world.http);
  database_close(world.database);
  clock_close(world.clock);
  bool ok = loop_close(world.loop);
  keyring_close(world.keys);
  return ok ? 0 : 1;
}

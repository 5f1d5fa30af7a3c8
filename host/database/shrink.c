/* Runs VACUUM where many pages are free. VACUUM copies what is in use, which takes 2 ms for each MB, and nothing else can
 * happen meanwhile. So it is done where it frees more than it copies, where the pause is short, and where the pages have
 * been free for a while: a bot that fills and empties a table all day needs them, and each time the next backup is a full
 * one. What is too large for it is for the operator (OPERATING.md, Limits). */
#include <assert.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/connection.h"

#ifndef SHRINK_CHECK_MS
#define SHRINK_CHECK_MS (60 * 1000) /* between two checks */
#endif
#ifndef SHRINK_CHECKS
#define SHRINK_CHECKS 10 /* in a row, at which the pages must be free */
#endif
#ifndef SHRINK_FREE_LEAST
#define SHRINK_FREE_LEAST (8 << 20) /* bytes; less is not worth it */
#endif
#ifndef SHRINK_USED_MOST
#define SHRINK_USED_MOST (32 << 20) /* bytes; more would be a pause of more than 64 ms */
#endif

struct shrinking {
  struct database *database;
  struct clock *clock;
  struct clock_timer check;
  unsigned good_checks;    /* in a row at which it was worth it */
  uint64_t measured_at;    /* database->committed at the last measurement; what follows is as of then */
  int64_t used, available; /* bytes that rows use, bytes that are free */
};

static void on_check(void *data);

struct shrinking *shrink_open(struct database *database, struct clock *clock) {
  struct shrinking *shrinking = memory_new(sizeof *shrinking);
  shrinking->database = database;
  shrinking->clock = clock;
  clock_start(clock, &shrinking->check, SHRINK_CHECK_MS, on_check, shrinking);
  return shrinking;
}

void shrink_close(struct shrinking *shrinking) {
  if (!shrinking) return;
  clock_stop(shrinking->clock, &shrinking->check);
  free(shrinking);
}

/* False: unknown, for lack of memory. */
static bool measure(struct shrinking *shrinking) {
  static const char sql[] =
      "SELECT page_size * page_count, page_size * freelist_count "
      "FROM pragma_page_size, pragma_page_count, pragma_freelist_count";
  struct database *database = shrinking->database;
  if (shrinking->measured_at == database->committed) return true; /* nothing has changed */
  sqlite3_stmt *statement = NULL;
  database->origin = STATEMENT_HOST;
  bool ok = sqlite3_prepare_v2(database->connection.sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW;
  if (ok) {
    shrinking->available = sqlite3_column_int64(statement, 1);
    shrinking->used = sqlite3_column_int64(statement, 0) - shrinking->available;
    shrinking->measured_at = database->committed;
  }
  (void)sqlite3_finalize(statement);
  return ok;
}

static bool is_worth_it(struct shrinking *shrinking) {
  return measure(shrinking) && shrinking->available >= SHRINK_FREE_LEAST && shrinking->available >= shrinking->used &&
         shrinking->used <= SHRINK_USED_MOST;
}

/* What is in the database is the same afterwards, but where it lies is not, so the next backup must have it. The commit hook is
 * not called. */
static bool vacuum(struct database *database, struct error *error) {
  if (!connection_execute(database, "VACUUM", error)) return false;
  database->committed++;
  (void)malloc_trim(0); /* the C library keeps what is freed, too */
  return true;
}

static void on_check(void *data) {
  struct shrinking *shrinking = data;
  struct database *database = shrinking->database;
  struct error error = {0};
  int64_t began = clock_measure_us();
  assert(!database->is_in_segment);
  shrinking->good_checks = is_worth_it(shrinking) ? shrinking->good_checks + 1 : 0;
  bool is_due = shrinking->good_checks == SHRINK_CHECKS;
  if (is_due && vacuum(database, &error)) {
    log_info("the database has given back free pages; freed_bytes=%lld bytes=%lld us=%lld", (long long)shrinking->available,
             (long long)shrinking->used, (long long)(clock_measure_us() - began));
  } else if (is_due) {
    log_warn("free pages can't be given back; error=%s", error.text);
  }
  if (is_due) shrinking->good_checks = 0;
  clock_start(shrinking->clock, &shrinking->check, SHRINK_CHECK_MS, on_check, shrinking);
}

/* A snapshot by copy on access. SQLite takes every page of a `:memory:` database from its page cache before it reads or writes
 * it, and holds none between two segments. So it is enough to stand before the page cache: a page that SQLite asks for, and
 * that the snapshot has not given out yet, is copied first. Pages that nobody asks for are read from the cache itself. Only
 * page 1 may be held by a query that has not ended, so it is copied at once.
 *
 * The other ways, with ten million users (258 MB): sqlite3_serialize() copies all in one turn, 46 ms. fork() takes 6 ms for the
 * tables of the pages, and then 4 us for each page that is written to. SQLite's online backup begins anew at every commit of a
 * `:memory:` database. This one takes no time at the beginning, and 1 us for each page that is asked for meanwhile. */
#include "database/page_snapshot.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"

struct page_snapshot {
  struct page_snapshot *next;
  sqlite3_pcache *cache; /* borrowed. NULL: not known yet, or gone */
  bool is_looking;       /* for the cache: it is the first that is asked for a page 1 */
  bool has_failed;       /* a page could not be kept */
  size_t page_size, page_count;
  size_t given;          /* so many pages, from the first, need not be kept any more */
  unsigned char **kept;  /* by number from 0: pages that were asked for, ours; NULL: not asked for */
  unsigned char *absent; /* zeros: what SQLite takes a page for that is not in its cache; ours, made when there is one */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_pcache_methods2 plain;
static _Thread_local struct page_snapshot *snapshots; /* of a thread: workers have databases of their own */

/* ---- before the page cache ---- */

static void keep(struct page_snapshot *snapshot, size_t at) {
  if (at < snapshot->given || at >= snapshot->page_count || snapshot->kept[at]) return;
  const sqlite3_pcache_page *page = plain.xFetch(snapshot->cache, (unsigned)at + 1, 0);
  unsigned char *copy = memory_try_resize(NULL, snapshot->page_size);
  snapshot->kept[at] = copy;
  if (!copy) {
    snapshot->has_failed = true;
  } else if (page) {
    memcpy(copy, page->pBuf, snapshot->page_size);
  } else {
    memset(copy, 0, snapshot->page_size);
  }
}

static sqlite3_pcache_page *fetch(sqlite3_pcache *cache, unsigned number, int create) {
  for (struct page_snapshot *each = snapshots; each; each = each->next) {
    if (each->is_looking && number == 1) {
      each->cache = cache;
      each->is_looking = false;
    } else if (each->cache == cache && !each->is_looking) {
      keep(each, number - 1);
    }
  }
  return plain.xFetch(cache, number, create);
}

/* What is cut off is not asked for. */
static void cut(sqlite3_pcache *cache, unsigned first) {
  for (struct page_snapshot *each = snapshots; each; each = each->next) {
    size_t at = each->given > first - 1 ? each->given : first - 1;
    for (; each->cache == cache && at < each->page_count; at++) keep(each, at);
  }
  plain.xTruncate(cache, first);
}

static void destroy(sqlite3_pcache *cache) {
  for (struct page_snapshot *each = snapshots; each; each = each->next) {
    for (size_t at = each->given; each->cache == cache && at < each->page_count; at++) keep(each, at);
    if (each->cache == cache) each->cache = NULL;
  }
  plain.xDestroy(cache);
}

static void install(void) {
  int status = sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &plain);
  sqlite3_pcache_methods2 methods = plain;
  methods.xFetch = fetch;
  methods.xTruncate = cut;
  methods.xDestroy = destroy;
  if (status == SQLITE_OK) status = sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods);
  assert(status == SQLITE_OK); /* fails only where a connection is open already, which is a mistake of ours */
}

void page_snapshot_install(void) { (void)pthread_once(&once, install); }

/* ---- a snapshot ---- */

static bool read_number(struct database *database, const char *sql, size_t *number, struct error *error) {
  sqlite3_stmt *statement = NULL;
  database->origin = STATEMENT_HOST;
  bool ok = sqlite3_prepare_v2(database->connection.sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW;
  if (ok) *number = (size_t)sqlite3_column_int64(statement, 0);
  if (!ok) connection_fail(database, "can't copy the database", error);
  (void)sqlite3_finalize(statement);
  return ok;
}

/* To count what is in the schema, SQLite reads page 1 of the database: from the cache that is looked for. */
static bool find_cache(struct page_snapshot *snapshot, struct database *database, struct error *error) {
  size_t count;
  snapshot->is_looking = true;
  bool ok = read_number(database, "SELECT count(*) FROM main.sqlite_schema", &count, error);
  snapshot->is_looking = false;
  return ok && (snapshot->cache || error_set(error, ERROR_SYSTEM, "SQLite does not tell where the database is"));
}

static bool measure(struct page_snapshot *snapshot, struct database *database, struct error *error) {
  size_t count = 0;
  if (!read_number(database, "PRAGMA main.page_size", &snapshot->page_size, error) ||
      !read_number(database, "PRAGMA main.page_count", &count, error))
    return false;
  if (!count) return error_set(error, ERROR_SYSTEM, "there is nothing in the database yet");
  snapshot->kept = memory_try_resize(NULL, count * sizeof *snapshot->kept);
  if (!snapshot->kept) return error_set(error, ERROR_MEMORY, "out of memory for a copy of the database");
  memset(snapshot->kept, 0, count * sizeof *snapshot->kept);
  snapshot->page_count = count;
  return true;
}

struct page_snapshot *page_snapshot_begin(struct database *database, struct error *error) {
  assert(!database->is_in_segment); /* a copy must not hold half a segment */
  struct page_snapshot *snapshot = memory_new(sizeof *snapshot);
  snapshot->next = snapshots;
  snapshots = snapshot;
  if (find_cache(snapshot, database, error) && measure(snapshot, database, error)) {
    keep(snapshot, 0);
    return snapshot;
  }
  page_snapshot_end(snapshot);
  return NULL;
}

void page_snapshot_end(struct page_snapshot *snapshot) {
  if (!snapshot) return;
  struct page_snapshot **place = &snapshots;
  while (*place != snapshot) place = &(*place)->next;
  *place = snapshot->next;
  for (size_t at = 0; at < snapshot->page_count; at++) free(snapshot->kept[at]);
  free(snapshot->kept);
  free(snapshot->absent);
  free(snapshot);
}

size_t page_snapshot_page_size(const struct page_snapshot *snapshot) { return snapshot->page_size; }
size_t page_snapshot_page_count(const struct page_snapshot *snapshot) { return snapshot->page_count; }

/* Given before, it is freed now: so a snapshot never keeps much more than what is asked for ahead of it. */
static const unsigned char *page_at(struct page_snapshot *snapshot, size_t at) {
  if (at) {
    free(snapshot->kept[at - 1]);
    snapshot->kept[at - 1] = NULL;
  }
  if (snapshot->kept[at]) return snapshot->kept[at];
  const sqlite3_pcache_page *page = snapshot->cache ? plain.xFetch(snapshot->cache, (unsigned)at + 1, 0) : NULL;
  if (page) return page->pBuf;
  if (!snapshot->absent) {
    snapshot->absent = memory_try_resize(NULL, snapshot->page_size);
    if (snapshot->absent) memset(snapshot->absent, 0, snapshot->page_size);
  }
  return snapshot->absent;
}

const unsigned char *page_snapshot_next(struct page_snapshot *snapshot, struct error *error) {
  assert(snapshot->given < snapshot->page_count);
  const unsigned char *page = snapshot->has_failed ? NULL : page_at(snapshot, snapshot->given);
  if (page)
    snapshot->given++;
  else
    error_set(error, ERROR_MEMORY, "out of memory for a copy of the database");
  return page;
}

/* Images in and out. An image is opened and checked by a connection of its own, so that damage is found before the live content
 * is touched; then SQLite's online backup replaces the live content in one transaction. */
#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/image_check.h"

enum { /* https://www.sqlite.org/fileformat.html, section 1.3 */
       HEADER_SIZE = 100,
       PAGE_SIZE_AT = 16, /* 2 bytes, big-endian; 1 means 65,536, which they can't hold */
       PAGE_SIZE_LEAST = 512,
       PAGE_SIZE_MOST = 65536,
       WRITE_VERSION_AT = 18,
       READ_VERSION_AT = 19,
       VERSION_JOURNAL = 1,
       VERSION_WAL = 2,
};

enum { SECONDS_MOST = 60 }; /* a check of 1 GiB takes some seconds */

enum { REBUILDING_SECONDS = 60 }; /* of indices; those of 1 GiB take some seconds */

struct loading {
  sqlite3 *source;      /* a connection to the image */
  unsigned char *bytes; /* the caller's; or a copy in SQLite's memory, where the header must be changed */
  size_t size;
  bool is_copied;
  time_t end; /* when it has had its time */
};

int64_t database_image_page_size(const void *image, size_t size) {
  const unsigned char *bytes = image;
  if (size < HEADER_SIZE || memcmp(bytes, "SQLite format 3", 16) != 0) return 0;
  int64_t page_size = bytes[PAGE_SIZE_AT] << 8 | bytes[PAGE_SIZE_AT + 1];
  if (page_size == 1) page_size = PAGE_SIZE_MOST;
  bool is_power_of_two = (page_size & (page_size - 1)) == 0;
  return page_size >= PAGE_SIZE_LEAST && is_power_of_two ? page_size : 0;
}

static bool is_wal(const unsigned char *image) {
  return image[WRITE_VERSION_AT] == VERSION_WAL || image[READ_VERSION_AT] == VERSION_WAL;
}

/* SQLite itself opens such an image, but read-only. */
static bool is_newer(const unsigned char *image) {
  return image[WRITE_VERSION_AT] > VERSION_WAL || image[READ_VERSION_AT] > VERSION_WAL;
}

/* A `:memory:` database has no write-ahead log, so the copy's header is changed to say "rollback journal". */
static bool copy_image(struct loading *loading, const unsigned char *image, struct error *error) {
  loading->bytes = sqlite3_malloc64(loading->size);
  if (!loading->bytes) return error_set(error, ERROR_MEMORY, "out of memory for a database image of %zu bytes", loading->size);
  memcpy(loading->bytes, image, loading->size);
  loading->bytes[WRITE_VERSION_AT] = loading->bytes[READ_VERSION_AT] = VERSION_JOURNAL;
  loading->is_copied = true;
  return true;
}

/* What sqlite3_deserialize() was given with FREEONCLOSE is its own even when it fails. */
static bool open_image(struct loading *loading, struct error *error) {
  int status = sqlite3_open_v2(":memory:", &loading->source, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  unsigned flags =
      loading->is_copied ? SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE : SQLITE_DESERIALIZE_READONLY;
  sqlite3_int64 size = (sqlite3_int64)loading->size;
  if (status != SQLITE_OK) {
    if (loading->is_copied) sqlite3_free(loading->bytes);
    return image_check_fail(NULL, status, error);
  }
  status = sqlite3_deserialize(loading->source, "main", loading->bytes, size, size, flags);
  (void)sqlite3_db_config(loading->source, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(loading->source, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL); /* the image may be anybody's */
  (void)sqlite3_set_authorizer(loading->source, authorizer_decide, NULL);
  connection_end_after(loading->source, SECONDS_MOST, &loading->end); /* constraints and the like are SQL of whoever made it */
  return status == SQLITE_OK || image_check_fail(loading->source, status, error);
}

/* One row, "ok", or a row for each problem. */
static bool check(struct loading *loading, struct error *error) {
  sqlite3_stmt *statement = NULL;
  bool ok = sqlite3_prepare_v2(loading->source, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW;
  const char *words = ok ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  if (!ok) {
    image_check_fail(loading->source, sqlite3_errcode(loading->source), error);
  } else if (!words || strcmp(words, "ok") != 0) {
    ok = error_set(error, ERROR_INPUT, "the database image is damaged: %s", words ? words : "no details");
  }
  (void)sqlite3_finalize(statement);
  return ok;
}

/* After a failed step sqlite3_backup_finish() rolls back. */
static bool replace_content(struct database *database, struct loading *loading, struct error *error) {
  sqlite3_backup *backup = sqlite3_backup_init(database->connection.sqlite, "main", loading->source, "main");
  int status = backup ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(database->connection.sqlite);
  if (backup) (void)sqlite3_backup_finish(backup);
  if (status != SQLITE_DONE) return image_check_fail(NULL, status, error);
  database->committed++; /* SQLite does not call the commit hook here */
  return true;
}

/* A `:memory:` database that has pages can't change their size or its text encoding, so the image goes into a fresh connection.
 */
static bool replace_connection(struct database *database, struct loading *loading, int64_t page_size, struct error *error) {
  struct connection old = database->connection;
  char sql[60];
  (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA page_size = %d", (int)page_size);
  bool ok =
      connection_open(database, error) && database_execute(database, sql, error) && replace_content(database, loading, error);
  ok = ok && connection_set_ceiling(database, page_size, error);
  if (ok) {
    statement_cache_clear(database->cache); /* its statements are the old connection's */
    connection_close(&old);
  } else {
    connection_close(&database->connection);
    database->connection = old;
  }
  return ok;
}

static bool is_early(void *end) { return time(NULL) < *(const time_t *)end; }

/* Another SQLite, or an earlier host, may have filled an index by other rules: lower(), upper() and LIKE know more letters
 * here. Where that can't be mended, as two rows are the same by these rules, the index stays: the bot runs, and the log says
 * why. */
static void rebuild_indices(struct database *database) {
  static const char is_needed[] =
      "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'index') AND "
      "(sql LIKE '%lower%' OR sql LIKE '%upper%' OR sql LIKE '%like%') LIMIT 1";
  struct error error = {0};
  bool row = false;
  time_t end = time(NULL) + REBUILDING_SECONDS;
  struct statement *statement = database_prepare(database, is_needed, NULL, 0, &error);
  bool ok = statement && statement_step(statement, &row, &error);
  statement_release(statement);
  database_limit(database, is_early, &end, 0);
  if (ok && row) ok = database_execute(database, "REINDEX", &error);
  database_limit(database, NULL, NULL, 0);
  if (!ok) log_warn("an index of the restored data can't be built anew, and may miss rows: drop it; error=%s", error.text);
}

bool database_load(struct database *database, const void *image, size_t size, struct error *error) {
  assert(!database->is_in_segment);
  struct loading loading = {.bytes = (unsigned char *)image, .size = size}; /* not written to, unless it is a copy */
  int64_t page_size = database_image_page_size(image, size);
  if (!page_size) return error_set(error, ERROR_INPUT, "this is not an SQLite database");
  if (is_newer(image)) return error_set(error, ERROR_INPUT, "the database image was made by a newer SQLite than this host has");
  bool ok = (!is_wal(image) || copy_image(&loading, image, error)) && open_image(&loading, error) && check(&loading, error) &&
            foreign_schema_check(loading.source, error) && host_tables_check(loading.source, error);
  ok = ok && replace_connection(database, &loading, page_size, error);
  (void)sqlite3_close(loading.source);
  if (ok) database->may_have_broken_rows = true;
  if (ok) rebuild_indices(database);
  return ok;
}

static bool copy_pages(struct page_snapshot *snapshot, unsigned char *image, struct error *error) {
  size_t page_size = page_snapshot_page_size(snapshot);
  for (size_t i = 0; i < page_snapshot_page_count(snapshot); i++) {
    const unsigned char *page = page_snapshot_next(snapshot, error);
    if (!page) return false;
    memcpy(image + i * page_size, page, page_size);
  }
  return true;
}

/* Not by sqlite3_serialize(), whose memory can't be given to free(): so everything would be copied twice. */
bool database_serialize(struct database *database, unsigned char **image, size_t *size, struct error *error) {
  *image = NULL;
  *size = 0;
  if (database_waits(database))
    return error_set(error, ERROR_REFUSED, "the data is in PostgreSQL: ask it there, with psql or pg_dump");
  struct page_snapshot *snapshot = page_snapshot_begin(database, error);
  if (!snapshot) return false;
  *size = page_snapshot_page_size(snapshot) * page_snapshot_page_count(snapshot);
  *image = memory_try_resize(NULL, *size);
  bool ok = *image ? copy_pages(snapshot, *image, error)
                   : error_set(error, ERROR_MEMORY, "out of memory for an image of the database");
  if (!ok) free(*image);
  if (!ok) *image = NULL;
  page_snapshot_end(snapshot);
  return ok;
}

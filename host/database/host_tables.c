/* The host's own tables in an image that is loaded. They may be of another host, or changed by hand. It is said here which one
 * does not fit, because later some statement of a start would fail on it. */
#include <sqlite3.h>
#include <stddef.h>

#include "common/error.h"
#include "database/image_check.h"

enum { COLUMNS_MOST = 12 };

/* The host's own tables as it must find them, the primary key first. Columns that a host adds by itself to what an older one
 * has made are not here. tests/lint/tables.lua compares this with what makes each. */
struct host_table {
  const char *name;
  int key_count;
  const char *columns[COLUMNS_MOST + 1]; /* NULL follows the last */
};

static const struct host_table host_tables[] = {
    {"lunokhod_admin_languages", 1, {"language"}},
    {"lunokhod_arrivals", 0, {"first", "next"}},
    {"lunokhod_broadcast_chats", 2, {"broadcast", "chat", "state", "holder"}},
    {"lunokhod_broadcasts",
     1,
     {"id", "method", "parameters", "created_at", "done_at", "total", "sent", "gone", "failed", "uncertain", "canceled"}},
    {"lunokhod_buttons", 1, {"key", "value", "expires_at"}},
    {"lunokhod_dead_letters", 1, {"id", "update_id", "failed_at", "error", "json"}},
    {"lunokhod_inbox", 1, {"update_id", "state", "tries", "json"}},
    {"lunokhod_locales", 1, {"person", "language"}},
    {"lunokhod_migrations", 1, {"old_chat", "new_chat"}},
    {"lunokhod_parked", 1, {"place", "update_id", "lane", "album", "batch", "json"}},
    {"lunokhod_sessions", 2, {"chat", "person", "data"}},
    {"lunokhod_steps", 1, {"id", "chat", "person", "step", "data", "question", "earlier", "expires_at", "after", "album"}},
    {"lunokhod_timetable",
     1,
     {"id", "name", "data", "due_at", "planned_at", "every", "daily", "zone", "skips", "is_declared", "tries", "holder"}},
};

static int find_column(const struct host_table *table, const char *name) {
  int i = 0;
  while (table->columns[i] && sqlite3_stricmp(table->columns[i], name) != 0) i++;
  return table->columns[i] ? i : -1;
}

static bool misfit(const struct host_table *table, struct error *error, const char *what, const char *column) {
  return error_set(error, ERROR_INPUT, "the host's table %s %s%.100s: a start with this data would fail", table->name, what,
                   column);
}

/* One row is one column. What a newer host has added does no harm where it may be left out. */
static bool check_column(const struct host_table *table, sqlite3_stmt *statement, unsigned *seen, struct error *error) {
  const char *name = (const char *)sqlite3_column_text(statement, 0);
  int key = sqlite3_column_int(statement, 1), i = name ? find_column(table, name) : -1;
  if (!name) return error_set(error, ERROR_MEMORY, "out of memory for the database image");
  if (i < 0 && sqlite3_column_int(statement, 2)) return misfit(table, error, "has a column that no host fills: ", name);
  if (key != (i >= 0 && i < table->key_count ? i + 1 : 0)) return misfit(table, error, "has another primary key", "");
  if (i >= 0) *seen |= 1U << i;
  return true;
}

static bool check_table(sqlite3 *sqlite, const struct host_table *table, struct error *error) {
  static const char sql[] = "SELECT name, pk, \"notnull\" AND dflt_value IS NULL FROM pragma_table_info(?)";
  sqlite3_stmt *statement = NULL;
  unsigned seen = 0;
  int status = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
  if (status == SQLITE_OK) status = sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
  bool ok = status == SQLITE_OK, is_there = false;
  for (; ok && (status = sqlite3_step(statement)) == SQLITE_ROW; is_there = true)
    ok = check_column(table, statement, &seen, error);
  if (status != SQLITE_DONE && status != SQLITE_ROW) ok = image_check_fail(sqlite, status, error);
  for (int i = 0; ok && is_there && table->columns[i]; i++) {
    if (!(seen & 1U << i)) ok = misfit(table, error, "has no column ", table->columns[i]);
  }
  (void)sqlite3_finalize(statement);
  return ok;
}

bool host_tables_check(sqlite3 *sqlite, struct error *error) {
  bool ok = true;
  for (size_t i = 0; ok && i < sizeof host_tables / sizeof *host_tables; i++) ok = check_table(sqlite, &host_tables[i], error);
  return ok;
}

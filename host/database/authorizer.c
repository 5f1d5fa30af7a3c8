/* What SQL may not do. A script's: settings, transactions, files, and whatever would change the tables of the host. Anybody's,
 * the host's own included, because it evaluates expressions that scripts and restored files have left in the schema: functions
 * that take an address or open a file. */
#include <sqlite3.h>
#include <string.h>

#include "database/connection.h"

static bool is_own_table(const char *name) { return name && sqlite3_strnicmp(name, "lunokhod_", 9) == 0; }

static bool is_one_of(const char *name, const char *const *list) {
  while (*list && sqlite3_stricmp(name, *list) != 0) list++;
  return *list != NULL;
}

/* fts3_tokenizer() takes the address of functions that SQLite then calls. The others are in SQLite's shell and in builds that
 * load extensions. */
static bool is_dangerous_function(const char *name) {
  static const char *const dangerous[] = {"fts3_tokenizer", "load_extension", "readfile", "writefile",        "edit",
                                          "fsdir",          "lsmode",         "zipfile",  "sqlar_uncompress", NULL};
  return is_one_of(name, dangerous);
}

/* rtree asks for the size of a page, fts5 for the version of the data. SQLite's recipe for rebuilding a table switches the
 * foreign keys: while scripts load, they are off already, and within a transaction that does nothing. */
static bool is_harmless_pragma(const struct database *database, const char *name, const char *argument) {
  static const char *const of_schema[] = {"table_info",  "table_xinfo",      "table_list",        "index_list",   "index_info",
                                          "index_xinfo", "foreign_key_list", "foreign_key_check", "user_version", NULL};
  static const char *const of_settings[] = {"foreign_keys", "page_size", "page_count", "freelist_count", "data_version", NULL};
  if (is_one_of(name, of_schema) || (argument == NULL && is_one_of(name, of_settings))) return true;
  return database->has_suspended_keys && sqlite3_stricmp(name, "foreign_keys") == 0;
}

int authorizer_decide(void *data, int action, const char *first, const char *second, const char *schema, const char *trigger) {
  (void)schema, (void)trigger;
  struct database *database = data; /* NULL: an image that is being looked at */
  if (action == SQLITE_FUNCTION && is_dangerous_function(second)) return SQLITE_DENY;
  if (!database || database->origin == STATEMENT_HOST) return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION: /* a script's COMMIT would publish half a handler */
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return SQLITE_DENY;
    case SQLITE_PRAGMA: return is_harmless_pragma(database, first, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_ALTER_TABLE: database->is_text_looked_at = true; return is_own_table(second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_TEMP_TRIGGER:
      database->is_text_looked_at = true;
      return is_own_table(first) || is_own_table(second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TRIGGER: return is_own_table(first) || is_own_table(second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TEMP_TABLE: /* a temporary table hides one of the same name */
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_TABLE: return is_own_table(first) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_OK;
  }
}

/* ALTER TABLE does not tell the authorizer the new name, nor CREATE TRIGGER what it will do; and a backup whose triggers speak
 * of the host's tables would be refused by foreign_schema.c. No SQL can write a name in other letters than its own, so the text
 * has it. SQLite reads up to the first zero byte, and so does this. */
bool authorizer_allows_text(const struct database *database, const char *sql, const char *end) {
  if (!database->is_text_looked_at) return true;
  for (const char *at = sql; at < end && *at; at++) {
    if (sqlite3_strnicmp(at, "lunokhod_", 9) == 0) return false;
  }
  return true;
}

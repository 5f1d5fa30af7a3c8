/* The built-in database's prepared statements, cached by their text, because a bot runs the same dozen again and again. A text
 * whose cached statement is in use (a handler iterates and runs the same SQL inside) gets a second statement, which is not
 * cached. */
#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/database.h"
#include "database/engine.h"

#ifndef STATEMENT_CACHE_COUNT
#define STATEMENT_CACHE_COUNT 500 /* bounds the memory of scripts that build SQL from values */
#endif

enum { ADDRESSES = 64 };

static const struct statement_engine statement_engine;

struct sqlite_statement {
  struct statement head;
  UT_hash_handle hh; /* by key, while is_cached */
  struct database *database;
  sqlite3_stmt *sqlite;
  enum statement_origin origin;
  bool is_cached, is_in_use;
  bool was_used; /* since the last round of eviction */
  size_t key_size;
  char key[]; /* one byte of origin, then the SQL */
};

struct statement_cache {
  struct sqlite_statement *statements;
  struct sqlite_statement *by_address[ADDRESSES]; /* see find() */
  char *key;                                      /* scratch for look-ups */
  size_t key_capacity;
};

struct statement_cache *statement_cache_new(void) { return memory_new(sizeof(struct statement_cache)); }

static void statement_free(struct sqlite_statement *statement) {
  (void)sqlite3_finalize(statement->sqlite);
  free(statement);
}

static void statement_forget(struct statement_cache *cache, struct sqlite_statement *statement) {
  for (int i = 0; i < ADDRESSES; i++) {
    if (cache->by_address[i] == statement) cache->by_address[i] = NULL;
  }
  HASH_DEL(cache->statements, statement);
  statement_free(statement);
}

void statement_cache_clear(struct statement_cache *cache) {
  struct sqlite_statement *statement, *next;
  HASH_ITER(hh, cache->statements, statement, next) statement_forget(cache, statement);
}

void statement_cache_free(struct statement_cache *cache) {
  if (!cache) return;
  statement_cache_clear(cache);
  free(cache->key);
  free(cache);
}

/* Second-chance eviction: the oldest that was not used since the last round goes. */
static void evict_one(struct statement_cache *cache) {
  struct sqlite_statement *statement, *next;
  for (int round = 0; round < 2; round++) {
    HASH_ITER(hh, cache->statements, statement, next) {
      if (!statement->is_in_use && !statement->was_used) {
        statement_forget(cache, statement);
        return;
      }
      statement->was_used = false;
    }
  }
}

static bool make_key(struct statement_cache *cache, enum statement_origin origin, const char *sql, size_t size,
                     struct error *error) {
  if (size + 1 > cache->key_capacity) {
    char *key = memory_try_resize(cache->key, size + 1);
    if (!key) return error_set(error, ERROR_MEMORY, "out of memory for a statement of %zu bytes", size);
    cache->key = key;
    cache->key_capacity = size + 1;
  }
  cache->key[0] = (char)origin;
  memcpy(cache->key + 1, sql, size);
  return true;
}

static bool has_key(const struct sqlite_statement *statement, enum statement_origin origin, const char *sql, size_t size) {
  return statement && statement->key_size == size + 1 && statement->key[0] == (char)origin &&
         memcmp(statement->key + 1, sql, size) == 0;
}

/* The cached statement. Most SQL is a literal of a script, which stays where it is: so the look-up of the last text at the same
 * address nearly always finds it, and no hash is made of the text. False: out of memory. */
static bool find(struct statement_cache *cache, enum statement_origin origin, const char *sql, size_t size,
                 struct sqlite_statement **statement, struct error *error) {
  struct sqlite_statement **last = &cache->by_address[(uintptr_t)sql / 16 % ADDRESSES];
  *statement = has_key(*last, origin, sql, size) ? *last : NULL;
  if (*statement) return true;
  if (!make_key(cache, origin, sql, size, error)) return false;
  HASH_FIND(hh, cache->statements, cache->key, size + 1, *statement);
  if (*statement) *last = *statement;
  return true;
}

/* Only a statement that is the whole of its SQL is cached, so a hit never has a rest. Rests are rare (scripts' schemas). */
static bool is_blank(const char *text, const char *end) {
  while (text < end && strchr(" \t\r\n;", *text)) text++;
  return text == end;
}

static struct sqlite_statement *prepare_new(struct database *database, enum statement_origin origin, const char *sql,
                                            size_t size, const char **rest, struct error *error) {
  struct sqlite_statement *statement = memory_try_resize(NULL, sizeof *statement + size + 1);
  if (!statement) {
    error_set(error, ERROR_MEMORY, "out of memory for a statement of %zu bytes", size);
    return NULL;
  }
  memset(statement, 0, sizeof *statement);
  statement->head.engine = &statement_engine;
  statement->database = database;
  statement->origin = origin;
  statement->key_size = size + 1;
  statement->key[0] = (char)origin;
  memcpy(statement->key + 1, sql, size);
  const char *tail = NULL;
  database->origin = origin;
  database->is_text_looked_at = false;
  if (sqlite3_prepare_v3(database->connection.sqlite, sql, (int)size, SQLITE_PREPARE_PERSISTENT, &statement->sqlite, &tail) !=
      SQLITE_OK) {
    connection_fail(database, "", error);
    if (sqlite3_errcode(database->connection.sqlite) == SQLITE_AUTH && error) {
      error_set(error, ERROR_MISUSE,
                "not allowed in a script: %.200s (the host owns transactions, settings and lunokhod_* tables)", sql);
    }
  }
  *rest = tail ? tail : sql + size;
  if (statement->sqlite && !authorizer_allows_text(database, sql, *rest)) {
    (void)sqlite3_finalize(statement->sqlite);
    statement->sqlite = NULL;
    error_set(error, ERROR_MISUSE, "not allowed in a script: %.200s (the host owns the names lunokhod_*)", sql);
  }
  if (statement->sqlite) return statement;
  free(statement);
  return NULL;
}

struct statement *sqlite_statement_prepare(struct database *database, enum statement_origin origin, const char *sql,
                                           size_t size, const char **rest, struct error *error) {
  struct statement_cache *cache = database->cache;
  struct sqlite_statement *statement = NULL;
  const char *tail = sql + size;
  if (size > INT_MAX / 2) {
    error_set(error, ERROR_MISUSE, "a statement of %zu bytes is too long", size);
    return NULL;
  }
  if (!find(cache, origin, sql, size, &statement, error)) return NULL;
  if (!statement || statement->is_in_use) {
    bool key_is_free = !statement;
    statement = prepare_new(database, origin, sql, size, &tail, error);
    if (!statement) {
      if (rest) *rest = tail;
      return NULL;
    }
    if (!rest && !is_blank(tail, sql + size)) {
      statement_free(statement);
      error_set(error, ERROR_MISUSE, "one statement expected, there is more after it: %.100s", tail);
      return NULL;
    }
    if (key_is_free && is_blank(tail, sql + size)) {
      if (HASH_COUNT(cache->statements) >= STATEMENT_CACHE_COUNT) evict_one(cache);
      HASH_ADD(hh, cache->statements, key, statement->key_size, statement);
      statement->is_cached = true;
    }
  }
  statement->is_in_use = true;
  statement->was_used = true;
  if (rest) *rest = tail;
  return &statement->head;
}

/* ---- what it does ---- */

static struct sqlite_statement *of(struct statement *statement) { return (struct sqlite_statement *)statement; }
static sqlite3_stmt *sqlite_of(const struct statement *statement) {
  return ((const struct sqlite_statement *)statement)->sqlite;
}

static void release(struct statement *given) {
  struct sqlite_statement *statement = of(given);
  (void)sqlite3_reset(statement->sqlite); /* repeats the error of the step, which the step returned already */
  (void)sqlite3_clear_bindings(statement->sqlite);
  statement->is_in_use = false;
  if (!statement->is_cached) statement_free(statement);
}

static int parameter_count(const struct statement *statement) { return sqlite3_bind_parameter_count(sqlite_of(statement)); }

static const char *parameter_name(const struct statement *statement, int index) {
  return sqlite3_bind_parameter_name(sqlite_of(statement), index);
}

static bool bind(struct statement *statement, int index, const struct value *value, struct error *error) {
  sqlite3_stmt *sqlite = sqlite_of(statement);
  int status = SQLITE_MISUSE;
  switch (value->type) {
    case VALUE_NULL: status = sqlite3_bind_null(sqlite, index); break;
    case VALUE_INTEGER: status = sqlite3_bind_int64(sqlite, index, value->integer); break;
    case VALUE_REAL: status = sqlite3_bind_double(sqlite, index, value->real); break;
    case VALUE_TEXT: status = sqlite3_bind_text64(sqlite, index, value->bytes, value->size, SQLITE_STATIC, SQLITE_UTF8); break;
    case VALUE_BLOB: status = sqlite3_bind_blob64(sqlite, index, value->bytes, value->size, SQLITE_STATIC); break;
  }
  return status == SQLITE_OK || connection_fail(of(statement)->database, "can't bind a parameter", error);
}

static bool step(struct statement *given, bool *row, struct error *error) {
  struct sqlite_statement *statement = of(given);
  *row = false;
  if (statement->database->is_in_segment && sqlite3_get_autocommit(statement->database->connection.sqlite)) {
    return error_set(error, ERROR_MISUSE, "this segment was rolled back by an earlier error; nothing more can be done in it");
  }
  statement->database->origin = statement->origin; /* after a change of the schema SQLite prepares again within the step */
  int status = sqlite3_step(statement->sqlite);
  *row = status == SQLITE_ROW;
  return status == SQLITE_ROW || status == SQLITE_DONE || connection_fail(statement->database, "", error);
}

static bool is_reader(const struct statement *statement) { return sqlite3_stmt_readonly(sqlite_of(statement)); }

static int column_count(const struct statement *statement) { return sqlite3_column_count(sqlite_of(statement)); }

static const char *column_name(const struct statement *statement, int column) {
  return sqlite3_column_name(sqlite_of(statement), column);
}

static void column(struct statement *statement, int column, struct value *value) {
  sqlite3_stmt *sqlite = sqlite_of(statement);
  *value = (struct value){.type = VALUE_NULL};
  switch (sqlite3_column_type(sqlite, column)) {
    case SQLITE_INTEGER:
      value->type = VALUE_INTEGER;
      value->integer = sqlite3_column_int64(sqlite, column);
      break;
    case SQLITE_FLOAT:
      value->type = VALUE_REAL;
      value->real = sqlite3_column_double(sqlite, column);
      break;
    case SQLITE_TEXT:
      value->type = VALUE_TEXT;
      value->bytes = (const char *)sqlite3_column_text(sqlite, column);
      value->size = (size_t)sqlite3_column_bytes(sqlite, column);
      break;
    case SQLITE_BLOB:
      value->type = VALUE_BLOB;
      value->bytes = sqlite3_column_blob(sqlite, column);
      value->size = (size_t)sqlite3_column_bytes(sqlite, column);
      break;
    default: break;
  }
}

static int64_t changes(const struct statement *statement) { return sqlite3_changes64(sqlite3_db_handle(sqlite_of(statement))); }

static const struct statement_engine statement_engine = {.release = release,
                                                         .parameter_count = parameter_count,
                                                         .parameter_name = parameter_name,
                                                         .bind = bind,
                                                         .step = step,
                                                         .is_reader = is_reader,
                                                         .column_count = column_count,
                                                         .column_name = column_name,
                                                         .column = column,
                                                         .changes = changes};

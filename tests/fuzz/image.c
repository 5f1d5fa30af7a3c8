/* libFuzzer's target: a database that anybody may have made is restored, and used by the host and by a script. The first byte
 * says how it is made: of SQL, or of the bytes of an image. What is loaded can be saved and loaded again. */
#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "pieces.h"

enum {
  QUESTIONS = 2000, /* of the limits, in one statement: a tenth of a second */
  ROWS_READ = 20,
  MEMORY = 32 << 20,
};

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The host sets SQLite's memory up, before anybody else uses it. */
int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  database_close(database_open(NULL));
  return 0;
}

static bool may_go_on(void *count) { return --*(int *)count > 0; }
static int is_late(void *count) { return !may_go_on(count); }

/* By an SQLite that refuses nothing, as an attacker would. NULL: there is nothing. */
static unsigned char *make_image(const char *sql, size_t *size) {
  sqlite3 *sqlite = NULL;
  sqlite3_int64 made = 0;
  int count = QUESTIONS;
  if (sqlite3_open(":memory:", &sqlite) != SQLITE_OK) abort();
  (void)sqlite3_limit(sqlite, SQLITE_LIMIT_LENGTH, 100000);
  (void)sqlite3_limit(sqlite, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_progress_handler(sqlite, 100, is_late, &count);
  (void)sqlite3_exec(sqlite, "PRAGMA writable_schema = ON; PRAGMA page_size = 512", NULL, NULL, NULL);
  (void)sqlite3_exec(sqlite, "PRAGMA max_page_count = 500; PRAGMA recursive_triggers = ON", NULL, NULL, NULL);
  (void)sqlite3_exec(sqlite, sql, NULL, NULL, NULL);
  if (!sqlite3_get_autocommit(sqlite)) (void)sqlite3_exec(sqlite, "COMMIT", NULL, NULL, NULL);
  unsigned char *bytes = sqlite3_serialize(sqlite, "main", &made, 0);
  unsigned char *image = bytes && made ? memory_new((size_t)made) : NULL;
  if (image) memcpy(image, bytes, (size_t)made);
  sqlite3_free(bytes);
  (void)sqlite3_close_v2(sqlite);
  *size = (size_t)made;
  return image;
}

/* All statements of it, each under the limits of a handler. */
static void run(struct database *database, enum statement_origin origin, const char *sql) {
  struct error error = {0};
  bool row = true, ok;
  const char *end = sql + strlen(sql), *rest = sql;
  do {
    int count = QUESTIONS;
    database_limit(database, may_go_on, &count, MEMORY);
    struct statement *statement = statement_prepare(database, origin, rest, (size_t)(end - rest), &rest, &error);
    ok = statement != NULL;
    for (int i = 0; ok && i < ROWS_READ && (ok = statement_step(statement, &row, &error)) && row; i++) {
      struct value value;
      for (int column = 0; column < statement_column_count(statement); column++) statement_column(statement, column, &value);
    }
    statement_release(statement);
    database_limit(database, NULL, NULL, 0);
  } while (ok && *rest);
}

/* What the host writes, and what a script reads and changes. */
static void live_on(struct database *database) {
  static const char of_host[] =
      "CREATE TABLE IF NOT EXISTS lunokhod_inbox(update_id INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries INTEGER NOT "
      "NULL, json TEXT NOT NULL); INSERT OR REPLACE INTO lunokhod_inbox VALUES (1, 0, 0, '{}'); "
      "SELECT * FROM lunokhod_inbox ORDER BY update_id; DELETE FROM lunokhod_inbox";
  static const char of_script[] =
      "CREATE TABLE IF NOT EXISTS a(b); SELECT * FROM a; INSERT INTO a(rowid) VALUES (NULL); UPDATE a SET rowid = rowid + 1; "
      "DELETE FROM a; SELECT * FROM b; SELECT * FROM c; DROP TABLE b";
  struct error error = {0};
  if (!database_begin(database, &error)) return;
  run(database, STATEMENT_HOST, of_host);
  run(database, STATEMENT_SCRIPT, of_script);
  if (!database_commit(database, &error)) database_rollback(database);
}

static void try_image(const unsigned char *image, size_t size) {
  struct error error = {0};
  struct database *database = database_open(&error), *other = database_open(&error);
  unsigned char *saved = NULL;
  size_t saved_size;
  bool ok = database_load(database, image, size, &error);
  assert(ok ? error.kind == ERROR_NONE : error.kind != ERROR_NONE && error.text[0]);
  if (ok) {
    ok = database_serialize(database, &saved, &saved_size, &error) && database_load(other, saved, saved_size, &error);
    assert(ok);
    live_on(database);
  }
  free(saved);
  database_close(database);
  database_close(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size < 2) return 0;
  size_t image_size = size - 1;
  char *text = memory_new(size);
  memcpy(text, bytes + 1, size - 1);
  unsigned char *image = bytes[0] % 2 ? make_image(text, &image_size) : (unsigned char *)text;
  if (image) try_image(image, image_size);
  if (image != (unsigned char *)text) free(image);
  free(text);
  return 0;
}

static const char *const statements[] = {
    "CREATE TABLE a(b, c);",
    "CREATE TABLE b(c INTEGER PRIMARY KEY, d TEXT DEFAULT (hex(randomblob(4))), e AS (c + 1) STORED);",
    "CREATE TABLE c(d REFERENCES b(c) ON DELETE CASCADE, CHECK (d > 0)) STRICT;",
    "CREATE TABLE c(d INT, CHECK (instr(d, 'a') < length(replace(d, 'a', 'b'))));",
    "CREATE TABLE a(b PRIMARY KEY, c COLLATE NOCASE) WITHOUT ROWID;",
    "CREATE TABLE lunokhod_inbox(update_id INTEGER PRIMARY KEY, state, tries, json);",
    "CREATE TABLE lunokhod_inbox(a);",
    "CREATE VIEW lunokhod_inbox AS SELECT 1 AS update_id;",
    "CREATE VIEW a AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS b FROM n;",
    "CREATE VIEW b AS SELECT * FROM lunokhod_inbox;",
    "CREATE VIEW b AS SELECT fts3_tokenizer('x', x'00');",
    "CREATE TRIGGER t AFTER INSERT ON lunokhod_inbox BEGIN DELETE FROM a; END;",
    "CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO a VALUES (1, 2); END;",
    "CREATE TRIGGER u INSTEAD OF INSERT ON a BEGIN SELECT RAISE(IGNORE); END;",
    "CREATE TEMP TRIGGER t BEFORE DELETE ON a BEGIN SELECT 1; END;",
    "CREATE INDEX i ON a(b) WHERE b LIKE 'x%' AND c GLOB 'y*';",
    "CREATE UNIQUE INDEX j ON a(lower(b), upper(c));",
    "CREATE VIRTUAL TABLE a USING fts5(b);",
    "CREATE VIRTUAL TABLE lunokhod_fts USING fts5(b);",
    "CREATE VIRTUAL TABLE b USING fts4(c, tokenize=porter);",
    "CREATE VIRTUAL TABLE c USING rtree(id, x, y);",
    "CREATE VIRTUAL TABLE a USING dbstat(main);",
    "INSERT INTO a VALUES (1, 'text');",
    "INSERT INTO a(b) VALUES (zeroblob(20000));",
    "INSERT INTO b(c) VALUES (7);",
    "INSERT INTO c VALUES (1, 0, 1);",
    "DELETE FROM a;",
    "DROP TABLE a;",
    "UPDATE sqlite_schema SET sql = 'CREATE TRIGGER t AFTER INSERT ON lunokhod_inbox BEGIN DELETE FROM a; END';",
    "UPDATE sqlite_schema SET sql = replace(sql, 'a', 'lunokhod_inbox');",
    "UPDATE sqlite_schema SET name = 'lunokhod_inbox', tbl_name = 'lunokhod_inbox' WHERE name = 'a';",
    "UPDATE sqlite_schema SET rootpage = rootpage % 3 + 1;",
    "UPDATE sqlite_schema SET type = 'table';",
    "UPDATE sqlite_schema SET sql = NULL WHERE type = 'index';",
    "INSERT INTO sqlite_schema VALUES ('table', 'a', 'a', 0, 'CREATE VIRTUAL TABLE a USING fts5(b)');",
    "INSERT INTO sqlite_schema VALUES ('view', 'b', 'b', 0, 'CREATE VIEW lunokhod_inbox AS SELECT 1');",
    "INSERT INTO sqlite_schema VALUES ('table', 'c', 'c', 2, 'CREATE TABLE c(d CHECK (d LIKE ''%%%%%'' || d))');",
    "PRAGMA writable_schema = ON;",
    "PRAGMA page_size = 65536;",
    "PRAGMA encoding = 'UTF-16le';",
    "PRAGMA auto_vacuum = FULL;",
    "PRAGMA journal_mode = WAL;",
    "PRAGMA user_version = 7;",
    "PRAGMA schema_version = -1;",
    "ANALYZE;",
    "VACUUM;",
    "REINDEX;",
};

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed) {
  if (!size && size_most) bytes[size++] = 1;
  if (bytes[0] % 2 == 0) return LLVMFuzzerMutate(bytes, size, size_most);
  return pieces_mutate(bytes, size, size_most, seed, ';', statements, sizeof statements / sizeof *statements);
}

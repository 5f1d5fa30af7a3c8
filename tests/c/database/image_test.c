/* Loading an image in place of the live content: any page size, or an error and no change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>
#include <sqlite3.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"

static int setup(void **state) {
  struct error error;
  *state = database_open(&error);
  assert_true(database_execute(*state, "CREATE TABLE mark(n INTEGER); INSERT INTO mark VALUES(1)", &error));
  return 0;
}

static int teardown(void **state) {
  database_close(*state);
  return 0;
}

static unsigned char *make_image(int page_size, size_t *size) {
  sqlite3 *sqlite;
  sqlite3_int64 count = 0;
  char sql[200];
  (void)sqlite3_snprintf(sizeof sql, sql,
                         "PRAGMA page_size = %d; CREATE TABLE mark(n INTEGER); INSERT INTO mark VALUES(2);"
                         "CREATE TABLE ballast(b); INSERT INTO ballast VALUES(randomblob(200000))",
                         page_size);
  assert_int_equal(sqlite3_open(":memory:", &sqlite), SQLITE_OK);
  assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
  unsigned char *image = sqlite3_serialize(sqlite, "main", &count, 0);
  assert_non_null(image);
  assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
  *size = (size_t)count;
  return image;
}

/* By a statement that stays in the cache. */
static int64_t mark(struct database *database, const char *sql) {
  struct error error;
  struct value value = {0};
  bool row = false;
  struct statement *statement = statement_prepare(database, STATEMENT_SCRIPT, sql, strlen(sql), NULL, &error);
  assert_non_null(statement);
  assert_true(statement_step(statement, &row, &error));
  assert_true(row);
  statement_column(statement, 0, &value);
  statement_release(statement);
  return value.integer;
}

static void an_image_of_any_page_size_is_loaded_and_lived_on(void **state) {
  static const int sizes[] = {512, 65536, 4096, 1024};
  struct database *database = *state;
  struct error error;
  assert_int_equal(mark(database, "SELECT n FROM mark"), 1);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    size_t size;
    uint64_t committed = database_committed(database);
    unsigned char *image = make_image(sizes[i], &size);
    assert_true(database_load(database, image, size, &error));
    sqlite3_free(image);
    assert_true(database_committed(database) > committed);
    assert_int_equal(mark(database, "SELECT n FROM mark"), 2);
    assert_true(database_begin(database, &error));
    assert_int_equal(mark(database, "UPDATE mark SET n = 3 RETURNING n"), 3);
    assert_true(database_commit(database, &error));
    assert_int_equal(mark(database, "SELECT n FROM mark"), 3);
  }
}

static void an_image_of_another_text_encoding_is_loaded_and_lived_on(void **state) {
  static const char *const encodings[] = {"UTF-16le", "UTF-16be", "UTF-8"};
  struct database *database = *state;
  struct error error;
  for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
    sqlite3 *sqlite;
    sqlite3_int64 size = 0;
    char sql[200];
    (void)sqlite3_snprintf(sizeof sql, sql,
                           "PRAGMA encoding = '%s'; CREATE TABLE mark(n INTEGER, t TEXT); INSERT INTO mark VALUES(3, 'Анна')",
                           encodings[i]);
    assert_int_equal(sqlite3_open(":memory:", &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    unsigned char *image = sqlite3_serialize(sqlite, "main", &size, 0);
    assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
    assert_true(database_load(database, image, (size_t)size, &error));
    sqlite3_free(image);
    assert_int_equal(mark(database, "SELECT n FROM mark WHERE t = 'Анна'"), 3);
    assert_true(database_execute(database, "UPDATE mark SET n = n + 1", &error));
    assert_int_equal(mark(database, "SELECT n FROM mark"), 4);
  }
}

static void an_image_of_a_newer_sqlite_changes_nothing(void **state) {
  struct database *database = *state;
  struct error error;
  for (int at = 18; at <= 19; at++) { /* fileformat.html 1.3.3: the write and read versions */
    size_t size;
    unsigned char *image = make_image(4096, &size);
    image[at] = 3;
    assert_false(database_load(database, image, size, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    sqlite3_free(image);
    assert_int_equal(mark(database, "SELECT n FROM mark"), 1);
    assert_true(database_execute(database, "UPDATE mark SET n = 1", &error));
  }
}

static void scripts_stay_within_their_rights_after_it(void **state) {
  struct database *database = *state;
  struct error error;
  size_t size;
  unsigned char *image = make_image(512, &size);
  assert_true(database_load(database, image, size, &error));
  sqlite3_free(image);
  assert_null(statement_prepare(database, STATEMENT_SCRIPT, "COMMIT", 6, NULL, &error));
  assert_int_equal(error.kind, ERROR_MISUSE);
}

static void a_damaged_image_changes_nothing(void **state) {
  static const int sizes[] = {512, 4096};
  struct database *database = *state;
  for (size_t i = 0; i < 2; i++) {
    struct error error = {0};
    size_t size;
    uint64_t committed = database_committed(database);
    unsigned char *image = make_image(sizes[i], &size);
    memset(image + 2 * sizes[i], 0xEE, (size_t)sizes[i]);
    assert_false(database_load(database, image, size, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_false(database_load(database, image, size / 2, &error));
    assert_false(database_load(database, image, 50, &error));
    sqlite3_free(image);
    assert_int_equal(mark(database, "SELECT n FROM mark"), 1);
    assert_int_equal(database_committed(database), committed);
  }
}

/* Each would run with the host's rights, or in the place of its table, as soon as the host starts. */
/* By an SQLite that knows no letters but ASCII's. */
static void load_made_of(struct database *database, const char *sql) {
  sqlite3 *sqlite;
  struct error error = {0};
  sqlite3_int64 size = 0;
  assert_int_equal(sqlite3_open(":memory:", &sqlite), SQLITE_OK);
  assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
  unsigned char *image = sqlite3_serialize(sqlite, "main", &size, 0);
  assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
  if (!database_load(database, image, (size_t)size, &error)) fail_msg("%s", error.text);
  sqlite3_free(image);
}

static void indices_follow_the_case_of_letters_here(void **state) {
  struct error error = {0};
  load_made_of(*state,
               "CREATE TABLE mark(n, name); CREATE INDEX i ON mark(lower(name)); INSERT INTO mark VALUES(5, "
               "'\u0410\u043d\u043d\u0430')");
  assert_int_equal(mark(*state, "SELECT n FROM mark INDEXED BY i WHERE lower(name) = '\u0430\u043d\u043d\u0430'"), 5);
  assert_true(database_execute(*state, "DELETE FROM mark", &error));
  load_made_of(*state,
               "CREATE TABLE mark(n, name, low AS (lower(name))); CREATE INDEX i ON mark(low); INSERT INTO mark(n, name) "
               "VALUES(6, '\u0401')");
  assert_int_equal(mark(*state, "SELECT n FROM mark INDEXED BY i WHERE low = '\u0451'"), 6);
}

/* By the rules here they are one name. The operator must not lose the bot for that. */
static void an_index_that_two_rows_share_here_stays(void **state) {
  load_made_of(*state,
               "CREATE TABLE mark(n, name); CREATE UNIQUE INDEX i ON mark(lower(name));"
               "INSERT INTO mark VALUES(7, '\u0401'), (8, '\u0451')");
  assert_int_equal(mark(*state, "SELECT max(n) FROM mark"), 8);
}

/* Loads an image that the SQL makes, which may write to the schema. more: SQL, too, or NULL. */
static bool try_to_load(struct database *database, const char *sql, const char *more, struct error *error) {
  sqlite3 *sqlite;
  sqlite3_int64 count = 0;
  assert_int_equal(sqlite3_open(":memory:", &sqlite), SQLITE_OK);
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
  assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_exec(sqlite, more, NULL, NULL, NULL), SQLITE_OK);
  unsigned char *image = sqlite3_serialize(sqlite, "main", &count, 0);
  assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
  bool ok = database_load(database, image, (size_t)count, error);
  sqlite3_free(image);
  return ok;
}

static void an_image_with_something_on_the_hosts_tables_is_refused(void **state) {
  static const char inbox[] =
      "CREATE TABLE lunokhod_inbox(update_id INTEGER PRIMARY KEY, state, tries, json); CREATE TABLE users(n);"
      "CREATE INDEX lunokhod_i ON lunokhod_inbox(state);"
      "CREATE VIEW dead AS SELECT * FROM lunokhod_inbox;";
  static const char *const additions[] = {
      "CREATE TRIGGER t BEFORE INSERT ON lunokhod_inbox BEGIN DELETE FROM users; END",
      "CREATE TRIGGER t BEFORE INSERT ON users BEGIN DELETE FROM lunokhod_inbox; END",
      "CREATE TRIGGER t BEFORE INSERT ON \"Lunokhod_Inbox\" BEGIN DELETE FROM users; END;"
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET type = 'table', tbl_name = 'x' WHERE name = 't'",
      "CREATE VIEW lunokhod_dead_letters AS SELECT 1",
      "CREATE VIEW harmless AS SELECT 1; PRAGMA writable_schema = ON;"
      "UPDATE sqlite_schema SET sql = 'CREATE VIEW lunokhod_dead_letters AS SELECT 1' WHERE name = 'harmless'",
      "CREATE VIRTUAL TABLE lunokhod_dead_letters USING fts5(a)",
      NULL, /* without any it is loaded */
  };
  for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
    struct error error = {0};
    bool ok = try_to_load(*state, inbox, additions[i], &error);
    if (ok != !additions[i]) fail_msg("%s: %s", additions[i] ? additions[i] : "nothing", error.text);
    if (!ok) assert_int_equal(error.kind, ERROR_INPUT);
  }
}

static void a_table_of_the_host_that_does_not_fit_is_named(void **state) {
  static const struct {
    const char *sql, *complaint;
  } rows[] = {
      {"CREATE TABLE lunokhod_inbox(update_id INTEGER PRIMARY KEY, state, tries, text)", "no column json"},
      {"CREATE TABLE Lunokhod_Inbox(a)", "no column update_id"},
      {"CREATE TABLE lunokhod_inbox(update_id, state, tries, json)", "another primary key"},
      {"CREATE TABLE lunokhod_inbox(update_id, state, tries, json, PRIMARY KEY(update_id, state))", "another primary key"},
      {"CREATE TABLE lunokhod_inbox(update_id INTEGER PRIMARY KEY, state, tries, json, more NOT NULL)", "no host fills: more"},
      {"CREATE TABLE lunokhod_inbox(update_id INTEGER PRIMARY KEY, state, tries, json, more NOT NULL DEFAULT 1, most)", NULL},
      {"CREATE TABLE lunokhod_inbox(json, Tries, state, UPDATE_ID INTEGER PRIMARY KEY)", NULL},
      {"CREATE TABLE lunokhod_timetable(id INTEGER PRIMARY KEY, name, data, due_at, planned_at, every, daily, zone, skips,"
       "is_declared, tries, holder, cron, asked_at)",
       NULL},
      {"CREATE TABLE lunokhod_unknown(a NOT NULL)", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct error error = {0};
    bool ok = try_to_load(*state, rows[i].sql, NULL, &error);
    if (ok != !rows[i].complaint) fail_msg("%s: %s", rows[i].sql, error.text);
    if (ok) continue;
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.text, rows[i].complaint));
    assert_non_null(strstr(error.text, "lunokhod_inbox"));
  }
}

static void an_image_is_as_sqlite_gives_it_or_there_is_none(void **state) {
  struct database *database = *state;
  sqlite3_int64 expected_size;
  unsigned char *image, *expected = sqlite3_serialize(database->connection.sqlite, "main", &expected_size, 0);
  size_t size;
  bool ok = false;
  unsigned n = 1;
  for (; !ok; n++) {
    struct error error = {0};
    memory_fail_at(n);
    ok = database_serialize(database, &image, &size, &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
    assert_true(ok == (image != NULL));
  }
  assert_true(n > 3);
  assert_int_equal(size, expected_size);
  assert_memory_equal(image, expected, size);
  free(image);
  sqlite3_free(expected);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(an_image_of_any_page_size_is_loaded_and_lived_on),
      TEST(an_image_with_something_on_the_hosts_tables_is_refused),
      TEST(a_table_of_the_host_that_does_not_fit_is_named),
      TEST(indices_follow_the_case_of_letters_here),
      TEST(an_index_that_two_rows_share_here_stays),
      TEST(an_image_of_another_text_encoding_is_loaded_and_lived_on),
      TEST(an_image_of_a_newer_sqlite_changes_nothing),
      TEST(scripts_stay_within_their_rights_after_it),
      TEST(a_damaged_image_changes_nothing),
      TEST(an_image_is_as_sqlite_gives_it_or_there_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A snapshot gives the pages of its moment, whatever happens to the database before they are asked for. */
#include "database/page_snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>
#include <sqlite3.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/database.h"

enum { ROUNDS = 25, GIVEN_AT_ONCE = 40 };

struct image {
  unsigned char *bytes;
  size_t size;
};

static uint32_t seed;
static uint32_t next_random(uint32_t below) { return ((seed = seed * 1664525 + 1013904223) >> 8) % below; }

static void execute(struct database *database, const char *sql) {
  struct error error = {0};
  if (!database_execute(database, sql, &error)) fail_msg("%s: %s", sql, error.text);
}

/* As SQLite itself gives it. */
static struct image serialize(struct database *database) {
  sqlite3_int64 size;
  struct image image = {.bytes = sqlite3_serialize(database->connection.sqlite, "main", &size, 0)};
  assert_non_null(image.bytes);
  image.size = (size_t)size;
  return image;
}

static int setup(void **state) {
  struct database *database = database_open(NULL);
  execute(database,
          "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE blobs(b); CREATE INDEX by_name ON users(name);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) "
          "INSERT INTO users SELECT i, 'name ' || i * 7919 % 10007 FROM n;"
          "INSERT INTO blobs VALUES (randomblob(200000)), (randomblob(90000))");
  *state = database;
  return 0;
}

static int teardown(void **state) {
  database_close(*state);
  return 0;
}

/* What a bot may do to its data, and what the host does. */
static void change(struct database *database) {
  static const char *const changes[] = {
      "UPDATE users SET name = 'x' || name WHERE id % 977 = abs(random()) % 977",
      "INSERT INTO users(name) SELECT name || 'y' FROM users LIMIT 300",
      "DELETE FROM users WHERE id > (SELECT max(id) - 200 FROM users)",
      "INSERT INTO blobs VALUES (randomblob(150000))",
      "DELETE FROM blobs WHERE rowid = (SELECT max(rowid) FROM blobs)",
      "UPDATE blobs SET b = randomblob(60000) WHERE rowid = 1",
      "CREATE TABLE IF NOT EXISTS passing(a); INSERT INTO passing SELECT name FROM users LIMIT 2000",
      "DROP TABLE IF EXISTS passing",
      "SELECT sum(length(name)) FROM users",
      "VACUUM",
  };
  enum { COUNT = sizeof changes / sizeof *changes };
  const char *sql = changes[next_random(COUNT)];
  if (strcmp(sql, "VACUUM") == 0) {
    execute(database, sql);
    return;
  }
  assert_true(database_begin(database, NULL));
  execute(database, sql);
  if (next_random(3)) {
    assert_true(database_commit(database, NULL));
  } else {
    database_rollback(database);
  }
}

struct reading {
  struct page_snapshot *snapshot;
  struct image expected;
  size_t read; /* pages */
};

static struct reading begin(struct database *database) {
  struct reading reading = {.expected = serialize(database)};
  struct error error = {0};
  reading.snapshot = page_snapshot_begin(database, &error);
  assert_string_equal(error.text, "");
  assert_int_equal(page_snapshot_page_size(reading.snapshot) * page_snapshot_page_count(reading.snapshot),
                   reading.expected.size);
  return reading;
}

static bool read_some(struct reading *reading, size_t count) {
  size_t page_size = page_snapshot_page_size(reading->snapshot);
  for (; count && reading->read < page_snapshot_page_count(reading->snapshot); count--, reading->read++) {
    const unsigned char *page = page_snapshot_next(reading->snapshot, NULL);
    assert_non_null(page);
    if (memcmp(page, reading->expected.bytes + reading->read * page_size, page_size) != 0)
      fail_msg("page %zu is of another moment", reading->read + 1);
  }
  return reading->read < page_snapshot_page_count(reading->snapshot);
}

static void end(struct reading *reading) {
  page_snapshot_end(reading->snapshot);
  sqlite3_free(reading->expected.bytes);
}

static void change_while_reading(struct database *database) {
  for (seed = 1; seed <= ROUNDS; seed++) {
    uint32_t round = seed;
    struct reading reading = begin(database);
    do change(database);
    while (read_some(&reading, next_random(GIVEN_AT_ONCE)));
    end(&reading);
    seed = round;
  }
}

static void a_snapshot_is_of_its_moment(void **state) { change_while_reading(*state); }

/* Pages change their numbers there. */
static void the_same_where_free_pages_are_given_back_at_once(void **state) {
  execute(*state, "PRAGMA auto_vacuum = FULL; VACUUM");
  change_while_reading(*state);
}

static void load_with_page_size(struct database *database, const char *pragma) {
  sqlite3 *sqlite;
  sqlite3_int64 size;
  assert_int_equal(sqlite3_open(":memory:", &sqlite), SQLITE_OK);
  assert_int_equal(sqlite3_exec(sqlite, pragma, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_exec(sqlite,
                                "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE blobs(b);"
                                "INSERT INTO users VALUES (1, 'a'), (2, 'b'); INSERT INTO blobs VALUES (randomblob(90000))",
                                NULL, NULL, NULL),
                   SQLITE_OK);
  unsigned char *image = sqlite3_serialize(sqlite, "main", &size, 0);
  assert_true(database_load(database, image, (size_t)size, NULL));
  sqlite3_free(image);
  assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
}

static void the_same_with_pages_of_another_size(void **state) {
  load_with_page_size(*state, "PRAGMA page_size = 512");
  change_while_reading(*state);
  load_with_page_size(*state, "PRAGMA page_size = 65536");
  change_while_reading(*state);
}

static void snapshots_of_several_moments_do_not_mix(void **state) {
  enum { COUNT = 4 };
  struct reading readings[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    readings[i] = begin(*state);
    (void)read_some(&readings[i], i * 10);
    change(*state);
  }
  for (bool is_more = true; is_more;) {
    is_more = false;
    for (size_t i = 0; i < COUNT; i++) is_more = read_some(&readings[i], 7) || is_more;
    change(*state);
  }
  for (size_t i = 0; i < COUNT; i++) end(&readings[i]); /* not in the order in which they began */
}

static void other_databases_are_not_in_it(void **state) {
  struct database *other = database_open(NULL);
  execute(other, "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'Otto')");
  struct reading reading = begin(*state), others = begin(other);
  execute(other, "UPDATE users SET name = 'Anna'; CREATE TEMP TABLE passing AS SELECT * FROM users");
  change(*state);
  while (read_some(&reading, 10));
  while (read_some(&others, 10));
  end(&reading);
  end(&others);
  database_close(other);
}

/* A query that has not ended holds page 1, where SQLite then writes without asking for it again. */
static void a_query_that_is_open_does_no_harm(void **state) {
  struct statement *statement = database_prepare(*state, "SELECT name FROM users", NULL, 0, NULL);
  bool row = false;
  assert_true(statement_step(statement, &row, NULL) && row);
  struct reading reading = begin(*state);
  execute(*state, "INSERT INTO blobs VALUES (randomblob(300000)); CREATE TABLE another(a)");
  while (read_some(&reading, 10));
  end(&reading);
  statement_release(statement);
}

static void it_outlives_what_it_is_of(void **state) {
  struct database *database = database_open(NULL);
  struct image image = serialize(*state);
  assert_true(database_load(database, image.bytes, image.size, NULL));
  struct reading before = begin(database);
  (void)read_some(&before, 3);
  execute(database, "DELETE FROM blobs");
  assert_true(database_load(database, image.bytes, image.size, NULL)); /* another connection */
  struct reading after = begin(database);
  database_close(database);
  while (read_some(&before, 10));
  while (read_some(&after, 10));
  end(&before);
  end(&after);
  sqlite3_free(image.bytes);
}

static void want_of_memory_ends_the_snapshot_and_not_the_segment(void **state) {
  for (unsigned n = 1;; n++) {
    struct error error = {0};
    memory_fail_at(n);
    struct page_snapshot *snapshot = page_snapshot_begin(*state, &error);
    if (snapshot) execute(*state, "UPDATE blobs SET b = randomblob(length(b))");
    memory_fail_at(0);
    const unsigned char *page = snapshot ? page_snapshot_next(snapshot, &error) : NULL;
    page_snapshot_end(snapshot);
    if (page) {
      assert_true(n > 20);
      return;
    }
    assert_int_equal(error.kind, ERROR_MEMORY);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_snapshot_is_of_its_moment),         TEST(the_same_where_free_pages_are_given_back_at_once),
      TEST(the_same_with_pages_of_another_size), TEST(snapshots_of_several_moments_do_not_mix),
      TEST(other_databases_are_not_in_it),       TEST(a_query_that_is_open_does_no_harm),
      TEST(it_outlives_what_it_is_of),           TEST(want_of_memory_ends_the_snapshot_and_not_the_segment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

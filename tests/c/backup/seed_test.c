/* A seed's documents: they give every person's name, clicks and place, or an error that names the wrong row. */
#include "backup/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>
#include <jansson.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

/* ---- what has become of a document: its rows as text ---- */

static void print_value(char *text, size_t size, const struct value *value) {
  size_t used = strlen(text);
  if (value->type == VALUE_INTEGER) {
    (void)snprintf(text + used, size - used, "%lld", (long long)value->integer);
  } else if (value->type == VALUE_TEXT) {
    (void)snprintf(text + used, size - used, "'%.*s'%s", (int)value->size, value->bytes,
                   memchr(value->bytes, 0, value->size) ? " and more" : "");
  } else {
    (void)snprintf(text + used, size - used, "a value of type %d", value->type);
  }
}

static void print_image(const unsigned char *image, size_t image_size, char *text, size_t size) {
  static const char sql[] = "SELECT chatid, name, click, state, registered FROM users ORDER BY registered";
  struct database *database = database_open(NULL);
  text[0] = '\0';
  assert_true(database_load(database, image, image_size, NULL));
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, NULL);
  assert_non_null(statement);
  for (bool row; assert_true(statement_step(statement, &row, NULL)), row;) {
    for (int column = 0; column < 5; column++) {
      struct value value;
      statement_column(statement, column, &value);
      print_value(text, size, &value);
      (void)snprintf(text + strlen(text), size - strlen(text), column < 4 ? "|" : "\n");
    }
  }
  statement_release(statement);
  database_close(database);
}

static void assert_reads_bytes(const char *document, size_t size, const char *expected) {
  unsigned char *image;
  size_t image_size;
  struct error error = {0};
  char text[4096];
  bool ok = seed_read(document, size, &image, &image_size, &error);
  assert_string_equal(error.text, "");
  assert_true(ok);
  print_image(image, image_size, text, sizeof text);
  assert_string_equal(text, expected);
  free(image);
}

static void assert_reads(const char *document, const char *expected) {
  assert_reads_bytes(document, strlen(document), expected);
}

static void assert_refused(const char *document, const char *words) {
  unsigned char *image = (unsigned char *)1;
  size_t size;
  struct error error = {0};
  assert_false(seed_read(document, strlen(document), &image, &size, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  assert_null(image);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

/* ---- is it one? ---- */

static void is_one(void **state) {
  (void)state;
  static const char *const yes[] = {"[]", "[[1]]", " [\n[", "[ ]", "\xef\xbb\xbf[[", "\t\r\n[\t["};
  static const char *const no[] = {
      "", "[", " ", "{}", "[1]", "[\"a\"]", "[{}]", "x[[", "\xef\xbb[[", "SQLite format 3", "\x50\x2A\x4D\x18[["};
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) assert_true(seed_is_one(yes[i], strlen(yes[i])));
  for (size_t i = 0; i < sizeof no / sizeof *no; i++) assert_false(seed_is_one(no[i], strlen(no[i])));
  assert_false(seed_is_one("\0[[", 3));
  assert_false(seed_is_one("[\0[", 3));
  assert_false(seed_is_one("[[", 1));
}

/* ---- names ---- */

static void reads_rows_in_their_order(void **state) {
  (void)state;
  assert_reads("[[3, \"c\", 30, 0], [1, \"a\", 10, 1], [2, \"b\", 20, 2]]", "3|'c'|30|0|1\n1|'a'|10|1|2\n2|'b'|20|2|3\n");
}

static void an_empty_list_is_an_empty_table(void **state) {
  (void)state;
  assert_reads("[]", "");
  assert_reads(" [ ] ", "");
}

static void a_name_is_only_a_name(void **state) {
  (void)state;
  assert_reads("[[1, \"О'Нил; DROP TABLE users;--\", 1, 0]]", "1|'О'Нил; DROP TABLE users;--'|1|0|1\n");
  assert_reads("[[1, \"\\\"a\\\\b\\\"\\n\", 1, 0]]", "1|'\"a\\b\"\n'|1|0|1\n");
  assert_reads("[[1, \"\\ud83c\\udf15 🏆\", 1, 0]]", "1|'🌕 🏆'|1|0|1\n");
  assert_reads("[[1, \"\", 1, 0]]", "1|''|1|0|1\n");
  assert_reads("[[1, \"a\\u0000b\", 1, 0]]", "1|'a' and more|1|0|1\n");
}

static void somebody_without_a_name_keeps_the_clicks(void **state) {
  (void)state;
  assert_reads("[[1, null, 5, 0]]", "1|''|5|0|1\n");
}

/* ---- numbers ---- */

static void ids_keep_every_digit(void **state) {
  (void)state;
  assert_reads("[[4503599627370495, \"a\", 1, 0], [-1001234567890123, \"b\", 2, 0]]",
               "4503599627370495|'a'|1|0|1\n-1001234567890123|'b'|2|0|2\n");
  assert_reads("[[9223372036854775807, \"a\", 1, 0], [-9223372036854775808, \"b\", 2, 0]]",
               "9223372036854775807|'a'|1|0|1\n-9223372036854775808|'b'|2|0|2\n");
}

static void a_real_that_is_whole_is_that_number(void **state) {
  (void)state;
  assert_reads("[[1.0, \"a\", 5.0, 0.0], [4503599627370495.0, \"b\", 1e3, -0.0]]",
               "1|'a'|5|0|1\n4503599627370495|'b'|1000|0|2\n");
}

static void other_numbers_are_wrong(void **state) {
  (void)state;
  static const char *const numbers[] = {"1.5", "1e300", "-1e300", "9e15", "\"1\"", "null", "true", "[]", "{}"};
  static const char *const rows[] = {"[%s, \"a\", 1, 0]", "[1, \"a\", %s, 0]", "[1, \"a\", 1, %s]"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers * 3; i++) {
    char row[60], document[100];
    (void)snprintf(row, sizeof row, rows[i % 3], numbers[i / 3]);  // NOLINT: the formats stand above
    (void)snprintf(document, sizeof document, "[[8, \"x\", 1, 0], %s]", row);
    assert_refused(document, "row 2 of the old bot's document is not");
  }
  assert_refused("[[9223372036854775808, \"a\", 1, 0]]", "not JSON: line 1: too big integer");
}

/* ---- twice, and wrong ---- */

static void of_two_registrations_the_better_count_stays(void **state) {
  (void)state;
  assert_reads("[[1, \"a\", 5, 0], [2, \"b\", 9, 0], [1, \"c\", 7, 1], [2, \"d\", 3, 1]]", "1|'a'|7|0|1\n2|'b'|9|0|2\n");
}

static void a_wrong_row_is_named_by_its_number(void **state) {
  (void)state;
  static const char *const rows[] = {
      "1", "null", "{}", "[]", "[1, \"a\", 1]", "[1, \"a\", 1, 0, 0]", "[1, 2, 1, 0]", "[1, [], 1, 0]", "\"[1, 2, 3, 4]\""};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char document[100];
    (void)snprintf(document, sizeof document, "[[1, \"a\", 1, 0], [2, \"b\", 1, 0], %s, [0]]", rows[i]);
    assert_refused(document, "row 3 of the old bot's document is not [chatid, \"name\", click, state]");
  }
}

static void what_is_no_list_is_refused(void **state) {
  (void)state;
  assert_refused("", "not JSON");
  assert_refused("{}", "not a list of rows");
  assert_refused("1", "not JSON");
  assert_refused("[[1, \"a\", 1, 0],\n [2, \"b\", 1, 0],]", "not JSON: line 2");
  assert_refused("[[1, \"\xff\", 1, 0]]", "not JSON: line 1");
}

static void a_part_of_a_document_is_none(void **state) {
  (void)state;
  static const char document[] = "\xef\xbb\xbf[[1, \"a\\u00e9é\", 1.0, 0], [2, null, 12, 1]]";
  assert_reads(document, "1|'aéé'|1|0|1\n2|''|12|1|2\n");
  for (size_t size = 0; size < sizeof document - 1; size++) {
    unsigned char *image;
    size_t image_size;
    char *cut = malloc(size + !size); /* exactly its size, so that a sanitizer sees a read past the end */
    memcpy(cut, document, size);
    (void)seed_is_one(cut, size);
    assert_false(seed_read(cut, size, &image, &image_size, NULL));
    assert_null(image);
    free(cut);
  }
}

static void more_than_64_mb_is_refused_unread(void **state) {
  (void)state;
  unsigned char *image;
  size_t size;
  struct error error = {0};
  char *document = calloc(1, (64 << 20) + 1);
  assert_false(seed_read(document, (64 << 20) + 1, &image, &size, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  assert_non_null(strstr(error.text, "67108865 bytes"));
  free(document);
}

/* More rows than one page of the database holds. */
static void many_rows_all_come(void **state) {
  (void)state;
  enum { ROWS = 20000 };
  char *document = malloc(ROWS * 40), *end = document;
  unsigned char *image;
  size_t size;
  struct value count, sum;
  bool row;
  for (int i = 1; i <= ROWS; i++) end += snprintf(end, 40, "%c[%d, \"name %d\", %d, 0]", i == 1 ? '[' : ',', i, i, i);
  *end++ = ']';
  assert_true(seed_read(document, (size_t)(end - document), &image, &size, NULL));
  struct database *database = database_open(NULL);
  assert_true(database_load(database, image, size, NULL));
  static const char sql[] = "SELECT count(*), sum(click) FROM users WHERE registered = chatid";
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, NULL);
  assert_true(statement_step(statement, &row, NULL) && row);
  statement_column(statement, 0, &count);
  statement_column(statement, 1, &sum);
  assert_int_equal(count.integer, ROWS);
  assert_int_equal(sum.integer, ROWS * (ROWS + 1) / 2);
  statement_release(statement);
  database_close(database);
  free(image);
  free(document);
}

/* ---- without memory ---- */

static unsigned json_fail_countdown;

static void *allocate_or_fail(size_t size) { return json_fail_countdown && --json_fail_countdown == 0 ? NULL : malloc(size); }

static const char two_rows[] = "[[1, \"a\", 1, 0], [2, \"b\", 1.0, 0]]";

static void without_memory_there_is_no_image(void **state) {
  (void)state;
  unsigned n = 1;
  for (bool ok = false; !ok; n++) {
    unsigned char *image;
    size_t size;
    struct error error = {0};
    memory_fail_at(n);
    ok = seed_read(two_rows, sizeof two_rows - 1, &image, &size, &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
    assert_true((image != NULL) == ok);
    free(image);
  }
  assert_true(n > 2);
}

/* jansson can't always tell lack of memory from a fault in the text, and then reports the fault. */
static void a_want_of_memory_for_json_is_an_error_and_leaks_nothing(void **state) {
  (void)state;
  unsigned failures = 0;
  bool was_short = true;
  json_set_alloc_funcs(allocate_or_fail, free);
  for (unsigned n = 1; was_short; n++) {
    unsigned char *image;
    size_t size;
    struct error error = {0};
    json_fail_countdown = n;
    bool ok = seed_read(two_rows, sizeof two_rows - 1, &image, &size, &error);
    was_short = json_fail_countdown == 0;
    json_fail_countdown = 0;
    assert_true(ok == !was_short);
    failures += error.kind == ERROR_MEMORY;
    free(image);
  }
  json_set_alloc_funcs(malloc, free);
  assert_true(failures > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_one),
      cmocka_unit_test(reads_rows_in_their_order),
      cmocka_unit_test(an_empty_list_is_an_empty_table),
      cmocka_unit_test(a_name_is_only_a_name),
      cmocka_unit_test(somebody_without_a_name_keeps_the_clicks),
      cmocka_unit_test(ids_keep_every_digit),
      cmocka_unit_test(a_real_that_is_whole_is_that_number),
      cmocka_unit_test(other_numbers_are_wrong),
      cmocka_unit_test(of_two_registrations_the_better_count_stays),
      cmocka_unit_test(a_wrong_row_is_named_by_its_number),
      cmocka_unit_test(what_is_no_list_is_refused),
      cmocka_unit_test(a_part_of_a_document_is_none),
      cmocka_unit_test(more_than_64_mb_is_refused_unread),
      cmocka_unit_test(many_rows_all_come),
      cmocka_unit_test(without_memory_there_is_no_image),
      cmocka_unit_test(a_want_of_memory_for_json_is_an_error_and_leaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

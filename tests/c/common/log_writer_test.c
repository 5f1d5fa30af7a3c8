/* A standard error that nobody reads: the program goes on, and what was dropped is told. The test's own standard error is a
 * pipe meanwhile. */
#include "common/log_writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/log.h"

enum { MANY = 100000, ROOM = 16 << 20 };

struct story {
  int before; /* the test's own standard error */
  int reads, writes;
  char *text;
  size_t size;
  size_t seen;   /* of the text, by follow() */
  unsigned next; /* the number that must come next */
  unsigned gaps, misplaced;
};

static int setup(void **state) {
  struct story *story = calloc(1, sizeof *story);
  int ends[2];
  if (!story || pipe(ends)) return -1;
  (void)signal(SIGPIPE, SIG_IGN);
  story->text = calloc(1, ROOM);
  story->before = dup(STDERR_FILENO);
  story->reads = ends[0];
  story->writes = ends[1];
  (void)dup2(story->writes, STDERR_FILENO);
  log_writer_start();
  *state = story;
  return story->text ? 0 : -1;
}

static int teardown(void **state) {
  struct story *story = *state;
  log_writer_finish(10000);
  (void)dup2(story->before, STDERR_FILENO);
  (void)close(story->before);
  (void)close(story->writes);
  if (story->reads >= 0) (void)close(story->reads);
  free(story->text);
  free(story);
  return 0;
}

/* Reads until the words are there. */
static void read_until(struct story *story, const char *words) {
  while (!strstr(story->text, words)) {
    assert_true(story->size + 4096 < ROOM);
    ssize_t n = read(story->reads, story->text + story->size, 4096);
    assert_true(n > 0);
    story->size += (size_t)n;
    story->text[story->size] = '\0';
  }
}

static unsigned count(const char *text, const char *words) {
  unsigned found = 0;
  for (const char *at = text; (at = strstr(at, words)) != NULL; at++) found++;
  return found;
}

static void lines_come_in_their_order(void **state) {
  struct story *story = *state;
  log_info("first");
  log_script(LOG_WARN, "second", strlen("second"), NULL);
  log_info("third");
  log_writer_finish(10000);
  log_info("after the end");
  read_until(story, "after the end");
  const char *first = strstr(story->text, "msg=first"), *third = strstr(story->text, "msg=third");
  assert_non_null(first);
  assert_true(first < strstr(story->text, "msg=second") && strstr(story->text, "msg=second") < third);
  assert_int_equal(count(story->text, "\n"), 4);
}

/* The number after the key, in this line. */
static bool has_number(const char *line, const char *end, const char *key, unsigned *number) {
  const char *at = strstr(line, key);
  if (!at || at > end) return false;
  *number = (unsigned)strtoul(at + strlen(key), NULL, 10);
  return true;
}

/* Goes through the whole lines. Each is the next number, or the count of the numbers that are left out there. */
static void follow(struct story *story) {
  const char *at = story->text + story->seen, *end;
  unsigned number = 0;
  for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
    if (has_number(at, end, "count=", &number)) {
      story->next += number;
      story->gaps++;
    } else {
      if (!has_number(at, end, "number=", &number) || number != story->next) story->misplaced++;
      story->next = number + 1;
    }
  }
  story->seen = (size_t)(at - story->text);
}

static void log_number(unsigned number) { log_info("a line that nobody reads; number=%u", number); }

static void read_more(struct story *story) {
  assert_true(story->size + 4096 < ROOM);
  ssize_t n = read(story->reads, story->text + story->size, 4096);
  assert_true(n > 0);
  story->size += (size_t)n;
  story->text[story->size] = '\0';
  follow(story);
}

static void what_nobody_reads_is_dropped_counted_and_told(void **state) {
  struct story *story = *state;
  for (unsigned i = 0; i < MANY; i++) log_number(i);
  while (story->next < MANY) read_more(story);
  assert_int_equal(story->next, MANY);
  assert_true(story->gaps > 0);
  assert_int_equal(story->misplaced, 0);
  log_info("read again");
  read_until(story, "msg=\"read again\"");
}

struct numbering {
  unsigned next;
  atomic_bool ends;
};

static void *go_on_logging(void *data) {
  struct numbering *numbering = data;
  while (!numbering->ends) log_number(numbering->next++);
  return NULL;
}

/* The count stands where the lines are missing, though new ones come while it is told. */
static void a_gap_is_told_at_its_place(void **state) {
  struct story *story = *state;
  struct numbering numbering = {0};
  pthread_t thread;
  for (unsigned round = 0; round < 20; round++) {
    unsigned gaps = story->gaps;
    for (unsigned i = 0; i < MANY / 3; i++) log_number(numbering.next++); /* more than there is room for */
    numbering.ends = false;
    assert_int_equal(pthread_create(&thread, NULL, go_on_logging, &numbering), 0);
    while (story->gaps == gaps) read_more(story);
    numbering.ends = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    while (story->next < numbering.next) read_more(story);
    assert_int_equal(story->next, numbering.next);
    assert_int_equal(story->misplaced, 0);
    story->size = story->seen = 0;
  }
}

static void the_end_waits_only_so_long(void **state) {
  struct story *story = *state;
  for (int i = 0; i < MANY; i++) log_info("a line that nobody reads; number=%d", i);
  log_writer_finish(50);
  log_info("this is dropped, too"); /* and does not block */
  (void)close(story->reads);        /* lets the thread end */
  story->reads = -1;
}

static void a_closed_pipe_is_no_end(void **state) {
  struct story *story = *state;
  (void)close(story->reads);
  story->reads = -1;
  for (int i = 0; i < MANY; i++) log_info("a line that nobody can read; number=%d", i);
}

/* A full disk: the lines are lost, and told when there is room. */
static void lines_lost_to_a_full_disk_are_told(void **state) {
  struct story *story = *state;
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  assert_true(full >= 0);
  (void)dup2(full, STDERR_FILENO);
  for (int i = 0; i < 3; i++) log_info("lost");
  log_writer_finish(10000);
  (void)dup2(story->writes, STDERR_FILENO);
  (void)close(full);
  log_writer_start();
  log_info("there is room");
  read_until(story, "dropped");
  read_until(story, "count=3\n");
  assert_int_equal(count(story->text, "msg=lost"), 0);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(lines_come_in_their_order),  TEST(what_nobody_reads_is_dropped_counted_and_told),
      TEST(a_gap_is_told_at_its_place), TEST(lines_lost_to_a_full_disk_are_told),
      TEST(a_closed_pipe_is_no_end),    TEST(the_end_waits_only_so_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files of a Bot API server with --local. */
#include "telegram/server_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"

static char directory[] = "/tmp/server_file_test_XXXXXX";

static void path_of(const char *name, char path[200]) { (void)snprintf(path, 200, "%s/%s", directory, name); }

static int setup(void **state) {
  (void)state;
  char path[200], inside[200];
  if (!mkdtemp(directory)) return -1;
  path_of("files", path);
  if (mkdir(path, 0700)) return -1;
  path_of("files/a.txt", inside);
  FILE *file = fopen(inside, "we");
  if (!file) return -1;
  (void)fputs("hello", file);
  (void)fclose(file);
  path_of("files/pipe", path);
  if (mkfifo(path, 0600)) return -1;
  path_of("files/link", path);
  return symlink("/etc/passwd", path);
}

static int teardown(void **state) {
  (void)state;
  static const char *const names[] = {"files/a.txt", "files/pipe", "files/link", "files", "."};
  char path[200];
  for (int i = 0; i < 5; i++) {
    path_of(names[i], path);
    if (i == 4) path[strlen(path) - 2] = '\0';
    if (remove(path)) return -1;
  }
  return 0;
}

static enum error_kind reads(const char *below, const char *name, size_t ceiling, const char *expected) {
  char root[200], path[200];
  struct buffer buffer;
  struct error error = {0};
  path_of(below ? below : "", root);
  path_of(name, path);
  buffer_init(&buffer, ceiling);
  bool ok = server_file_read(below ? root : NULL, path, &buffer, &error);
  assert_int_equal(ok, !error.kind);
  if (ok) assert_memory_equal(buffer.data, expected, buffer.size);
  if (!ok) assert_null(strstr(error.text, directory));
  buffer_release(&buffer);
  return error.kind;
}

static void a_file_of_the_server_is_read(void **state) {
  (void)state;
  assert_int_equal(reads("files", "files/a.txt", 100, "hello"), ERROR_NONE);
  assert_int_equal(reads("", "files/a.txt", 100, "hello"), ERROR_NONE);
  assert_int_equal(reads("files", "files/a.txt", 4, ""), ERROR_FULL);
  assert_int_equal(reads("files", "files/b.txt", 100, ""), ERROR_INPUT);
}

static void nothing_else_is(void **state) {
  (void)state;
  assert_int_equal(reads(NULL, "files/a.txt", 100, ""), ERROR_MISUSE);
  assert_int_equal(reads("fil", "files/a.txt", 100, ""), ERROR_MISUSE);
  assert_int_equal(reads("files", "files/link", 1 << 20, ""), ERROR_MISUSE);
  assert_int_equal(reads("files", "files/pipe", 100, ""), ERROR_MISUSE);
  assert_int_equal(reads("files", "files/../files", 100, ""), ERROR_MISUSE);
}

static void a_path_is_told_from_a_link(void **state) {
  (void)state;
  assert_true(server_file_is_path("/var/lib/telegram-bot-api/1:a/documents/file_1.txt"));
  assert_true(server_file_is_path("./documents/file_1.txt"));
  assert_false(server_file_is_path("documents/file_1.txt"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_of_the_server_is_read),
      cmocka_unit_test(nothing_else_is),
      cmocka_unit_test(a_path_is_told_from_a_link),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

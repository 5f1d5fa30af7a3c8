#include "command/data_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/whole_file.h"

/* Read and not mapped: a program that writes to the file meanwhile can change nothing in what we have read. */
static bool read_bytes(const char *path, struct buffer *bytes, int64_t *modified_at, struct error *error) {
  struct stat status;
  if (!whole_file_read(path, bytes, error)) return false;
  if (stat(path, &status) != 0) return error_set(error, ERROR_SYSTEM, "can't read %s: %s", path, strerror(errno));
  *modified_at = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
  return true;
}

/* SQLite keeps the last changes of an open file in a second one beside it: pushed without it, they would be lost. */
static bool is_in_use(const char *path, struct error *error) {
  static const char *const endings[] = {"-wal", "-journal"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char beside[4096];
    struct stat status;
    (void)snprintf(beside, sizeof beside, "%s%s", path, endings[i]);
    if (stat(beside, &status) != 0 || status.st_size == 0) continue;
    error_set(error, ERROR_SYSTEM, "%s holds changes that are not in %s yet: close it in the program that has it open", beside,
              path);
    return true;
  }
  return false;
}

bool data_file_read(const char *path, struct buffer *bytes, int64_t *modified_at, struct error *error) {
  return !is_in_use(path, error) && read_bytes(path, bytes, modified_at, error);
}

#include "common/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/error.h"

bool whole_file_write_all(int descriptor, const void *bytes, size_t size) {
  const unsigned char *rest = bytes;
  while (size) {
    ssize_t written = write(descriptor, rest, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    rest += written;
    size -= (size_t)written;
  }
  return true;
}

/* mkstemp() gives mode 0600: it holds what people have told the bot. */
bool whole_file_write(const char *path, const void *bytes, size_t size, struct error *error) {
  char beside[4096];
  int length = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
  if (length < 0 || length >= (int)sizeof beside) return error_set(error, ERROR_MISUSE, "the path %.100s... is too long", path);
  int file = mkstemp(beside);
  if (file < 0) return error_set(error, ERROR_SYSTEM, "can't write beside %s: %s", path, strerror(errno));
  bool ok = whole_file_write_all(file, bytes, size) && fsync(file) == 0;
  int failure = errno;
  bool is_closed = close(file) == 0;
  if (ok && !is_closed) failure = errno;
  ok = ok && is_closed;
  if (ok && rename(beside, path) != 0) {
    failure = errno;
    ok = false;
  }
  if (ok) return true;
  (void)unlink(beside);
  return error_set(error, ERROR_SYSTEM, "can't write %s: %s", path, strerror(failure));
}

bool whole_file_read(const char *path, struct buffer *to, struct error *error) {
  char piece[16384];
  FILE *file = fopen(path, "rbe");
  if (!file) return error_set(error, ERROR_SYSTEM, "can't read %s: %s", path, strerror(errno));
  bool ok = true;
  for (size_t got; ok && (got = fread(piece, 1, sizeof piece, file)) > 0;)
    ok = buffer_add(to, piece, got, error) || error_prefix(error, "can't read %s", path);
  if (ok && ferror(file)) ok = error_set(error, ERROR_SYSTEM, "can't read %s: %s", path, strerror(errno));
  (void)fclose(file);
  return ok;
}

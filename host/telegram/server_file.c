#define _GNU_SOURCE /* realpath, O_CLOEXEC */
#include "telegram/server_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/error.h"

bool server_file_is_path(const char *file_path) { return file_path[0] == '/' || file_path[0] == '.'; }

/* Both have been resolved. */
static bool is_below(const char *path, const char *directory) {
  size_t size = strlen(directory);
  while (size && directory[size - 1] == '/') size--;
  return strncmp(path, directory, size) == 0 && path[size] == '/';
}

static bool is_allowed(const char *directory, const char *path, char resolved[PATH_MAX], struct error *error) {
  char root[PATH_MAX];
  if (!directory) {
    return error_set(error, ERROR_MISUSE,
                     "download: the Bot API server runs with --local, on another machine: name the directory of its files with "
                     "--server-files");
  }
  if (!realpath(path, resolved))
    return error_set(error, ERROR_INPUT, "download: the Bot API server's file can't be found here: %s", strerror(errno));
  if (!realpath(directory, root) || !is_below(resolved, root))
    return error_set(error, ERROR_MISUSE, "download: the Bot API server's file is not in the directory of --server-files");
  return true;
}

static bool read_all(int descriptor, struct buffer *buffer, struct error *error) {
  char bytes[64 << 10];
  ssize_t size;
  bool ok = true;
  do {
    size = read(descriptor, bytes, sizeof bytes);
    if (size > 0) ok = buffer_add(buffer, bytes, (size_t)size, error);
  } while (ok && (size > 0 || (size < 0 && errno == EINTR)));
  if (ok && size < 0)
    ok = error_set(error, ERROR_INPUT, "download: the Bot API server's file can't be read: %s", strerror(errno));
  return ok;
}

bool server_file_read(const char *directory, const char *path, struct buffer *buffer, struct error *error) {
  char resolved[PATH_MAX];
  struct stat status;
  if (!is_allowed(directory, path, resolved, error)) return false;
  int descriptor = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would hold the host up */
  if (descriptor < 0) {
    return error_set(error, ERROR_INPUT, "download: the Bot API server's file can't be read: %s%s", strerror(errno),
                     errno == EACCES ? "; name the directory of its files with --server-files" : "");
  }
  bool ok = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (!ok) error_set(error, ERROR_MISUSE, "download: what the Bot API server names is no file");
  ok = ok && read_all(descriptor, buffer, error);
  (void)close(descriptor);
  return ok;
}

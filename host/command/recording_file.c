/* Written without waiting: a file that can't take a line ends the recording, and nothing else. */
#define _GNU_SOURCE /* O_NOFOLLOW */
#include "command/recording_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/whole_file.h"

struct recording_file {
  int fd;
  int64_t size, limit;
  bool is_regular;
  const char *path; /* the caller's, which lives longer */
};

/* What a host that died has left may end within a line. An empty line between the two does no harm. */
static bool end_last_line(struct recording_file *file) {
  if (!file->size) return true;
  if (write(file->fd, "\n", 1) != 1) return false;
  file->size++;
  return true;
}

static bool set_up(struct recording_file *file, struct error *error) {
  struct stat status;
  if (fstat(file->fd, &status)) return error_set(error, ERROR_MISUSE, "--record %s: %s", file->path, strerror(errno));
  file->is_regular = S_ISREG(status.st_mode);
  if (!file->is_regular) return true;
  file->size = status.st_size;
  if (flock(file->fd, LOCK_EX | LOCK_NB))
    return error_set(error, ERROR_MISUSE, "--record %s: another host records there", file->path);
  if ((status.st_mode & 07777) != 0600 && fchmod(file->fd, 0600))
    return error_set(error, ERROR_MISUSE, "--record %s: others can read it: %s", file->path, strerror(errno));
  if (!end_last_line(file)) return error_set(error, ERROR_MISUSE, "--record %s: %s", file->path, strerror(errno));
  return true;
}

struct recording_file *recording_file_open(const char *path, int64_t limit, struct error *error) {
  struct recording_file *file = memory_new(sizeof *file);
  file->path = path;
  file->limit = limit;
  file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
  if (file->fd < 0) {
    error_set(error, ERROR_MISUSE, "--record %s: %s", path, strerror(errno));
  } else if (set_up(file, error)) {
    return file;
  }
  recording_file_close(file);
  return NULL;
}

void recording_file_close(struct recording_file *file) {
  if (!file) return;
  if (file->fd >= 0) (void)close(file->fd);
  free(file);
}

bool recording_file_write(const char *line, size_t size, void *data) {
  struct recording_file *file = data;
  if (file->size + (int64_t)size > file->limit) {
    log_warn("the recording has reached its limit and ends here (--record-limit); file=%s bytes=%lld", file->path,
             (long long)file->size);
    return false;
  }
  if (!whole_file_write_all(file->fd, line, size)) { /* a part of the line may stand there */
    const char *reason = strerror(errno);
    bool is_whole = file->is_regular && ftruncate(file->fd, file->size) == 0;
    log_warn("the recording ends here, as its file can't be written; file=%s error=%s whole=%d", file->path, reason, is_whole);
    return false;
  }
  file->size += (int64_t)size;
  return true;
}

#include "net/socket_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

static bool fail(int number, const char *doing, const char *path, struct error *error) {
  return error_set(error, ERROR_SYSTEM, "can't %s %s: %s", doing, path, strerror(number));
}

static bool is_too_long(const char *path, struct error *error) {
  return error_set(error, ERROR_MISUSE, "the path of the socket is too long: %s", path);
}

bool socket_path_check(const char *path, struct error *error) {
  struct stat status;
  if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) return is_too_long(path, error);
  if (lstat(path, &status)) return errno == ENOENT || fail(errno, "look at", path, error);
  return S_ISSOCK(status.st_mode) || error_set(error, ERROR_MISUSE, "%s is no socket, and is not replaced by one", path);
}

/* Nobody can connect before listen(), so the mode holds from the first moment. */
bool socket_path_listen(struct socket_path *socket, const char *path, int fd, mode_t mode, int backlog, struct error *error) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat status;
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%s.%ld", path, (long)getpid());
  if (length < 0 || (size_t)length >= sizeof address.sun_path) return is_too_long(path, error);
  (void)unlink(address.sun_path); /* left there by a program of the same number */
  if (bind(fd, (const struct sockaddr *)&address, sizeof address))
    return fail(errno, "make the socket", address.sun_path, error);
  bool ok = !chmod(address.sun_path, mode) && !lstat(address.sun_path, &status) && !listen(fd, backlog) &&
            !rename(address.sun_path, path);
  if (!ok) {
    fail(errno, "make the socket", path, error);
    (void)unlink(address.sun_path);
    return false;
  }
  (void)snprintf(socket->path, sizeof socket->path, "%s", path);
  socket->device = status.st_dev;
  socket->inode = status.st_ino;
  return true;
}

void socket_path_remove(const struct socket_path *socket) {
  struct stat status;
  if (!socket->path[0] || lstat(socket->path, &status)) return;
  if (status.st_dev == socket->device && status.st_ino == socket->inode) (void)unlink(socket->path);
}

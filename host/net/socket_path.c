#include "net/socket_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

enum { BEFORE_SIZE = sizeof((struct sockaddr_un *)NULL)->sun_path + 40 };

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

/* A socket is what its file is, and not the name of it: under its old name it works as before. */
static void before_name(const char *path, char name[static BEFORE_SIZE]) {
  (void)snprintf(name, BEFORE_SIZE, "%s.%ld.before", path, (long)getpid());
}

/* Where that can't be, a start that fails leaves no socket behind. */
static void set_aside(struct socket_path *socket) {
  char name[BEFORE_SIZE];
  before_name(socket->path, name);
  (void)unlink(name); /* left there by a program of the same number */
  socket->has_before = !link(socket->path, name);
}

static void drop_before(const struct socket_path *socket) {
  char name[BEFORE_SIZE];
  before_name(socket->path, name);
  if (socket->has_before) (void)unlink(name);
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
  (void)snprintf(socket->path, sizeof socket->path, "%s", path);
  bool ok = !chmod(address.sun_path, mode) && !lstat(address.sun_path, &status) && !listen(fd, backlog);
  if (ok) set_aside(socket);
  if (!ok || rename(address.sun_path, path)) {
    fail(errno, "make the socket", path, error);
    (void)unlink(address.sun_path);
    drop_before(socket);
    *socket = (struct socket_path){0};
    return false;
  }
  socket->device = status.st_dev;
  socket->inode = status.st_ino;
  return true;
}

void socket_path_keep(struct socket_path *socket) {
  drop_before(socket);
  socket->has_before = false;
}

void socket_path_remove(const struct socket_path *socket) {
  struct stat status;
  char name[BEFORE_SIZE];
  if (!socket->path[0]) return;
  before_name(socket->path, name);
  bool is_ours = !lstat(socket->path, &status) && status.st_dev == socket->device && status.st_ino == socket->inode;
  bool is_back = is_ours && socket->has_before && !rename(name, socket->path);
  if (is_ours && !is_back) (void)unlink(socket->path);
  if (!is_back) drop_before(socket);
}

/* A Unix socket at a path of the file system: bound beside its path and renamed to it, so that the newest program has the path
 * at any moment, and a program that ends later takes away only a path that is still its own. A socket that was there before
 * stays beside the path until this one is kept, and comes back where it is not. Any thread. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct error;

struct socket_path { /* of the caller; zeroed: none */
  char path[sizeof((struct sockaddr_un *)0)->sun_path];
  dev_t device; /* of the path, as it is while it is ours */
  ino_t inode;
  bool has_before; /* another socket can come back */
};

/* Is there place at the path for a socket? A file of another kind is somebody's, and stays. False: ERROR_MISUSE (that, or the
 * path is too long), ERROR_SYSTEM. */
bool socket_path_check(const char *path, struct error *error);

/* Binds fd, an unbound Unix socket, and listens at it. mode: of the file, from its first moment. False: ERROR_MISUSE (the path
 * is too long), ERROR_SYSTEM. */
bool socket_path_listen(struct socket_path *socket, const char *path, int fd, mode_t mode, int backlog, struct error *error);
void socket_path_keep(struct socket_path *socket);         /* the start has gone well: nothing comes back any more */
void socket_path_remove(const struct socket_path *socket); /* where it is still ours */

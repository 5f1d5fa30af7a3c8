/* The protocol of sd_notify(3) and sd_watchdog_enabled(3): lines NAME=VALUE in a datagram. The socket's address is a path, or
 * with an @ a name that is in no file system. A message that can't be sent is lost, as the host must not wait for whoever
 * watches it. */
#include "command/service_manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

enum { STATUS_SIZE = 400 };

struct service_manager {
  struct clock *clock;
  struct clock_timer alive; /* until that is said again */
  int64_t alive_ms;         /* 0: nobody asks for it */
  int fd;
  struct sockaddr_un address;
  socklen_t address_size;
};

static bool read_address(struct service_manager *manager, const char *name) {
  size_t size = strlen(name);
  if ((name[0] != '/' && name[0] != '@') || size >= sizeof manager->address.sun_path) return false;
  manager->address.sun_family = AF_UNIX;
  memcpy(manager->address.sun_path, name, size);
  if (name[0] == '@') manager->address.sun_path[0] = '\0';
  /* a name that is no path ends where the address does */
  manager->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (name[0] == '/'));
  return true;
}

static void tell(const struct service_manager *manager, const char *lines) {
  ssize_t sent = sendto(manager->fd, lines, strlen(lines), MSG_DONTWAIT | MSG_NOSIGNAL,
                        (const struct sockaddr *)&manager->address, manager->address_size);
  if (sent < 0) log_debug("the service manager can't be told; error=%s", strerror(errno));
}

/* ---- the watchdog ---- */

static void on_alive(void *data) {
  struct service_manager *manager = data;
  tell(manager, "WATCHDOG=1");
  clock_start(manager->clock, &manager->alive, manager->alive_ms, on_alive, manager);
}

static int64_t take_number(const char *name) {
  const char *text = getenv(name);
  int64_t number = text ? strtoll(text, NULL, 10) : 0; /* what is no number asks for nothing */
  (void)unsetenv(name);
  return number;
}

/* The variables are meant for one process: a shell between it and us hands them on. */
static int64_t take_watchdog_ms(void) {
  int64_t pid = take_number("WATCHDOG_PID"), limit_us = take_number("WATCHDOG_USEC");
  return limit_us > 0 && (!pid || pid == getpid()) ? limit_us / 2000 + 1 : 0;
}

/* ---- life ---- */

struct service_manager *service_manager_open(struct clock *clock) {
  struct service_manager *manager = memory_new(sizeof *manager);
  const char *name = getenv("NOTIFY_SOCKET");
  bool is_there = name && name[0];
  bool is_known = is_there && read_address(manager, name);
  manager->fd = is_known ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
  manager->clock = clock;
  manager->alive_ms = take_watchdog_ms();
  if (is_there && manager->fd < 0)
    log_warn("NOTIFY_SOCKET can't be used, so the service manager is told nothing; socket=%s", name);
  (void)unsetenv("NOTIFY_SOCKET");
  if (manager->fd < 0) {
    free(manager);
    return NULL;
  }
  if (manager->alive_ms) clock_start(clock, &manager->alive, 0, on_alive, manager);
  return manager;
}

void service_manager_close(struct service_manager *manager) {
  if (!manager) return;
  clock_stop(manager->clock, &manager->alive);
  (void)close(manager->fd);
  free(manager);
}

void service_manager_ready(struct service_manager *manager) {
  if (manager) tell(manager, "READY=1");
}

/* The time lets systemd tell the answer to this reload from that to an earlier one. */
void service_manager_reloading(struct service_manager *manager) {
  struct timespec now;
  char lines[80];
  if (!manager || clock_gettime(CLOCK_MONOTONIC, &now)) return;
  (void)snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
  tell(manager, lines);
}

void service_manager_stopping(struct service_manager *manager) {
  if (manager) tell(manager, "STOPPING=1");
}

void service_manager_status(struct service_manager *manager, const char *text) {
  char line[STATUS_SIZE];
  if (!manager) return;
  (void)snprintf(line, sizeof line, "STATUS=%s", text); /* a long text is cut */
  line[strcspn(line, "\n")] = '\0';
  tell(manager, line);
}

bool service_manager_has_journal(void) {
  struct stat status;
  char ours[64];
  const char *journal = getenv("JOURNAL_STREAM");
  if (!journal || fstat(STDERR_FILENO, &status)) return false;
  (void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
  return strcmp(ours, journal) == 0;
}

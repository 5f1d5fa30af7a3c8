#include "net/connection_limit.h"

#include <sys/resource.h>

#include "common/log.h"

enum {
  RESERVED_FILES = 32,           /* of the process's limit: the loop's own, scripts while they load, names being resolved */
  CONNECTIONS_MIN = 4,           /* polling, the backup, and two for everybody else */
  CONNECTION_MEMORY = 256 << 10, /* address space of a connection with TLS and its buffers, and as much again for its handler */
};

unsigned connection_limit(unsigned wanted) {
  struct rlimit files, memory;
  rlim_t allowed = wanted;
  if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur != RLIM_INFINITY && files.rlim_cur < allowed + RESERVED_FILES) {
    allowed = files.rlim_cur > RESERVED_FILES ? files.rlim_cur - RESERVED_FILES : 0;
  }
  if (!getrlimit(RLIMIT_AS, &memory) && memory.rlim_cur != RLIM_INFINITY && memory.rlim_cur / 4 < allowed * CONNECTION_MEMORY) {
    allowed = memory.rlim_cur / 4 / CONNECTION_MEMORY;
  }
  if (allowed < CONNECTIONS_MIN) allowed = wanted < CONNECTIONS_MIN ? wanted : CONNECTIONS_MIN;
  if (allowed < wanted) {
    log_info("fewer connections at once, as the limits of this process (ulimit -n, -v) are low; connections=%u wanted=%u",
             (unsigned)allowed, wanted);
  }
  return (unsigned)allowed;
}

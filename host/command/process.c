#include "command/process.h"

#include <signal.h>
#include <sys/resource.h>

/* Each connection is a file, and the usual soft limit of 1,024 is less than a busy host or sandbox needs. */
static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void process_prepare(void) {
  (void)signal(SIGPIPE, SIG_IGN);
  (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
  raise_file_limit();
}

#include "command/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command/command.h"

/* A file or a connection would get the number of one that the parent has closed. The log would then be written into it. */
void process_open_standard_files(void) {
  for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
    if (fcntl(file, F_GETFD) == -1 && errno == EBADF) (void)open("/dev/null", O_RDWR); /* gets the lowest free number */
  }
}

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

/* A full disk shows itself here at the latest: short outputs wait in stdio's buffer until now. */
int process_end_output(int code) {
  bool is_written = !ferror(stdout);
  errno = 0;
  if (fflush(stdout)) is_written = false;
  if (is_written) return code;
  (void)fprintf(stderr, "lunokhod: can't write all of it to the standard output%s%s\n", errno ? ": " : "",
                errno ? strerror(errno) : "");
  return code == EXIT_FINE ? EXIT_FAILED : code;
}

/* fork() by hand, because libuv can't ask for a signal at the parent's death. Between fork() and execv() there are only calls
 * that are safe there. */
#define _GNU_SOURCE /* pipe2 */
#include "common/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"

enum { READ_SIZE = 16384, EXIT_NOT_FOUND = 127 };

struct child {
  uv_pipe_t uv;       /* first */
  uv_signal_t signal; /* a loop_signal would not keep the loop going until the end is told */
  unsigned closing;   /* handles that are not closed yet; the last one frees this */
  struct child_options options;
  pid_t pid;
  int status;
  bool has_ended, is_read;
  char read[READ_SIZE];
};

static void on_closed(uv_handle_t *uv) {
  struct child *child = uv->data;
  if (--child->closing == 0) free(child);
}

static void close_handles(struct child *child) {
  child->closing = 2;
  uv_close((uv_handle_t *)&child->signal, on_closed);
  uv_close((uv_handle_t *)&child->uv, on_closed);
}

static void tell_end(struct child *child) {
  if (!child->has_ended || !child->is_read) return;
  struct child_options options = child->options;
  int status = child->status;
  close_handles(child);
  options.ended(status, options.data);
}

static void on_child_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct child *child = signal->data;
  if (child->has_ended || waitpid(child->pid, &child->status, WNOHANG) != child->pid) return;
  child->has_ended = true;
  tell_end(child);
}

static void on_room_wanted(uv_handle_t *uv, size_t size, uv_buf_t *room) {
  (void)size;
  *room = uv_buf_init(((struct child *)uv)->read, READ_SIZE);
}

static void on_read(uv_stream_t *uv, ssize_t size, const uv_buf_t *bytes) {
  struct child *child = (struct child *)uv;
  if (size > 0) {
    child->options.wrote(bytes->base, (size_t)size, child->options.data);
  } else if (size < 0) {
    (void)uv_read_stop(uv);
    child->is_read = true;
    tell_end(child);
  }
}

/* In the new process. */
static void become(const struct child_options *options, int output, pid_t parent) {
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(EXIT_NOT_FOUND);
  (void)setsid();
  if (dup2(output, STDERR_FILENO) >= 0) (void)execv(options->path, options->arguments);
  _exit(EXIT_NOT_FOUND);
}

static bool launch(struct child *child, int *output, struct error *error) {
  int ends[2];
  pid_t parent = getpid();
  if (pipe2(ends, O_CLOEXEC)) return error_set(error, ERROR_SYSTEM, "can't make a pipe: %s", strerror(errno));
  child->pid = fork();
  if (child->pid == 0) become(&child->options, ends[1], parent);
  (void)close(ends[1]);
  *output = ends[0];
  if (child->pid > 0) return true;
  (void)close(ends[0]);
  return error_set(error, ERROR_SYSTEM, "can't start %s: %s", child->options.path, strerror(errno));
}

struct child *child_start(struct loop *loop, const struct child_options *options, struct error *error) {
  struct child *child = memory_new(sizeof *child);
  int output = -1;
  child->options = *options;
  (void)uv_pipe_init(loop_uv(loop), &child->uv, 0);
  (void)uv_signal_init(loop_uv(loop), &child->signal);
  child->uv.data = child->signal.data = child;
  int problem = uv_signal_start(&child->signal, on_child_signal, SIGCHLD);
  bool ok = !problem || error_set(error, ERROR_SYSTEM, "can't wait for a program: %s", uv_strerror(problem));
  ok = ok && launch(child, &output, error);
  if (ok) {
    problem = uv_pipe_open(&child->uv, output);
    if (!problem) problem = uv_read_start((uv_stream_t *)&child->uv, on_room_wanted, on_read);
    if (!problem) return child;
    error_set(error, ERROR_SYSTEM, "can't read what %s writes: %s", options->path, uv_strerror(problem));
    (void)kill(child->pid, SIGKILL);
    (void)waitpid(child->pid, &child->status, 0);
  }
  close_handles(child);
  return NULL;
}

void child_signal(const struct child *child, int number) {
  if (!child->has_ended) (void)kill(child->pid, number);
}

int child_pid(const struct child *child) { return (int)child->pid; }

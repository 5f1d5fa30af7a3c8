/* One queue behind a lock. The thread takes all of it at once and writes without the lock, so a writer of lines waits for no
 * write. A count of dropped lines is told first thing in the next queue: after the lines before the gap, before those after it.
 * Lines that could not be written (a full disk, a closed pipe) count as dropped, and are told after a write has succeeded. */
#define _GNU_SOURCE /* a mutex that is recursive from the start */
#include "common/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/log.h"

#ifndef LOG_WRITER_QUEUE
#define LOG_WRITER_QUEUE (1 << 20) /* bytes: some 5,000 lines */
#endif

enum { STACK_SIZE = 128 << 10, STUCK_MS = 1000 };

enum phase { WRITER_OFF, WRITER_RUNS, WRITER_ENDS, WRITER_STUCK };

/* All of the process, like the standard error. Written under the lock. */
static struct {
  pthread_mutex_t lock; /* recursive: the thread logs with it */
  pthread_cond_t changed;
  pthread_t thread;
  enum phase phase;
  struct buffer queue;
  unsigned long long dropped; /* lines that the log has not told yet */
  bool is_failing;            /* the last write failed */
  bool is_over;               /* the thread has ended */
} writer = {.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, .changed = PTHREAD_COND_INITIALIZER};

static unsigned count_lines(const char *text, size_t size) {
  unsigned count = 0;
  for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))) != NULL; at++) count++;
  return count;
}

/* How many bytes were written: all, or fewer where the other end is gone or the disk is full. */
static size_t write_all(const char *text, size_t size) {
  size_t written = 0;
  while (written < size) {
    ssize_t n = write(STDERR_FILENO, text + written, size - written);
    if (n > 0) {
      written += (size_t)n;
    } else if (n < 0 && errno == EAGAIN) { /* somebody with the same terminal has made it so */
      struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
      (void)poll(&ready, 1, STUCK_MS);
    } else if (n == 0 || errno != EINTR) {
      break;
    }
  }
  return written;
}

static bool has_work(void) { return writer.queue.size || (writer.dropped && !writer.is_failing); }

/* With the lock, so that the count is the first line of the next queue: later it could stand behind new lines, or find the
 * queue full again. */
static void take_queue(struct buffer *lines) {
  unsigned long long dropped = writer.is_failing ? 0 : writer.dropped;
  struct buffer empty = *lines;
  *lines = writer.queue;
  writer.queue = empty;
  buffer_clear(&writer.queue);
  writer.dropped -= dropped;
  if (dropped) log_warn("lines of the log were dropped, because nobody read them or the disk was full; count=%llu", dropped);
}

static void write_lines(const struct buffer *lines) {
  size_t written = lines->size ? write_all(lines->data, lines->size) : 0;
  unsigned lost = count_lines(lines->data + written, lines->size - written);
  (void)pthread_mutex_lock(&writer.lock);
  writer.is_failing = lost > 0;
  writer.dropped += lost;
  (void)pthread_mutex_unlock(&writer.lock);
}

static void *run(void *unused) {
  struct buffer lines;
  buffer_init(&lines, LOG_WRITER_QUEUE);
  (void)pthread_mutex_lock(&writer.lock);
  for (;;) {
    while (!has_work() && writer.phase == WRITER_RUNS) (void)pthread_cond_wait(&writer.changed, &writer.lock);
    if (!has_work()) break;
    take_queue(&lines);
    (void)pthread_mutex_unlock(&writer.lock);
    if (lines.size) write_lines(&lines);
    (void)pthread_mutex_lock(&writer.lock);
  }
  writer.is_over = true;
  (void)pthread_cond_broadcast(&writer.changed);
  (void)pthread_mutex_unlock(&writer.lock);
  buffer_release(&lines);
  return unused;
}

/* A whole line with its newline; copied. False: there is no writer. */
static bool add(const char *line, size_t size) {
  (void)pthread_mutex_lock(&writer.lock);
  bool is_taken = writer.phase != WRITER_OFF, is_queued = writer.phase == WRITER_RUNS || writer.phase == WRITER_ENDS;
  if (is_queued && !buffer_add(&writer.queue, line, size, NULL)) writer.dropped++;
  if (is_queued) (void)pthread_cond_signal(&writer.changed);
  (void)pthread_mutex_unlock(&writer.lock);
  return is_taken;
}

void log_writer_start(void) {
  pthread_attr_t attributes;
  sigset_t all, before;
  if (writer.phase != WRITER_OFF || pthread_attr_init(&attributes)) return;
  buffer_init(&writer.queue, LOG_WRITER_QUEUE);
  writer.phase = WRITER_RUNS;
  writer.is_over = writer.is_failing = false;
  log_queue(add);
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are for the loop's thread */
  (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
  if (pthread_create(&writer.thread, &attributes, run, NULL)) writer.phase = WRITER_OFF;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  (void)pthread_attr_destroy(&attributes);
}

static struct timespec time_in(unsigned ms) {
  struct timespec time;
  (void)clock_gettime(CLOCK_REALTIME, &time);
  long nanoseconds = time.tv_nsec + ms % 1000 * 1000000L;
  time.tv_sec += ms / 1000 + nanoseconds / 1000000000;
  time.tv_nsec = nanoseconds % 1000000000;
  return time;
}

void log_writer_finish(unsigned timeout_ms) {
  const struct timespec until = time_in(timeout_ms);
  (void)pthread_mutex_lock(&writer.lock);
  bool is_there = writer.phase != WRITER_OFF;
  if (is_there) writer.phase = WRITER_ENDS;
  (void)pthread_cond_broadcast(&writer.changed);
  int status = 0;
  while (is_there && !writer.is_over && !status) status = pthread_cond_timedwait(&writer.changed, &writer.lock, &until);
  bool is_over = is_there && writer.is_over;
  if (is_there) writer.phase = is_over ? WRITER_OFF : WRITER_STUCK;
  (void)pthread_mutex_unlock(&writer.lock);
  if (!is_over) return;
  (void)pthread_join(writer.thread, NULL);
  buffer_release(&writer.queue);
}

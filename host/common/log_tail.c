/* A ring of bytes behind a lock, as a worker may log while the loop reads. Positions count all bytes that were ever written, so
 * that a reader whose lines were overwritten notices it. Whole lines only are given out: what the ring cuts is skipped. */
#include "common/log_tail.h"

#include <pthread.h>
#include <string.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/loop.h"

#ifndef LOG_TAIL_SIZE
#define LOG_TAIL_SIZE (256 << 10) /* bytes: some 1,500 lines */
#endif

static struct {
  pthread_mutex_t lock;
  char bytes[LOG_TAIL_SIZE];
  uint64_t end;           /* bytes that were written since the start */
  struct loop_wake *wake; /* of who follows; or NULL */
} tail = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void keep(const char *line, size_t size) {
  (void)pthread_mutex_lock(&tail.lock); /* fails only for a lock that is none */
  for (size_t i = 0; i < size; i++) tail.bytes[(tail.end + i) % LOG_TAIL_SIZE] = line[i];
  tail.end += size;
  if (tail.wake) loop_wake_send(tail.wake);
  (void)pthread_mutex_unlock(&tail.lock);
}

void log_tail_add(const char *line, size_t size) { keep(line, size); }

void log_tail_start(void) { log_show(keep); }

/* The first whole line that is still there. */
static uint64_t find_begin(void) {
  if (tail.end <= LOG_TAIL_SIZE) return 0;
  uint64_t at = tail.end - LOG_TAIL_SIZE;
  while (at < tail.end && tail.bytes[at % LOG_TAIL_SIZE] != '\n') at++;
  return at < tail.end ? at + 1 : at;
}

bool log_tail_read(uint64_t *at, struct buffer *lines, struct error *error) {
  (void)pthread_mutex_lock(&tail.lock);
  uint64_t begin = find_begin();
  if (*at < begin) *at = begin;
  bool ok = buffer_reserve(lines, (size_t)(tail.end - *at), error);
  while (ok && *at < tail.end) {
    size_t from = *at % LOG_TAIL_SIZE;
    size_t size = tail.end - *at < LOG_TAIL_SIZE - from ? (size_t)(tail.end - *at) : LOG_TAIL_SIZE - from;
    ok = buffer_add(lines, tail.bytes + from, size, error);
    *at += size;
  }
  (void)pthread_mutex_unlock(&tail.lock);
  return ok;
}

bool log_tail_follow(struct loop *loop, void (*written)(void *data), void *data, struct error *error) {
  struct loop_wake *wake = loop_wake_open(loop, written, data, error);
  if (!wake) return false;
  (void)pthread_mutex_lock(&tail.lock);
  tail.wake = wake;
  (void)pthread_mutex_unlock(&tail.lock);
  return true;
}

void log_tail_unfollow(void) {
  (void)pthread_mutex_lock(&tail.lock);
  struct loop_wake *wake = tail.wake;
  tail.wake = NULL;
  (void)pthread_mutex_unlock(&tail.lock);
  loop_wake_close(wake);
}

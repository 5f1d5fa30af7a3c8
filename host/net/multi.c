/* curl asks for a socket to be watched anew for each request, and each change costs one or two system calls. So a socket that
 * was opened here stays watched for reading as long as it lives, and a change is made only when an event comes that nobody
 * wants. */
#include "net/multi.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "common/loop.h"
#include "common/memory.h"

struct multi {
  CURLM *curl;
  uv_loop_t *uv;
  uv_timer_t timer;
  uv_check_t after_io;
  bool is_due;            /* curl asked to be called at once */
  struct watch **watches; /* by file descriptor */
  int watches_size;
  unsigned transfers, depth; /* depth: calls of ours up the stack */
  unsigned open_handles;     /* of the two above, while they close */
  bool is_closing;
  multi_ended ended;
  multi_worked worked;
  void *data;
  void (*closed)(void *data); /* not NULL: retired */
  void *closed_data;
};

/* One socket's place in the loop. */
struct watch {
  uv_poll_t uv; /* first: closing frees the handle, and with it this */
  struct multi *multi;
  int fd;
  bool is_ours;      /* multi_open_socket() made it; else it is the resolver's, which closes it without telling */
  int wanted, armed; /* UV_READABLE, UV_WRITABLE: what curl asked for, what the loop watches */
};

static void settle(struct multi *multi);

/* ---- curl at work ---- */

static void drain(struct multi *multi) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(multi->curl, &left));) {
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result; /* removing the handle frees the message */
    multi_remove(multi, easy);
    multi->ended(easy, (int)code, multi->data);
  }
}

/* Drains after sockets and timeouts alike: a transfer may end in any of them. */
static void work(struct multi *multi, curl_socket_t fd, int events) {
  int running;
  multi->depth++;
  (void)curl_multi_socket_action(multi->curl, fd, events, &running);
  drain(multi);
  multi->worked(multi->data);
  multi->depth--;
  settle(multi);
}

static void on_timer(uv_timer_t *timer) {
  struct multi *multi = timer->data;
  multi->is_due = false;
  work(multi, CURL_SOCKET_TIMEOUT, 0);
}

/* What callbacks of this turn's I/O have started goes out in the same turn; the timer is for the rest. */
static void on_after_io(uv_check_t *check) {
  struct multi *multi = check->data;
  if (!multi->is_due) return;
  (void)uv_timer_stop(&multi->timer);
  on_timer(&multi->timer);
}

static int on_curl_timer(CURLM *curl, long timeout_ms, void *data) {
  (void)curl;
  struct multi *multi = data;
  multi->is_due = timeout_ms == 0;
  if (timeout_ms < 0) return uv_timer_stop(&multi->timer);
  return uv_timer_start(&multi->timer, on_timer, (uint64_t)timeout_ms, 0);
}

/* ---- sockets ---- */

static void free_watch(uv_handle_t *handle) { free(handle); }

static void watch_close(struct watch *watch) {
  watch->multi->watches[watch->fd] = NULL;
  uv_close((uv_handle_t *)&watch->uv, free_watch);
}

static bool watch_open(struct multi *multi, int fd, bool is_ours) {
  if (fd >= multi->watches_size) {
    int size = fd + 64;
    struct watch **watches = realloc(multi->watches, (size_t)size * sizeof *watches);
    if (!watches) return false;
    for (int i = multi->watches_size; i < size; i++) watches[i] = NULL;
    multi->watches = watches;
    multi->watches_size = size;
  }
  struct watch *watch = memory_new(sizeof *watch);
  if (uv_poll_init(multi->uv, &watch->uv, fd)) {
    free(watch);
    return false;
  }
  watch->multi = multi;
  watch->fd = fd;
  watch->is_ours = is_ours;
  multi->watches[fd] = watch;
  return true;
}

static struct watch *watch_of(const struct multi *multi, int fd) {
  return fd < multi->watches_size ? multi->watches[fd] : NULL;
}

static void on_socket_event(uv_poll_t *uv, int status, int events);

static void watch_arm(struct watch *watch, int events) {
  if (watch->armed == events) return;
  watch->armed = events;
  (void)uv_poll_start(&watch->uv, events, on_socket_event); /* 0 stops; fails only for a bad descriptor */
}

/* What nobody wants is an idle connection that the server has closed, or room to write after the request has gone out. libuv
 * reports both again and again until they are not watched; curl finds a closed connection by itself when it is about to use it.
 */
static void on_socket_event(uv_poll_t *uv, int status, int events) {
  struct watch *watch = (struct watch *)uv;
  if (status < 0) watch->armed = 0; /* libuv has stopped the watching */
  if (status >= 0 && events & ~watch->wanted) watch_arm(watch, watch->wanted);
  events &= watch->wanted;
  if (status >= 0 && !events) return;
  int flags = status < 0 ? CURL_CSELECT_ERR : 0;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  work(watch->multi, watch->fd, flags);
}

/* Watched on, so that its end is noticed, but no reason to keep the loop running. */
static void watch_idle(struct watch *watch) {
  watch->wanted = 0;
  uv_unref((uv_handle_t *)&watch->uv);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  (void)easy;
  (void)unused;
  struct multi *multi = data;
  struct watch *watch = watch_of(multi, fd);
  if (what == CURL_POLL_REMOVE) {
    if (watch && watch->is_ours) watch_idle(watch);
    if (watch && !watch->is_ours) watch_close(watch);
    return 0;
  }
  if (!watch && !watch_open(multi, fd, false)) return -1;
  watch = watch_of(multi, fd);
  uv_ref((uv_handle_t *)&watch->uv);
  watch->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  if (watch->wanted & ~watch->armed) watch_arm(watch, watch->wanted | (watch->is_ours ? UV_READABLE : 0));
  return 0;
}

int multi_open_socket(struct multi *multi, const struct curl_sockaddr *address) {
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  struct watch *stale = watch_of(multi, fd); /* its number was given out again, so it was closed without on_curl_close() */
  if (stale) watch_close(stale);
  if (watch_open(multi, fd, true)) return fd;
  (void)close(fd);
  return CURL_SOCKET_BAD;
}

static int on_curl_close(void *data, curl_socket_t fd) {
  struct watch *watch = watch_of(data, fd);
  if (watch) watch_close(watch); /* before the number can be given to another socket */
  return close(fd);
}

/* ---- life ---- */

struct multi *multi_open(struct loop *loop, unsigned max_connections, multi_ended ended, multi_worked worked, void *data) {
  CURLM *curl = curl_multi_init();
  if (!curl) return NULL;
  struct multi *multi = memory_new(sizeof *multi);
  multi->curl = curl;
  multi->uv = loop_uv(loop);
  multi->ended = ended;
  multi->worked = worked;
  multi->data = data;
  (void)uv_timer_init(multi->uv, &multi->timer); /* this and the next two can't fail */
  (void)uv_check_init(multi->uv, &multi->after_io);
  (void)uv_check_start(&multi->after_io, on_after_io);
  uv_unref((uv_handle_t *)&multi->after_io);
  multi->timer.data = multi->after_io.data = multi;
  multi->open_handles = 2;
  (void)curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, on_curl_timer);
  (void)curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
  (void)curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
  (void)curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
  (void)curl_multi_setopt(curl, CURLMOPT_MAXCONNECTS, (long)max_connections);
  (void)curl_multi_setopt(curl, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)max_connections);
  return multi;
}

static void on_handle_closed(uv_handle_t *handle) {
  struct multi *multi = handle->data;
  if (--multi->open_handles) return;
  free(multi->watches);
  free(multi);
}

static void settle(struct multi *multi) {
  if (!multi->closed || multi->transfers || multi->depth || multi->is_closing) return;
  multi->is_closing = true;
  (void)curl_multi_cleanup(multi->curl); /* closes the sockets, and so the watches */
  for (int fd = 0; fd < multi->watches_size; fd++) {
    if (multi->watches[fd]) watch_close(multi->watches[fd]);
  }
  uv_close((uv_handle_t *)&multi->timer, on_handle_closed);
  uv_close((uv_handle_t *)&multi->after_io, on_handle_closed);
  multi->closed(multi->closed_data);
}

void multi_retire(struct multi *multi, void (*closed)(void *data), void *data) {
  multi->closed = closed;
  multi->closed_data = data;
  settle(multi);
}

bool multi_add(struct multi *multi, void *easy) {
  /* A connection keeps what is set here, and may outlive the transfer that opened it. */
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_curl_close);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
  if (curl_multi_add_handle(multi->curl, easy)) return false;
  multi->transfers++;
  return true;
}

void multi_remove(struct multi *multi, void *easy) {
  (void)curl_multi_remove_handle(multi->curl, easy);
  multi->transfers--;
  settle(multi);
}

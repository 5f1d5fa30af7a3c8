/* libcurl's sockets on the loop, with few system calls. curl asks for a socket to be watched anew for each request, and each
 * change costs one or two calls of the kernel. So a socket that was opened here stays watched for reading as long as it lives;
 * a change is made only when an event comes that curl does not want.
 *
 * What is added in one turn of the loop, whichever of its events has led to it, is given to curl at the end of the turn, so
 * that it leaves together: curl itself would send it between that turn's answers, and a server on this machine falls asleep
 * between requests that come one by one. To wake it costs more than to handle a click (the burst of tests/bench/clicker.lua).
 */
#include "net/multi.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "common/loop.h"
#include "common/memory.h"

enum { IDLE_READS = 16 }; /* of an idle connection that has something to say; more than the end of TLS takes */

struct multi {
  CURLM *curl;
  uv_loop_t *uv;
  uv_timer_t timer;
  uv_check_t after_io;
  uv_idle_t has_starting;          /* active while there are some: the loop does not wait for I/O then */
  bool is_due;                     /* curl asked to be called at once */
  struct watched_socket **sockets; /* by file descriptor */
  int sockets_size;
  unsigned max_connections;
  unsigned transfers, depth; /* depth: how many of our calls of curl are on the stack */
  unsigned open_handles;     /* of the three above, while they close */
  bool is_closing;
  multi_ended ended;
  multi_worked worked;
  void *data;
  void (*closed)(void *data); /* not NULL: retired */
  void *closed_data;
  unsigned starting_count;
  CURL *starting[]; /* counted as transfers, and not given to curl yet; as many as connections, at most */
};

/* A socket that the loop watches. */
struct watched_socket {
  uv_poll_t uv; /* first: closing frees the handle, and with it this */
  struct multi *multi;
  int fd;
  bool is_ours;      /* multi_open_socket() made it; else it is the resolver's, which closes it without telling */
  bool is_paused;    /* curl wants nothing of it for a while, though it is in use */
  bool has_event;    /* one has come at least, so the loop has begun to watch, and the connection has been made or has failed */
  int wanted, armed; /* UV_READABLE, UV_WRITABLE: what curl asked for, what the loop sockets */
};

static void settle(struct multi *multi);

/* ---- curl at work ---- */

static void drop(struct multi *multi, CURL *easy) {
  (void)curl_multi_remove_handle(multi->curl, easy);
  multi->transfers--;
}

static void drain(struct multi *multi) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(multi->curl, &left));) {
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result; /* removing the handle frees the message */
    drop(multi, easy);
    multi->ended(easy, (int)code, multi->data);
  }
}

/* A transfer may end at a socket's event and at a timeout, so each of them drains. */
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

static CURL *take_starting(struct multi *multi, unsigned place) {
  CURL *easy = multi->starting[place];
  unsigned behind = --multi->starting_count - place;
  memmove(multi->starting + place, multi->starting + place + 1, behind * sizeof *multi->starting);
  if (!multi->starting_count) (void)uv_idle_stop(&multi->has_starting);
  return easy;
}

/* Those that the end of one adds wait for the next turn. */
static void start_all(struct multi *multi) {
  multi->depth++;
  for (unsigned left = multi->starting_count; left && multi->starting_count; left--) {
    CURL *easy = take_starting(multi, 0);
    if (!curl_multi_add_handle(multi->curl, easy)) continue;
    multi->transfers--;
    multi->ended(easy, CURLE_OUT_OF_MEMORY, multi->data);
  }
  multi->depth--;
}

/* The end of a turn. */
static void on_after_io(uv_check_t *check) {
  struct multi *multi = check->data;
  if (multi->starting_count) start_all(multi);
  if (multi->is_due) {
    (void)uv_timer_stop(&multi->timer);
    on_timer(&multi->timer);
  } else {
    settle(multi);
  }
}

static void on_turn(uv_idle_t *has_starting) { (void)has_starting; }

static int on_curl_timer(CURLM *curl, long timeout_ms, void *data) {
  (void)curl;
  struct multi *multi = data;
  multi->is_due = timeout_ms == 0;
  if (timeout_ms < 0) return uv_timer_stop(&multi->timer);
  return uv_timer_start(&multi->timer, on_timer, (uint64_t)timeout_ms, 0);
}

/* ---- sockets ---- */

static void free_socket(uv_handle_t *handle) { free(handle); }

static void socket_close(struct watched_socket *watched) {
  watched->multi->sockets[watched->fd] = NULL;
  uv_close((uv_handle_t *)&watched->uv, free_socket);
}

static bool socket_open(struct multi *multi, int fd, bool is_ours) {
  if (fd >= multi->sockets_size) {
    int size = fd + 64;
    struct watched_socket **sockets = realloc(multi->sockets, (size_t)size * sizeof *sockets);
    if (!sockets) return false;
    for (int i = multi->sockets_size; i < size; i++) sockets[i] = NULL;
    multi->sockets = sockets;
    multi->sockets_size = size;
  }
  struct watched_socket *watched = memory_new(sizeof *watched);
  if (uv_poll_init(multi->uv, &watched->uv, fd)) {
    free(watched);
    return false;
  }
  watched->multi = multi;
  watched->fd = fd;
  watched->is_ours = is_ours;
  multi->sockets[fd] = watched;
  return true;
}

static struct watched_socket *socket_of(const struct multi *multi, int fd) {
  return fd < multi->sockets_size ? multi->sockets[fd] : NULL;
}

static void on_socket_event(uv_poll_t *uv, int status, int events);

static void socket_arm(struct watched_socket *watched, int events) {
  if (watched->armed == events) return;
  watched->armed = events;
  (void)uv_poll_start(&watched->uv, events, on_socket_event); /* 0 stops; fails only for a bad descriptor */
}

/* Nothing has been asked on an idle connection, so what comes is its end: over TLS that is announced. curl would take the
 * announcement for a connection that lives, and lose the next request on it. So it is read away, and curl finds the end. */
static void socket_end_idle(const struct watched_socket *watched) {
  char bytes[512];
  for (int i = 0; i < IDLE_READS && recv(watched->fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0; i++) continue;
  (void)shutdown(watched->fd, SHUT_RD);
}

/* Unwanted events are the end of an idle connection, and room to write after the request was sent. libuv reports both again and
 * again until they are not watched any more; curl notices a closed connection when it is about to use it. */
static void on_socket_event(uv_poll_t *uv, int status, int events) {
  struct watched_socket *watched = (struct watched_socket *)uv;
  watched->has_event = true;
  if (status < 0) watched->armed = 0; /* libuv has stopped the watching */
  if (status >= 0 && events & ~watched->wanted) socket_arm(watched, watched->wanted);
  bool is_idle = !watched->wanted && watched->is_ours && !watched->is_paused;
  if (status >= 0 && is_idle && events & UV_READABLE) socket_end_idle(watched);
  events &= watched->wanted;
  if (status >= 0 && !events) return;
  int flags = status < 0 ? CURL_CSELECT_ERR : 0;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  work(watched->multi, watched->fd, flags);
}

/* Still watched, so that its end is noticed, but it does not keep the loop running. */
static void socket_idle(struct watched_socket *watched) {
  watched->wanted = 0;
  uv_unref((uv_handle_t *)&watched->uv);
}

/* A connection that is given up before it is made is closed without on_curl_close(). The loop would abort the process if it
 * began to watch that descriptor then: so without an event there is nothing to be kept (http_test:
 * a_call_may_be_given_up_at_once). */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  (void)easy;
  (void)unused;
  struct multi *multi = data;
  struct watched_socket *watched = socket_of(multi, fd);
  if (what == CURL_POLL_REMOVE) {
    bool is_kept = watched && watched->is_ours && watched->has_event;
    if (is_kept) socket_idle(watched);
    if (watched && !is_kept) socket_close(watched);
    return 0;
  }
  if (!watched && !socket_open(multi, fd, false)) return -1;
  watched = socket_of(multi, fd);
  watched->is_paused = false;
  uv_ref((uv_handle_t *)&watched->uv);
  watched->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  if (watched->wanted & ~watched->armed) socket_arm(watched, watched->wanted | (watched->is_ours ? UV_READABLE : 0));
  return 0;
}

int multi_open_socket(struct multi *multi, const struct curl_sockaddr *address) {
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  struct watched_socket *stale =
      socket_of(multi, fd); /* its number was given out again, so it was closed without on_curl_close() */
  if (stale) socket_close(stale);
  if (socket_open(multi, fd, true)) return fd;
  (void)close(fd);
  return CURL_SOCKET_BAD;
}

static int on_curl_close(void *data, curl_socket_t fd) {
  struct watched_socket *watched = socket_of(data, fd);
  if (watched) socket_close(watched); /* before the number can be given to another socket */
  return close(fd);
}

/* ---- life ---- */

struct multi *multi_open(struct loop *loop, unsigned max_connections, multi_ended ended, multi_worked worked, void *data) {
  CURLM *curl = curl_multi_init();
  if (!curl) return NULL;
  struct multi *multi = memory_new(sizeof *multi + max_connections * sizeof *multi->starting);
  multi->curl = curl;
  multi->uv = loop_uv(loop);
  multi->max_connections = max_connections;
  multi->ended = ended;
  multi->worked = worked;
  multi->data = data;
  (void)uv_timer_init(multi->uv, &multi->timer); /* this and the next three can't fail */
  (void)uv_idle_init(multi->uv, &multi->has_starting);
  (void)uv_check_init(multi->uv, &multi->after_io);
  (void)uv_check_start(&multi->after_io, on_after_io);
  uv_unref((uv_handle_t *)&multi->after_io);
  multi->timer.data = multi->after_io.data = multi->has_starting.data = multi;
  multi->open_handles = 3;
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
  free(multi->sockets);
  free(multi);
}

static void settle(struct multi *multi) {
  if (!multi->closed || multi->transfers || multi->depth || multi->is_closing) return;
  multi->is_closing = true;
  (void)curl_multi_cleanup(multi->curl); /* closes the sockets, and so the sockets */
  for (int fd = 0; fd < multi->sockets_size; fd++) {
    if (multi->sockets[fd]) socket_close(multi->sockets[fd]);
  }
  uv_close((uv_handle_t *)&multi->timer, on_handle_closed);
  uv_close((uv_handle_t *)&multi->after_io, on_handle_closed);
  uv_close((uv_handle_t *)&multi->has_starting, on_handle_closed);
  multi->closed(multi->closed_data);
}

void multi_retire(struct multi *multi, void (*closed)(void *data), void *data) {
  multi->closed = closed;
  multi->closed_data = data;
  settle(multi);
}

void multi_add(struct multi *multi, void *easy, bool is_new) {
  assert(multi_has_room(multi));
  if (is_new) { /* a connection keeps what is set here, and may outlive the transfer that opened it */
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_curl_close);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
  }
  if (!multi->starting_count) (void)uv_idle_start(&multi->has_starting, on_turn);
  multi->starting[multi->starting_count++] = easy;
  multi->transfers++;
}

void multi_pause(struct multi *multi, void *easy) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  (void)curl_easy_getinfo((CURL *)easy, CURLINFO_ACTIVESOCKET, &fd);
  struct watched_socket *watched = fd == CURL_SOCKET_BAD ? NULL : socket_of(multi, fd);
  if (watched) watched->is_paused = true;
}

bool multi_has_room(const struct multi *multi) { return multi->transfers < multi->max_connections; }

void multi_remove(struct multi *multi, void *easy) {
  unsigned place = 0;
  while (place < multi->starting_count && multi->starting[place] != easy) place++;
  if (place < multi->starting_count) {
    (void)take_starting(multi, place);
    multi->transfers--;
  } else {
    drop(multi, easy);
  }
  settle(multi);
}

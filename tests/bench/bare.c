/* The measure for the host: the same HTTP as the clicker's, by libcurl's multi interface on libuv, and nothing else. It asks
 * for updates and sends one message for each, to the chat that the update names; it parses nothing but the two numbers that it
 * needs, keeps no data and no order. Ends by a signal.
 *
 *   bare API_ROOT CONCURRENCY        with BOT_TOKEN in the environment */
#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
  CONCURRENCY_MOST = 4096,
  WAITING_MOST = 2048,    /* updates that have come and are not sent for; polling waits above half of it */
  UPDATES_SIZE = 1 << 20, /* 100 updates of messages have some 40 kB */
};

/* One handle with what its request needs; used again and again, so that connections stay and nothing is allocated. */
struct slot {
  CURL *easy;
  struct slot *next; /* while free */
  char body[256];
};

static struct {
  uv_loop_t *loop;
  uv_timer_t timer;
  CURLM *multi;
  struct curl_slist *headers;
  CURL *poll;
  bool is_polling;
  long long offset;
  char poll_body[256], *updates;
  size_t updates_size;
  struct slot slots[CONCURRENCY_MOST], *free_slots;
  long long waiting[WAITING_MOST]; /* chat ids, a ring */
  size_t waiting_first, waiting_count;
} bench;

static void poll_if_idle(void);
static void send_waiting(void);

/* ---- libcurl on libuv ---- */

static void drain(void) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(bench.multi, &left))) {
    CURL *easy = message->easy_handle;
    struct slot *slot = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    curl_multi_remove_handle(bench.multi, easy); /* message is not valid from here on */
    if (slot) {
      slot->next = bench.free_slots;
      bench.free_slots = slot;
    } else {
      bench.is_polling = false;
    }
  }
}

/* Takes the numbers out of the answer to getUpdates. */
static void take_updates(void) {
  bench.updates[bench.updates_size] = 0;
  char *at = bench.updates;
  while ((at = strstr(at, "\"update_id\":"))) {
    bench.offset = strtoll(at + 12, &at, 10) + 1;
    char *chat = strstr(at, "\"chat\":{\"id\":");
    if (!chat) break;
    assert(bench.waiting_count < WAITING_MOST);
    bench.waiting[(bench.waiting_first + bench.waiting_count++) % WAITING_MOST] = strtoll(chat + 13, &at, 10);
  }
  bench.updates_size = 0;
}

static void advance(curl_socket_t socket, int flags) {
  int running;
  curl_multi_socket_action(bench.multi, socket, flags, &running);
  bool was_polling = bench.is_polling;
  drain();
  if (was_polling && !bench.is_polling) take_updates();
  send_waiting();
  poll_if_idle();
}

static void on_timer(uv_timer_t *timer) {
  (void)timer;
  advance(CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *data) {
  (void)multi, (void)data;
  if (timeout_ms < 0) return uv_timer_stop(&bench.timer);
  return uv_timer_start(&bench.timer, on_timer, (uint64_t)timeout_ms, 0);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events) {
  int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
  uv_os_fd_t socket;
  uv_fileno((uv_handle_t *)poll, &socket);
  advance(socket, status < 0 ? CURL_CSELECT_ERR : flags);
}

static void on_closed(uv_handle_t *handle) { free(handle); }

static int on_socket_wanted(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data) {
  (void)easy, (void)data;
  uv_poll_t *poll = socket_data;
  if (what == CURL_POLL_REMOVE) {
    curl_multi_assign(bench.multi, socket, NULL);
    uv_poll_stop(poll);
    uv_close((uv_handle_t *)poll, on_closed);
    return 0;
  }
  if (!poll) {
    poll = calloc(1, sizeof *poll);
    assert(poll);
    uv_poll_init_socket(bench.loop, poll, socket);
    curl_multi_assign(bench.multi, socket, poll);
  }
  return uv_poll_start(poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                       on_socket_ready);
}

/* ---- the requests ---- */

static size_t on_update_bytes(char *bytes, size_t one, size_t size, void *data) {
  (void)one, (void)data;
  assert(bench.updates_size + size < UPDATES_SIZE);
  memcpy(bench.updates + bench.updates_size, bytes, size);
  bench.updates_size += size;
  return size;
}

static size_t on_answer_bytes(char *bytes, size_t one, size_t size, void *data) {
  (void)bytes, (void)one, (void)data;
  return size;
}

static CURL *new_handle(const char *root, const char *token, const char *method, struct slot *slot) {
  char url[512];
  CURL *easy = curl_easy_init();
  assert(easy);
  snprintf(url, sizeof url, "%s/bot%s/%s", root, token, method);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, bench.headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, slot ? on_answer_bytes : on_update_bytes);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot ? slot->body : bench.poll_body);
  return easy;
}

static void send_waiting(void) {
  while (bench.waiting_count && bench.free_slots) {
    struct slot *slot = bench.free_slots;
    bench.free_slots = slot->next;
    int size = snprintf(slot->body, sizeof slot->body, "{\"chat_id\":%lld,\"text\":\"Кликов: %lld 🏆\"}",
                        bench.waiting[bench.waiting_first], bench.offset % 100);
    bench.waiting_first = (bench.waiting_first + 1) % WAITING_MOST;
    bench.waiting_count--;
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)size);
    curl_multi_add_handle(bench.multi, slot->easy);
  }
}

static void poll_if_idle(void) {
  if (bench.is_polling || bench.waiting_count > WAITING_MOST / 2) return;
  bench.is_polling = true;
  int size = snprintf(bench.poll_body, sizeof bench.poll_body, "{\"offset\":%lld,\"timeout\":50,\"limit\":100}", bench.offset);
  curl_easy_setopt(bench.poll, CURLOPT_POSTFIELDSIZE, (long)size);
  curl_multi_add_handle(bench.multi, bench.poll);
}

static void start(const char *root, const char *token, int concurrency) {
  bench.loop = uv_default_loop();
  uv_timer_init(bench.loop, &bench.timer);
  bench.updates = malloc(UPDATES_SIZE);
  assert(bench.updates);
  bench.headers = curl_slist_append(NULL, "Content-Type: application/json");
  bench.headers = curl_slist_append(bench.headers, "Expect:");
  bench.multi = curl_multi_init();
  curl_multi_setopt(bench.multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
  curl_multi_setopt(bench.multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
  curl_multi_setopt(bench.multi, CURLMOPT_MAXCONNECTS, (long)concurrency + 8);
  bench.poll = new_handle(root, token, "getUpdates", NULL);
  for (int i = 0; i < concurrency; i++) {
    struct slot *slot = &bench.slots[i];
    slot->easy = new_handle(root, token, "sendMessage", slot);
    slot->next = bench.free_slots;
    bench.free_slots = slot;
  }
}

int main(int argc, char **argv) {
  const char *token = getenv("BOT_TOKEN");
  long concurrency = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
  if (!token || concurrency < 1 || concurrency > CONCURRENCY_MOST) {
    fprintf(stderr, "usage: BOT_TOKEN=... bare API_ROOT CONCURRENCY, from 1 to %d\n", CONCURRENCY_MOST);
    return 2;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  start(argv[1], token, (int)concurrency);
  poll_if_idle();
  return uv_run(bench.loop, UV_RUN_DEFAULT);
}

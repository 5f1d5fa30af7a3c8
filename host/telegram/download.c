/* A download is two requests: getFile for a link, then the file itself. The link may expire and the fetch may break off; then
 * both are made again. A Bot API server that was started with --local tells a path instead of a link, and the file is read from
 * the disk. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/memory.h"
#include "net/http.h"
#include "telegram/server_file.h"
#include "telegram/telegram.h"
#include "telegram/transport.h"

enum {
  ROUNDS = 3,
  BACK_OFF_MS = 1000,
  GET_FILE_TIMEOUT_MS = 120000, /* it answers only when the server has the whole file: telegram/FACTS.md, Files */
  FETCH_TIMEOUT_MS = 30000,     /* without a byte */
  FILE_ID_CEILING = 4096,
};

struct telegram_download {
  struct telegram *telegram;
  const void *asker;
  struct buffer body; /* getFile's parameters */
  size_t size_ceiling;
  unsigned timeout_ms; /* of the fetch; 0: FETCH_TIMEOUT_MS */
  void (*progress)(size_t sent, size_t received, void *data);
  download_done done;
  void *data;
  unsigned rounds;
  struct telegram_call *call; /* while getFile is under way */
  void *fetch;                /* the transport's, while the file is */
  struct buffer file;         /* from the disk */
  struct clock_timer timer;   /* between two rounds; also reports a failed start from the loop */
  json_int_t announced_size;  /* from getFile on; 0: not told */
  struct download_answer answer;
};

static void ask(void *data);                                                   /* a round: getFile */
static void on_path_arrived(const struct telegram_answer *answer, void *data); /* fetch it */
static void on_file_arrived(const struct http_answer *http, void *data);       /* all of it? */
static void again_or_end(struct telegram_download *download);                  /* another round, while there are some */
static void download_end(void *data);                                          /* tells, frees */

static void ask(void *data) {
  struct telegram_download *download = data;
  struct telegram_request request = {.method = "getFile",
                                     .body = download->body.data,
                                     .size = download->body.size,
                                     .timeout_ms = GET_FILE_TIMEOUT_MS,
                                     .asker = download->asker};
  download->rounds++;
  download->call = telegram_start(download->telegram, &request, on_path_arrived, download);
}

static void on_progress(size_t sent, size_t received, void *data) {
  struct telegram_download *download = data;
  download->progress(sent, received, download->data);
}

/* True: the end comes from the loop, as that of a fetch does. */
static bool read_file(struct telegram_download *download, const char *path, struct error *error) {
  buffer_init(&download->file, download->size_ceiling);
  if (!server_file_read(telegram_transport(download->telegram)->server_files, path, &download->file, error)) return false;
  download->answer.data = download->file.data;
  download->answer.size = download->file.size;
  clock_start(telegram_clock(download->telegram), &download->timer, 0, download_end, download);
  return true;
}

static bool start_fetch(struct telegram_download *download, const char *path, struct error *error) {
  if (!path) return error_set(error, ERROR_UNCERTAIN, "getFile: the answer has no file_path");
  if (download->announced_size > 0 && (size_t)download->announced_size > download->size_ceiling) {
    return error_set(error, ERROR_FULL, "download: the file has %lld bytes, more than the %zu that are allowed here",
                     (long long)download->announced_size, download->size_ceiling);
  }
  const struct transport *transport = telegram_transport(download->telegram);
  if (server_file_is_path(path)) return read_file(download, path, error);
  struct transport_request request = {
      .path = path,
      .asker = download->asker,
      .timeout_ms = download->timeout_ms ? download->timeout_ms : FETCH_TIMEOUT_MS,
      .answer_ceiling = download->size_ceiling,
      .progress = download->progress ? on_progress : NULL,
  };
  download->fetch = transport->start(transport->self, &request, on_file_arrived, download, error);
  return download->fetch != NULL;
}

static void on_path_arrived(const struct telegram_answer *answer, void *data) {
  struct telegram_download *download = data;
  struct error *error = &download->answer.error;
  download->call = NULL;
  *error = answer->error;
  bool ok = !error->kind;
  json_t *root = ok ? json_loadb(answer->body, answer->size, 0, NULL) : NULL;
  const json_t *file = json_object_get(root, "result");
  download->announced_size = json_integer_value(json_object_get(file, "file_size"));
  if (ok) ok = start_fetch(download, json_string_value(json_object_get(file, "file_path")), error);
  json_decref(root);
  if (!ok) clock_start(telegram_clock(download->telegram), &download->timer, 0, download_end, download);
}

static void on_file_arrived(const struct http_answer *http, void *data) {
  struct telegram_download *download = data;
  struct error *error = &download->answer.error;
  download->fetch = NULL;
  *error = http->error;
  bool ok = !error->kind;
  if (ok && http->status != 200) {
    ok = error_set(error, http->status < 500 ? ERROR_REFUSED : ERROR_UNCERTAIN, "download: HTTP %d; the link may have expired",
                   http->status);
  }
  if (ok && download->announced_size > 0 && http->size != (size_t)download->announced_size) {
    ok = error_set(error, ERROR_UNCERTAIN, "download: %zu bytes came of %lld", http->size, (long long)download->announced_size);
  }
  if (!ok) {
    again_or_end(download);
    return;
  }
  download->answer.data = http->body;
  download->answer.size = http->size;
  download_end(download);
}

static void again_or_end(struct telegram_download *download) {
  enum error_kind kind = download->answer.error.kind;
  bool is_worth_it = kind == ERROR_NETWORK || kind == ERROR_UNCERTAIN || kind == ERROR_REFUSED;
  if (is_worth_it && download->rounds < ROUNDS) {
    clock_start(telegram_clock(download->telegram), &download->timer, BACK_OFF_MS << (download->rounds - 1), ask, download);
  } else {
    download_end(download);
  }
}

static void download_free(struct telegram_download *download) {
  buffer_release(&download->body);
  buffer_release(&download->file);
  free(download);
}

static void download_end(void *data) {
  struct telegram_download *download = data;
  if (!download->answer.data) download->answer.data = "";
  download->done(&download->answer, download->data);
  download_free(download);
}

struct telegram_download *download_start(struct telegram *telegram, const void *asker, const char *file_id, size_t size_ceiling,
                                         void (*progress)(size_t sent, size_t received, void *data), download_done done,
                                         void *data) {
  struct telegram_download *download = memory_new(sizeof *download);
  *download = (struct telegram_download){
      .telegram = telegram, .asker = asker, .size_ceiling = size_ceiling, .progress = progress, .done = done, .data = data};
  struct error *error = &download->answer.error;
  buffer_init(&download->body, FILE_ID_CEILING);
  bool ok = buffer_add_text(&download->body, "{\"file_id\":", error) &&
            buffer_add_json_string(&download->body, file_id, strlen(file_id), error) &&
            buffer_add_text(&download->body, "}", error);
  if (ok) {
    ask(download);
  } else {
    error_prefix(error, "download: the file_id");
    clock_start(telegram_clock(telegram), &download->timer, 0, download_end, download);
  }
  return download;
}

void download_set_timeout(struct telegram_download *download, unsigned timeout_ms) { download->timeout_ms = timeout_ms; }

void download_cancel(struct telegram_download *download) {
  const struct transport *transport = telegram_transport(download->telegram);
  if (download->call) telegram_call_cancel(download->call);
  if (download->fetch) transport->cancel(transport->self, download->fetch);
  clock_stop(telegram_clock(download->telegram), &download->timer);
  download_free(download);
}

/* A copy, because the transport reuses its memory. NULL: no memory. */
char *download_take(struct telegram_download *download, size_t *size) {
  const struct download_answer *answer = &download->answer;
  char *copy = memory_try_resize(NULL, answer->size + 1);
  *size = copy ? answer->size : 0;
  return copy ? memcpy(copy, answer->data, answer->size + 1) : NULL;
}

/* Makes the lines. Each is built as a JSON object and written in one piece, so whoever writes it can keep whole lines only. A
 * line that can't be made, for want of memory or since something is no JSON, is left out, or says how long it was. */
#include "recording/recorder.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uthash.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "net/http.h"
#include "net/parameter.h"
#include "recording/disguise.h"
#include "recording/disguised_json.h"
#include "recording/recording.h"
#include "recording/vocabulary.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

enum {
  FORMAT = 1,
  BODY_MOST = 256 << 10, /* of another service's answer; of a larger one only the size is told */
  LINE_CEILING = 1 << 30,
};

struct handled { /* an update that is in hand */
  const void *asker;
  int64_t update_id;
  UT_hash_handle hh;
};

struct recorder {
  struct recorder_options options;
  const char *secret; /* the token without the bot's id; NULL: none */
  uint64_t seed;
  struct vocabulary *vocabulary;
  struct disguise *disguise;
  struct recorded_host host; /* that records now; without a clock: none does yet */
  int64_t loaded_at;         /* ms since 1970 */
  uint64_t call_count;
  struct handled *handled; /* by who asks */
  bool has_failed;
  struct updates_observer of_updates;
  struct script_observer of_scripts;
};

static void on_arrived(const char *json, size_t size, void *data);
static void on_begun(int64_t update_id, int64_t lane, const void *asker, void *data);
static void on_ended(int64_t update_id, const struct error *error, void *data);
static void on_replied(int64_t update_id, const struct telegram_request *request, void *data);
static void on_heard(const struct http_request *request, const struct http_answer *answer, void *data);
static void on_failed(const struct error *error, void *data);

static void forget_all(struct recorder *recorder) {
  struct handled *handled, *next;
  HASH_ITER(hh, recorder->handled, handled, next) {
    HASH_DEL(recorder->handled, handled);
    free(handled);
  }
}

/* 53 bits, which every reader of JSON takes for a whole number; never 0. */
static uint64_t draw_seed(void) {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = 1;
  return (seed >> 11) | 1;
}

struct recorder *recorder_open(const struct recorder_options *options) {
  struct recorder *recorder = memory_new(sizeof *recorder);
  const char *colon = options->token ? strchr(options->token, ':') : NULL;
  recorder->options = *options;
  recorder->secret = colon && colon[1] ? colon + 1 : NULL;
  recorder->seed = draw_seed();
  recorder->vocabulary = vocabulary_new();
  recorder->disguise = disguise_new(recorder->vocabulary);
  recorder->of_updates = (struct updates_observer){on_arrived, on_begun, on_ended, on_replied, recorder};
  recorder->of_scripts = (struct script_observer){on_heard, on_failed, recorder};
  return recorder;
}

void recorder_close(struct recorder *recorder) {
  if (!recorder) return;
  forget_all(recorder);
  disguise_free(recorder->disguise);
  vocabulary_free(recorder->vocabulary);
  free(recorder);
}

uint64_t recorder_seed(const struct recorder *recorder) { return recorder ? recorder->seed : 0; }
const struct updates_observer *recorder_of_updates(struct recorder *recorder) {
  return recorder ? &recorder->of_updates : NULL;
}
const struct script_observer *recorder_of_scripts(struct recorder *recorder) { return recorder ? &recorder->of_scripts : NULL; }

/* ---- a line ---- */

json_t *recorder_new_line(struct recorder *recorder) {
  if (!recorder || !recorder->host.clock || recorder->has_failed) return NULL;
  json_t *line = json_object();
  (void)json_object_set_new(line, "at", json_integer(clock_now(recorder->host.clock)));
  return line;
}

void recorder_add(struct recorder *recorder, json_t *line, const char *name, enum recorded_what what, json_t *value) {
  static const enum disguised_what whats[] = {
      [RECORDED_UPDATE] = DISGUISED_UPDATE, [RECORDED_CALL] = DISGUISED_CALL, [RECORDED_OTHER] = DISGUISED_OTHER};
  if (!value) return;
  disguised_json_drop_secrets(value);
  json_t *shown = recorder->options.has_texts ? json_incref(value) : disguised_json(recorder->disguise, whats[what], value);
  if (shown) (void)json_object_set_new(line, name, shown);
  json_decref(value);
}

static void add_text(struct recorder *recorder, json_t *line, const char *name, enum disguise_kind kind, const char *text,
                     size_t size) {
  struct buffer shown;
  buffer_init(&shown, LINE_CEILING);
  if (recorder->options.has_texts) {
    (void)json_object_set_new(line, name, json_stringn(text, size));
  } else if (disguise_add(recorder->disguise, kind, text, size, &shown)) {
    (void)json_object_set_new(line, name, json_stringn(shown.data ? shown.data : "", shown.size));
  }
  buffer_release(&shown);
}

void recorder_add_error(struct recorder *recorder, json_t *line, const char *text) {
  add_text(recorder, line, "error", DISGUISE_ERROR, text, strlen(text));
}

/* Nothing that is recorded should hold it. This is for the script that has it from elsewhere. */
static bool hide(struct buffer *line, const char *secret, struct buffer *to) {
  static const char instead[] = "<token>";
  const char *at = line->data, *found;
  bool ok = true;
  buffer_clear(to);
  while (ok && (found = strstr(at, secret))) {
    ok = buffer_add(to, at, (size_t)(found - at), NULL) && buffer_add(to, instead, sizeof instead - 1, NULL);
    at = found + strlen(secret);
  }
  return ok && buffer_add_text(to, at, NULL);
}

static void add_drawn(struct recorder *recorder, json_t *line) {
  struct buffer drawn;
  buffer_init(&drawn, LINE_CEILING);
  if (disguise_add_drawn(recorder->disguise, &drawn))
    (void)json_object_set_new(line, "replaced", json_loadb(drawn.data, drawn.size, 0, NULL));
  buffer_release(&drawn);
}

void recorder_write(struct recorder *recorder, json_t *line) {
  struct buffer text, clean;
  buffer_init(&text, LINE_CEILING);
  buffer_init(&clean, LINE_CEILING);
  add_drawn(recorder, line);
  char *written = json_dumps(line, JSON_COMPACT);
  bool ok = written && buffer_add_text(&text, written, NULL) && buffer_add_text(&text, "\n", NULL);
  free(written);
  if (ok && recorder->secret && strstr(text.data, recorder->secret)) {
    ok = hide(&text, recorder->secret, &clean);
    if (ok) ok = recorder->options.write(clean.data, clean.size, recorder->options.data);
  } else if (ok) {
    ok = recorder->options.write(text.data, text.size, recorder->options.data);
  }
  recorder->has_failed = !ok;
  buffer_release(&text);
  buffer_release(&clean);
  json_decref(line);
}

static void add_base64(json_t *line, const char *name, const unsigned char *bytes, size_t size) {
  size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
  char *text = memory_try_resize(NULL, room);
  if (!text) return;
  (void)sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
  (void)json_object_set_new(line, name, json_string(text));
  free(text);
}

/* ---- a host begins ---- */

static void learn_scripts(struct recorder *recorder) {
  if (!recorder->options.has_texts) vocabulary_read(recorder->vocabulary, recorder->host.paths, recorder->host.path_count);
}

static void write_database(struct recorder *recorder, struct database *database) {
  unsigned char *image = NULL;
  size_t size = 0;
  json_t *line = recorder_new_line(recorder);
  if (line && database_serialize(database, &image, &size, NULL) && size) add_base64(line, "database", image, size);
  if (line) recorder_write(recorder, line);
  free(image);
}

void recorder_begin(struct recorder *recorder, const struct recorded_host *host, const json_t *me, struct database *database,
                    bool loads_again) {
  if (!recorder) return;
  recorder->host = *host;
  forget_all(recorder);
  learn_scripts(recorder);
  json_t *line = recorder_new_line(recorder), *scripts = json_array();
  if (!line) {
    json_decref(scripts);
    return;
  }
  for (size_t i = 0; i < host->path_count; i++) (void)json_array_append_new(scripts, json_string(host->paths[i]));
  (void)json_object_set_new(line, "recording", json_integer(FORMAT));
  (void)json_object_set_new(line, "lunokhod", json_string(LUNOKHOD_VERSION));
  (void)json_object_set_new(line, "bot", me ? json_deep_copy(me) : json_null());
  (void)json_object_set_new(line, "texts", json_boolean(recorder->options.has_texts));
  (void)json_object_set_new(line, "seed", json_integer((json_int_t)recorder->seed));
  if (recorder->options.zone) (void)json_object_set_new(line, "zone", json_string(recorder->options.zone));
  if (host->admin_id) (void)json_object_set_new(line, "admin", json_integer(host->admin_id));
  if (host->deadline_ms) (void)json_object_set_new(line, "deadline", json_integer(host->deadline_ms));
  if (!loads_again) (void)json_object_set_new(line, "loaded", json_integer(recorder->loaded_at));
  (void)json_object_set_new(line, "scripts", scripts);
  recorder_write(recorder, line);
  if (recorder->options.has_texts) write_database(recorder, database);
}

void recorder_loading(struct recorder *recorder, const struct clock *clock) {
  if (recorder) recorder->loaded_at = clock_now(clock);
}

void recorder_reloaded(struct recorder *recorder) {
  json_t *line = recorder_new_line(recorder);
  if (!line) return;
  learn_scripts(recorder);
  (void)json_object_set_new(line, "reload", json_true());
  recorder_write(recorder, line);
}

/* ---- updates ---- */

static void on_arrived(const char *json, size_t size, void *data) {
  struct recorder *recorder = data;
  json_t *line = recorder_new_line(recorder);
  if (!line) return;
  json_t *update = json_loadb(json, size, JSON_ALLOW_NUL, NULL);
  if (!update) (void)json_object_set_new(line, "broken", json_integer((json_int_t)size));
  recorder_add(recorder, line, "update", RECORDED_UPDATE, update);
  recorder_write(recorder, line);
}

/* A handler that a host has left unfinished at its end is not told of: another may have its place in memory. */
static void handle(struct recorder *recorder, int64_t update_id, const void *asker) {
  struct handled *handled = NULL;
  HASH_FIND_PTR(recorder->handled, &asker, handled);
  if (!handled) {
    handled = memory_new(sizeof *handled);
    handled->asker = asker;
    HASH_ADD_PTR(recorder->handled, asker, handled);
  }
  handled->update_id = update_id;
}

static void forget(struct recorder *recorder, int64_t update_id) {
  struct handled *handled, *next;
  HASH_ITER(hh, recorder->handled, handled, next) {
    if (handled->update_id != update_id) continue;
    HASH_DEL(recorder->handled, handled);
    free(handled);
  }
}

void recorder_add_cause(struct recorder *recorder, json_t *line, const void *asker) {
  struct handled *handled = NULL;
  HASH_FIND_PTR(recorder->handled, &asker, handled);
  if (handled) (void)json_object_set_new(line, "of", json_integer(handled->update_id));
}

static void on_begun(int64_t update_id, int64_t lane, const void *asker, void *data) {
  struct recorder *recorder = data;
  handle(recorder, update_id, asker);
  json_t *line = recorder_new_line(recorder);
  if (!line) return;
  (void)json_object_set_new(line, "begin", json_integer(update_id));
  (void)json_object_set_new(line, "lane", json_integer(lane));
  recorder_write(recorder, line);
}

static void on_ended(int64_t update_id, const struct error *error, void *data) {
  struct recorder *recorder = data;
  forget(recorder, update_id);
  json_t *line = recorder_new_line(recorder);
  if (!line) return;
  (void)json_object_set_new(line, "end", json_integer(update_id));
  if (error->kind) recorder_add_error(recorder, line, error->text);
  recorder_write(recorder, line);
}

uint64_t recorder_next_call(struct recorder *recorder) { return ++recorder->call_count; }

/* Telegram says nothing to such a call, and no script waits for it: it counts as done. */
static void on_replied(int64_t update_id, const struct telegram_request *request, void *data) {
  struct recorder *recorder = data;
  json_t *line = recorder_new_line(recorder);
  if (!line) return;
  json_int_t number = (json_int_t)recorder_next_call(recorder);
  (void)json_object_set_new(line, "call", json_integer(number));
  (void)json_object_set_new(line, "of", json_integer(update_id));
  (void)json_object_set_new(line, "method", json_string(request->method));
  recorder_add(recorder, line, "parameters", RECORDED_CALL,
               request->body ? json_loadb(request->body, request->size, JSON_ALLOW_NUL, NULL) : json_object());
  recorder_write(recorder, line);
  if (!(line = recorder_new_line(recorder))) return;
  (void)json_object_set_new(line, "answer", json_integer(number));
  (void)json_object_set_new(line, "status", json_integer(200));
  (void)json_object_set_new(line, "body", json_pack("{sbsb}", "ok", 1, "result", 1));
  recorder_write(recorder, line);
}

/* ---- scripts ---- */

static void on_failed(const struct error *error, void *data) {
  struct recorder *recorder = data;
  json_t *line = recorder_new_line(recorder);
  if (!line) return;
  (void)json_object_set_new(line, "failed", json_true());
  recorder_add_error(recorder, line, error->text);
  recorder_write(recorder, line);
}

/* What an address or a form says, so that a name in it is one. Given. NULL: no memory, or no text. */
static char *percent_decode(const char *text, size_t size, size_t *length) {
  char *decoded = memory_try_resize(NULL, size + 1);
  if (!decoded) return NULL;
  if (size) memcpy(decoded, text, size);
  *length = parameter_decode(decoded, size, false);
  if (memchr(decoded, '\0', *length) || character_valid_size(decoded, *length) < *length) {
    free(decoded);
    return NULL;
  }
  return decoded;
}

/* The scheme and the machine stay, without what may stand before an @. */
static void add_address(struct recorder *recorder, json_t *line, const char *url) {
  size_t length;
  char *decoded = percent_decode(url, strlen(url), &length);
  const char *machine = decoded ? strstr(decoded, "://") : NULL;
  size_t begin = machine ? (size_t)(machine - decoded) + 3 : 0, end = begin;
  if (machine) end += strcspn(decoded + begin, "/?#");
  const char *at = machine ? memchr(decoded + begin, '@', end - begin) : NULL;
  if (decoded && !at) {
    json_t *rest = json_object();
    add_text(recorder, rest, "rest", DISGUISE_DATA, decoded + end, length - end);
    const char *shown = json_string_value(json_object_get(rest, "rest"));
    (void)json_object_set_new(line, "url", json_sprintf("%.*s%s", (int)end, decoded, shown ? shown : ""));
    json_decref(rest);
  }
  free(decoded);
}

/* JSON, a form, or a text; of anything else the size. */
static void add_body(struct recorder *recorder, json_t *line, const char *name, const char *body, size_t size) {
  size_t length;
  json_t *value = size <= BODY_MOST ? json_loadb(body, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL) : NULL;
  char *text = !value && size <= BODY_MOST ? percent_decode(body, size, &length) : NULL;
  if (value) {
    recorder_add(recorder, line, name, RECORDED_OTHER, json_pack("{so}", "json", value));
  } else if (text) {
    add_text(recorder, line, name, DISGUISE_SAID, text, length);
  } else {
    (void)json_object_set_new(line, name, json_pack("{sI}", "bytes", (json_int_t)size));
  }
  free(text);
}

const char *recorder_http_method(const struct http_request *request) {
  bool has_body = request->body || request->part_count;
  return request->method ? request->method : has_body ? "POST" : "GET";
}

/* Headers hold keys, so none is recorded. */
static void on_heard(const struct http_request *request, const struct http_answer *answer, void *data) {
  struct recorder *recorder = data;
  json_t *line = recorder_new_line(recorder), *http = json_object();
  if (!line) {
    json_decref(http);
    return;
  }
  (void)json_object_set_new(http, "method", json_string(recorder_http_method(request)));
  add_address(recorder, http, request->url);
  if (request->body) add_body(recorder, http, "body", request->body, request->body_size);
  (void)json_object_set_new(line, "http", http);
  json_t *came = json_object();
  if (answer->error.kind) {
    (void)json_object_set_new(came, "kind", json_string(error_kind_name(answer->error.kind)));
    recorder_add_error(recorder, came, answer->error.text);
  } else {
    (void)json_object_set_new(came, "status", json_integer(answer->status));
    (void)json_object_set_new(came, "content_type", json_string(answer->content_type));
    add_body(recorder, came, "body", answer->body, answer->size);
  }
  (void)json_object_set_new(line, "answer", came);
  recorder_write(recorder, line);
}

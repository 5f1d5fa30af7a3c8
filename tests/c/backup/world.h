/* A small Telegram that answers what the backup asks: one chat with documents, a menu and a pin. One request can be made to
 * fail, and the story stopped before any answer, so that a test can try each step of an operation in turn. */
#pragma once
#include "telegram/fake.h"
/* after cmocka, which it needs */
#include <jansson.h>

#include "backup/anchor.h"
#include "backup/crown.h"
#include "backup/pointer.h"

enum { WORLD_ADMIN = 77, WORLD_DOCUMENTS = 32 };

enum failure { FAIL_429, FAIL_500, FAIL_NETWORK, FAIL_UNCERTAIN, FAIL_REFUSED, FAIL_GARBAGE, FAILURES };

struct world_document {
  int64_t message_id;
  char bytes[4096];
  size_t size;
  unsigned version; /* its file's unique id */
  bool is_text;     /* no document at all */
};

struct world {
  struct fake *fake;
  struct anchor *anchor;
  struct world_document documents[WORLD_DOCUMENTS];
  size_t document_count;
  int64_t last_id;
  unsigned versions;
  json_t *menu, *default_menu;
  json_t *registers; /* language -> menu */
  int64_t pin;       /* 0: none */
  bool is_pin_from_admin;
  const char *refusal;                   /* of what fails with FAIL_REFUSED */
  const char *fail_method;               /* only requests of this method count; NULL: all do */
  unsigned fail_at, fail_times, counted; /* from the n-th request on (1 is the first) so many fail; 0: none */
  enum failure failure;
  unsigned answered; /* requests that were handled */
  unsigned stop_at;  /* before the n-th answer world_run() returns; 0: never */
};

static inline struct world *world_open(int64_t config_id) {
  struct world *world = memory_new(sizeof *world);
  world->fake = fake_open();
  world->anchor = anchor_open(world->fake->telegram, world->fake->clock, WORLD_ADMIN, config_id);
  world->menu = json_array();
  world->default_menu = json_array();
  world->registers = json_object();
  world->last_id = 100;
  return world;
}

static inline int world_close(struct world *world) {
  anchor_close(world->anchor);
  int result = fake_free(world->fake);
  json_decref(world->menu);
  json_decref(world->default_menu);
  json_decref(world->registers);
  free(world);
  return result;
}

static inline struct world_document *world_document(struct world *world, int64_t message_id) {
  for (size_t i = 0; i < world->document_count; i++) {
    if (world->documents[i].message_id == message_id) return &world->documents[i];
  }
  return NULL;
}

static inline int64_t world_put(struct world *world, const void *bytes, size_t size) {
  assert_true(world->document_count < WORLD_DOCUMENTS && size <= sizeof world->documents->bytes);
  struct world_document *document = &world->documents[world->document_count++];
  *document = (struct world_document){.message_id = ++world->last_id, .size = size, .version = ++world->versions};
  memcpy(document->bytes, bytes, size);
  return document->message_id;
}

static inline void world_forget(struct world *world, int64_t message_id) {
  struct world_document *document = world_document(world, message_id);
  if (document) document->message_id = 0;
}

static inline void world_point(struct world *world, int64_t message_id, int64_t epoch) {
  char description[100];
  (void)snprintf(description, sizeof description, "Save now (message %lld, epoch %lld)", (long long)message_id,
                 (long long)epoch);
  json_array_clear(world->menu);
  json_array_append_new(world->menu, json_pack("{s:s, s:s}", "command", "backup", "description", description));
}

/* ---- answers ---- */

static inline void world_reply(struct world *world, unsigned number, json_t *result) {
  json_t *answer = json_pack("{s:b, s:o}", "ok", 1, "result", result);
  char *text = json_dumps(answer, JSON_COMPACT);
  json_decref(answer);
  fake_answer(world->fake, number, 200, text);
  free(text);
}

static inline void world_refuse(struct world *world, unsigned number, const char *description) {
  char text[400];
  (void)snprintf(text, sizeof text, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: %s\"}", description);
  fake_answer(world->fake, number, 400, text);
}

static inline json_t *world_message(const struct world_document *document, int64_t message_id, bool is_bot) {
  char id[40], unique[40];
  (void)snprintf(id, sizeof id, "file%lld", (long long)document->message_id);
  (void)snprintf(unique, sizeof unique, "unique%u", document->version);
  json_t *message = json_pack("{s:I, s:{s:b}}", "message_id", (json_int_t)message_id, "from", "is_bot", is_bot);
  if (document->is_text) return message;
  json_object_set_new(
      message, "document",
      json_pack("{s:s, s:s, s:I}", "file_id", id, "file_unique_id", unique, "file_size", (json_int_t)document->size));
  return message;
}

static inline void world_upload(struct world *world, unsigned number, struct world_document *document) {
  const char *file = strstr(world->fake->requests[number].body, "\ndocument=");
  const char *bytes = strchr(file, ':') + 1;
  const struct fake_request *request = &world->fake->requests[number];
  document->size = (size_t)(request->body + request->parts_size - bytes) - 1; /* without the line's end */
  memcpy(document->bytes, bytes, document->size);
  document->version = ++world->versions;
  world_reply(world, number, world_message(document, document->message_id, true));
}

static inline json_int_t world_parameter(const char *body, const char *name) {
  json_t *parameters = json_loads(body, 0, NULL);
  json_int_t value = json_integer_value(json_object_get(parameters, name));
  json_decref(parameters);
  if (!parameters) { /* multipart */
    char line[40];
    (void)snprintf(line, sizeof line, "\n%s=", name);
    const char *found = strstr(body, line);
    value = found ? strtoll(found + strlen(line), NULL, 10) : 0;
  }
  return value;
}

static inline void world_answer_file(struct world *world, unsigned number) {
  const struct fake_request *request = &world->fake->requests[number];
  if (*request->path) {
    const struct world_document *file = &world->documents[strtol(request->path, NULL, 10)];
    struct http_answer answer = {.status = 200, .body = file->bytes, .size = file->size, .content_type = ""};
    fake_end(world->fake, number, &answer);
    return;
  }
  json_t *parameters = json_loads(request->body, 0, NULL);
  const char *file_id = json_string_value(json_object_get(parameters, "file_id"));
  const struct world_document *file =
      strncmp(file_id, "file", 4) == 0 ? world_document(world, strtoll(file_id + 4, NULL, 10)) : NULL;
  json_decref(parameters);
  if (!file) {
    world_refuse(world, number, "invalid file_id");
    return;
  }
  char path[20];
  (void)snprintf(path, sizeof path, "%zu", (size_t)(file - world->documents));
  world_reply(world, number, json_pack("{s:s, s:I}", "file_path", path, "file_size", (json_int_t)file->size));
}

static inline void world_answer_menu(struct world *world, unsigned number) {
  const struct fake_request *request = &world->fake->requests[number];
  json_t *parameters = json_loads(request->body, 0, NULL);
  bool is_chat = json_object_get(parameters, "scope") != NULL;
  json_t *commands = json_object_get(parameters, "commands");
  const char *language = json_string_value(json_object_get(parameters, "language_code"));
  if (language && commands) {
    json_object_set(world->registers, language, commands);
    world_reply(world, number, json_true());
  } else if (language) {
    json_t *kept = json_object_get(world->registers, language);
    world_reply(world, number, kept ? json_deep_copy(kept) : json_array());
  } else if (commands) {
    assert_true(is_chat);
    json_decref(world->menu);
    world->menu = json_incref(commands);
    world_reply(world, number, json_true());
  } else {
    world_reply(world, number, json_deep_copy(is_chat ? world->menu : world->default_menu));
  }
  json_decref(parameters);
}

static inline void world_answer_chat(struct world *world, unsigned number) {
  json_t *chat = json_pack("{s:i, s:s}", "id", WORLD_ADMIN, "type", "private");
  const struct world_document *pinned = world_document(world, world->pin);
  if (pinned) json_object_set_new(chat, "pinned_message", world_message(pinned, world->pin, !world->is_pin_from_admin));
  world_reply(world, number, chat);
}

static inline void world_answer_message(struct world *world, unsigned number) {
  const struct fake_request *request = &world->fake->requests[number];
  const char *method = request->method;
  int64_t message_id = world_parameter(request->body, "message_id");
  struct world_document *document = world_document(world, message_id);
  char gone[60];
  (void)snprintf(gone, sizeof gone, "message to %s not found",
                 method[0] == 'f'   ? "forward"
                 : method[0] == 'e' ? "edit"
                 : method[0] == 'd' ? "delete"
                                    : "pin");
  if (!document) {
    world_refuse(world, number, gone);
  } else if (method[0] == 'f') {
    int64_t copy = world_put(world, document->bytes, document->size);
    struct world_document *copied = world_document(world, copy);
    copied->version = document->version;
    copied->is_text = document->is_text;
    world_reply(world, number, world_message(copied, copy, true));
  } else if (strcmp(method, "editMessageCaption") == 0) {
    world_refuse(world, number, "message is not modified: it is the same");
  } else if (method[0] == 'e') {
    world_upload(world, number, document);
  } else {
    if (method[0] == 'd') world_forget(world, message_id);
    if (method[0] == 'p') world->pin = message_id;
    if (method[0] == 'u') world->pin = 0;
    world_reply(world, number, json_true());
  }
}

static inline void world_fail(struct world *world, unsigned number) {
  switch (world->failure) {
    case FAIL_429:
      fake_answer(world->fake, number, 429,
                  "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after "
                  "3\",\"parameters\":{\"retry_after\":3}}");
      break;
    case FAIL_500: fake_answer(world->fake, number, 500, "<html>"); break;
    case FAIL_NETWORK: fake_fail(world->fake, number, ERROR_NETWORK); break;
    case FAIL_UNCERTAIN: fake_fail(world->fake, number, ERROR_UNCERTAIN); break;
    case FAIL_REFUSED: world_refuse(world, number, world->refusal ? world->refusal : "no"); break;
    default: fake_answer(world->fake, number, 200, "{\"ok\":true,\"result\":7}"); break;
  }
}

static inline void world_answer(struct world *world, unsigned number) {
  const char *method = world->fake->requests[number].method;
  if (!world->fail_method || strcmp(world->fail_method, method) == 0) {
    world->counted++;
    if (world->fail_at && world->counted >= world->fail_at && world->counted < world->fail_at + world->fail_times) {
      world_fail(world, number);
      return;
    }
  }
  if (!*method || strcmp(method, "getFile") == 0) {
    world_answer_file(world, number);
  } else if (strstr(method, "MyCommands")) {
    world_answer_menu(world, number);
  } else if (strcmp(method, "getChat") == 0) {
    world_answer_chat(world, number);
  } else if (strcmp(method, "sendDocument") == 0) {
    world_upload(world, number, world_document(world, world_put(world, "", 0)));
  } else {
    world_answer_message(world, number);
  }
}

/* Time passes, and Telegram answers. */
static inline void world_let_answer(struct world *world) {
  clock_advance(world->fake->clock, 100);
  for (unsigned i = 0; i < world->fake->count; i++) {
    if (world->fake->requests[i].is_open) world_answer(world, i);
  }
}

static inline void world_let_work(struct world *world) {
  while (loop_work_count(world->fake->loop)) loop_turn(world->fake->loop, true);
}

static inline void world_turn(struct world *world) {
  world_let_answer(world);
  world_let_work(world);
}

/* Answers and lets time pass until *told, or until stop_at. Deletions that outlive their operation are answered as well. */
static inline void world_run(struct world *world, const unsigned *told) {
  int64_t left = 3600 * 1000;
  for (;;) {
    while (world->answered < world->fake->count) {
      if (world->stop_at && world->answered + 1 == world->stop_at) return;
      unsigned number = world->answered++;
      if (world->fake->requests[number].is_open) world_answer(world, number);
    }
    if (*told) return;
    assert_true(left > 0); /* it hangs */
    clock_advance(world->fake->clock, 500);
    left -= 500;
  }
}

/* How many requests of a method were sent. */
static inline unsigned world_asked(const struct world *world, const char *method) {
  unsigned count = 0;
  for (unsigned i = 0; i < world->fake->count; i++) count += strcmp(world->fake->requests[i].method, method) == 0;
  return count;
}

/* ---- what an anchor tells ---- */

struct told {
  unsigned times;
  struct error error;
  struct anchor_found found;
  struct anchor_sent sent;
  char *bytes; /* taken */
  size_t size;
  struct anchor *anchor; /* whose bytes are to be taken; NULL: none are */
};

static inline void on_plain(const struct error *error, void *data) {
  struct told *told = data;
  told->times++;
  told->error = *error;
}

static inline void on_found(const struct anchor_found *found, void *data) {
  struct told *told = data;
  on_plain(&found->error, data);
  told->found = *found;
  if (told->anchor && found->is_there) told->bytes = anchor_take(told->anchor, &told->size);
}

static inline void on_sent(const struct anchor_sent *sent, void *data) {
  struct told *told = data;
  on_plain(&sent->error, data);
  told->sent = *sent;
}

/* No copy of a forward is left in the chat. */
static inline void assert_clean(struct world *world, size_t documents) {
  clock_advance(world->fake->clock, 100000);
  while (world->answered < world->fake->count) {
    unsigned number = world->answered++;
    if (world->fake->requests[number].is_open) world_answer(world, number);
  }
  size_t left = 0;
  for (size_t i = 0; i < world->document_count; i++) left += world->documents[i].message_id != 0;
  assert_int_equal(left, documents);
}

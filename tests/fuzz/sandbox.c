/* libFuzzer's target: whatever a bot sends to the sandbox, as text with its markup or as a body, is read or refused with a
 * reason. The first byte says how the rest is read. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/character.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/body.h"
#include "net/parameter.h"
#include "sandbox/door/json_body.h"
#include "sandbox/model/entity.h"

enum { CEILING = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_text(const char *text, size_t size, const char *mode) {
  struct entity_text result = {0};
  struct error error = {0};
  if (!entity_read(NULL, text, size, mode, NULL, &result, &error)) {
    assert(error.kind != ERROR_NONE && error.text[0]);
    return;
  }
  assert(character_valid_size(result.text, result.size) == result.size && !result.text[result.size]);
  entity_release(&result);
}

/* The same parameters come out, wherever the body is cut. */
static void try_body(const char *data, size_t size, const char *type, const char *encoding) {
  const struct body_options options = {type, encoding, CEILING, CEILING};
  struct parameter_list lists[2] = {{0}, {0}};
  int statuses[2];
  for (size_t i = 0; i < 2; i++) {
    struct body body;
    body_init(&body, &options, &lists[i]);
    size_t cut = i ? size / 2 : size;
    body_feed(&body, data, cut);
    body_feed(&body, data + cut, size - cut);
    statuses[i] = body_end(&body);
    body_release(&body);
  }
  assert(statuses[0] == statuses[1]);
  for (size_t i = 0; !statuses[0] && i < lists[0].count; i++) {
    const struct server_parameter *one = &lists[0].items[i], *other = &lists[1].items[i];
    assert(one->size == other->size && memcmp(one->value, other->value, one->size) == 0);
  }
  parameter_list_release(&lists[0]);
  parameter_list_release(&lists[1]);
}

static void try_json(const char *data, size_t size) {
  struct parameter_list list = {0};
  char *exact = memory_new(size + !size); /* without a NUL behind it */
  memcpy(exact, data, size);
  json_body_read(exact, size, &list);
  parameter_list_release(&list);
  free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (!size) return 0;
  char *text = memory_new(size);
  memcpy(text, bytes + 1, size - 1);
  switch (bytes[0] % 8) {
    case 0: try_text(text, size - 1, NULL); break;
    case 1: try_text(text, size - 1, "HTML"); break;
    case 2: try_text(text, size - 1, "MarkdownV2"); break;
    case 3: try_text(text, size - 1, "Markdown"); break;
    case 4: try_body(text, size - 1, "multipart/form-data; boundary=b", NULL); break;
    case 5: try_body(text, size - 1, "application/x-www-form-urlencoded", NULL); break;
    case 6: try_body(text, size - 1, NULL, "gzip"); break;
    default: try_json(text, size - 1); break;
  }
  free(text);
  return 0;
}

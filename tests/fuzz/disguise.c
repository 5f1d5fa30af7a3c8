/* Feeds the disguise of a recording with what the fuzzer thinks of: as a script, as texts of each kind, and as JSON. What comes
 * out is UTF-8, and JSON of the same kind. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/character.h"
#include "recording/disguise.h"
#include "recording/disguised_json.h"
#include "recording/vocabulary.h"

static void check_utf8(const char *text, size_t size) {
  if (size && character_valid_size(text, size) < size) abort();
}

static void disguise_texts(struct disguise *disguise, const char *text, size_t size) {
  struct buffer shown;
  buffer_init(&shown, 1 << 20);
  for (int kind = DISGUISE_NAME; kind <= DISGUISE_ERROR; kind++) {
    buffer_clear(&shown);
    if (disguise_add(disguise, (enum disguise_kind)kind, text, size, &shown)) check_utf8(shown.data, shown.size);
  }
  buffer_clear(&shown);
  if (disguise_add_drawn(disguise, &shown)) {
    json_t *drawn = json_loadb(shown.data, shown.size, JSON_ALLOW_NUL, NULL);
    if (!json_is_array(drawn)) abort();
    json_decref(drawn);
  }
  buffer_release(&shown);
}

static void disguise_json(struct disguise *disguise, const char *text, size_t size) {
  json_t *json = json_loadb(text, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
  if (!json) return;
  for (int what = DISGUISED_UPDATE; what <= DISGUISED_OTHER; what++) {
    json_t *shown = disguised_json(disguise, (enum disguised_what)what, json);
    if (shown && json_typeof(shown) != json_typeof(json) && !json_is_string(json)) abort();
    json_decref(shown);
  }
  disguised_json_drop_secrets(json);
  json_decref(json);
}

/* What stands before the first zero is a script, the rest is text. A copy of exactly that size, so that a byte read past the
 * end is found. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *copy = malloc(size ? size : 1);
  memcpy(copy, data, size);
  const char *zero = memchr(copy, '\0', size);
  size_t source = zero ? (size_t)(zero - copy) : 0, begin = zero ? source + 1 : 0;
  struct vocabulary *vocabulary = vocabulary_new();
  vocabulary_add(vocabulary, copy, source);
  struct disguise *disguise = disguise_new(vocabulary);
  disguise_json(disguise, copy + begin, size - begin);
  disguise_texts(disguise, copy + begin, size - begin);
  disguise_free(disguise);
  vocabulary_free(vocabulary);
  free(copy);
  return 0;
}

/* An update that can't be decoded must not keep the others of Telegram's answer back: so its end is found by its brackets
 * alone. Its id is needed to move past it, and is looked for in the bytes, at the top of the object. */
#include "updates/update_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* text is behind the opening quote. NULL: it does not end. */
static const char *string_end(const char *text, const char *end) {
  while (text < end) {
    char byte = *text++;
    if (byte == '"') return text;
    if (byte == '\\') text++; /* and what it escapes, which may be a quote */
  }
  return NULL;
}

static const char *scalar_end(const char *text, const char *end) {
  const char *begin = text;
  while (text < end && !strchr(",]} \t\r\n", *text)) text++;
  return text < end && text > begin ? text : NULL;
}

const char *update_text_end(const char *text, const char *end) {
  int depth = 0;
  if (text < end && *text == '"') return string_end(text + 1, end);
  if (text < end && *text != '{' && *text != '[') return scalar_end(text, end);
  while (text && text < end) {
    char byte = *text++;
    if (byte == '"') {
      text = string_end(text, end);
    } else if (byte == '{' || byte == '[') {
      depth++;
    } else if ((byte == '}' || byte == ']') && --depth == 0) {
      return text;
    }
  }
  return NULL;
}

static const char *skip_blanks(const char *text, const char *end) {
  while (text < end && strchr(" \t\r\n", *text)) text++;
  return text;
}

/* An integer, alone or in quotes, that ends before `end`. */
static bool read_id(const char *text, const char *end, int64_t *id) {
  char digits[24] = "";
  size_t size = 0;
  if (text < end && *text == '"') text++;
  while (text < end && size < sizeof digits - 1 && strchr("-0123456789", *text)) digits[size++] = *text++;
  char *rest;
  intmax_t value = strtoimax(digits, &rest, 10);
  *id = value;
  return size && !*rest && text < end && strchr("\"},] \t\r\n", *text) != NULL;
}

bool update_text_id(const char *json, size_t size, int64_t *update_id) {
  static const char key[] = "\"update_id\"";
  const char *end = json + size, *text = json;
  if (!size || *text++ != '{') return false;
  for (text = skip_blanks(text, end); text && text < end && *text == '"';) { /* one pair of key and value after the other */
    bool is_it = (size_t)(end - text) > sizeof key && memcmp(text, key, sizeof key - 1) == 0;
    text = string_end(text + 1, end);
    text = text ? skip_blanks(text, end) : end;
    if (text == end || *text != ':') return false;
    text = skip_blanks(text + 1, end);
    if (is_it) return read_id(text, end, update_id);
    text = update_text_end(text, end);
    text = text ? skip_blanks(text, end) : end;
    if (text < end && *text == ',') text = skip_blanks(text + 1, end);
  }
  return false;
}

#include "sandbox/model/json_write.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"

void json_write_text(struct buffer *buffer, const char *text) { (void)buffer_add(buffer, text, strlen(text), NULL); }

void json_write_number(struct buffer *buffer, int64_t number) {
  char digits[24], *at = digits + sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do *--at = (char)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0) *--at = '-';
  (void)buffer_add(buffer, at, (size_t)(digits + sizeof digits - at), NULL);
}

static char *put_unit(char *to, unsigned unit) {
  static const char hex[] = "0123456789abcdef";
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = hex[unit >> shift & 15];
  return to;
}

/* Writes one character of more than a byte and moves *from behind it. A broken one becomes U+FFFD, so that the answer stays
 * JSON. */
static char *put_wide(char *to, const unsigned char **from, const unsigned char *end) {
  const unsigned char *at = *from;
  unsigned length = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 0;
  unsigned code = length ? at[0] & (0x7Fu >> length) : 0;
  bool ok = length && (size_t)(end - at) >= length;
  for (unsigned i = 1; ok && i < length; i++) {
    ok = (at[i] & 0xC0) == 0x80;
    code = code << 6 | (at[i] & 0x3Fu);
  }
  if (!ok || code > 0x10FFFF) {
    *from = at + 1;
    return put_unit(to, 0xFFFD);
  }
  *from = at + length;
  if (code < 0x10000) return put_unit(to, code);
  code -= 0x10000;
  return put_unit(put_unit(to, 0xD800 + (code >> 10)), 0xDC00 + (code & 0x3FF));
}

static char *put_escaped(char *to, unsigned char byte) {
  const char *found = strchr("\nn\rr\tt\bb\ff", byte);
  if (byte >= 0x20 || !byte || !found) {
    if (byte < 0x20) return put_unit(to, byte);
    *to++ = '\\';
    *to++ = (char)byte;
    return to;
  }
  *to++ = '\\';
  *to++ = found[1];
  return to;
}

void json_write_string(struct buffer *buffer, const char *text, size_t size) {
  if (!buffer_reserve(buffer, size * 6 + 2, NULL)) return; /* a byte becomes six at most */
  char *to = buffer->data + buffer->size;
  const unsigned char *at = (const unsigned char *)text, *end = at + size;
  *to++ = '"';
  while (at < end) {
    if (*at >= 0x80)
      to = put_wide(to, &at, end);
    else if (*at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7F)
      to = *at == 0x7F ? put_unit(to, *at++) : put_escaped(to, *at++);
    else
      *to++ = (char)*at++;
  }
  *to++ = '"';
  buffer->size = (size_t)(to - buffer->data);
  *to = '\0';
}

void json_write_member(struct buffer *buffer, const char *name, const char *text) {
  if (!text) return;
  (void)buffer_format(buffer, NULL, ",\"%s\":", name);
  json_write_string(buffer, text, strlen(text));
}

void json_write_raw(struct buffer *buffer, const char *name, const char *json) {
  if (!json) return;
  (void)buffer_format(buffer, NULL, ",\"%s\":", name);
  json_write_text(buffer, json);
}

char *json_write_dump(const struct json_t *json) {
  return json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) : NULL;
}

char *json_write_content(const char *name, struct json_t *value) {
  struct buffer content;
  char *text = json_write_dump(value);
  buffer_init(&content, JSON_WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"%s\":%s", name, text ? text : "null");
  free(text);
  json_decref(value);
  return buffer_take(&content, NULL);
}

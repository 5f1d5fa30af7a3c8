#include "common/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"

#ifndef BUFFER_FIRST_CAPACITY
#define BUFFER_FIRST_CAPACITY 256 /* bytes; then doubled: a log line and most answers fit */
#endif

void buffer_init(struct buffer *buffer, size_t ceiling) { *buffer = (struct buffer){.ceiling = ceiling}; }

void buffer_release(struct buffer *buffer) {
  free(buffer->data);
  buffer_init(buffer, buffer->ceiling);
}

void buffer_clear(struct buffer *buffer) { buffer_cut(buffer, 0); }

void buffer_swap(struct buffer *one, struct buffer *other) {
  struct buffer before = *one;
  *one = (struct buffer){other->data, other->size, other->capacity, before.ceiling};
  *other = (struct buffer){before.data, before.size, before.capacity, other->ceiling};
}

void buffer_cut(struct buffer *buffer, size_t size) {
  buffer->size = size;
  if (buffer->data) buffer->data[size] = '\0';
}

bool buffer_reserve(struct buffer *buffer, size_t size, struct error *error) {
  if (size > buffer->ceiling - buffer->size) {
    return error_set(error, ERROR_FULL, "more than the %zu bytes that are allowed here", buffer->ceiling);
  }
  size_t needed = buffer->size + size + 1;
  if (needed <= buffer->capacity) return true;
  size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_CAPACITY;
  while (capacity < needed) capacity *= 2;
  if (capacity > buffer->ceiling + 1) capacity = buffer->ceiling + 1; /* doubling past the ceiling is of no use */
  char *data = memory_try_resize(buffer->data, capacity);
  if (!data) return error_set(error, ERROR_MEMORY, "out of memory for %zu bytes", capacity);
  data[buffer->size] = '\0';
  buffer->data = data;
  buffer->capacity = capacity;
  return true;
}

bool buffer_add(struct buffer *buffer, const void *data, size_t size, struct error *error) {
  if (!buffer_reserve(buffer, size, error)) return false;
  if (size) memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
  buffer->data[buffer->size] = '\0';
  return true;
}

bool buffer_add_text(struct buffer *buffer, const char *text, struct error *error) {
  return buffer_add(buffer, text, strlen(text), error);
}

const char *buffer_write_digits(int64_t value, char digits[static BUFFER_DIGITS], size_t *size) {
  char *at = digits + BUFFER_DIGITS;
  uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0) *--at = '-';
  *size = (size_t)(digits + BUFFER_DIGITS - at);
  return at;
}

bool buffer_add_integer(struct buffer *buffer, int64_t value, struct error *error) {
  char digits[BUFFER_DIGITS];
  size_t size;
  const char *text = buffer_write_digits(value, digits, &size);
  return buffer_add(buffer, text, size, error);
}

bool buffer_format(struct buffer *buffer, struct error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0) return error_set(error, ERROR_SYSTEM, "can't format a text");
  if (!buffer_reserve(buffer, (size_t)length, error)) return false;
  va_start(arguments, format);
  (void)vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, arguments);
  va_end(arguments);
  buffer->size += (size_t)length;
  return true;
}

/* The two characters of a short escape, or NULL where JSON wants \u00XX or nothing. */
static const char *short_escape(unsigned char byte) {
  switch (byte) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
  }
}

static bool is_plain(unsigned char byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; }

/* The text has nothing to escape, as most, and there is room for it. */
static bool add_plain_json_string(struct buffer *buffer, const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (!is_plain((unsigned char)text[i])) return false;
  }
  char *at = buffer->data + buffer->size;
  at[0] = at[size + 1] = '"';
  if (size) memcpy(at + 1, text, size);
  buffer_cut(buffer, buffer->size + size + 2);
  return true;
}

bool buffer_add_json_string(struct buffer *buffer, const char *text, size_t size, struct error *error) {
  size_t before = buffer->size;
  if (!buffer_reserve(buffer, size + 2, error)) return false;
  if (add_plain_json_string(buffer, text, size)) return true;
  bool ok = buffer_add(buffer, "\"", 1, error);
  size_t plain = 0; /* where the run of bytes that need no escape began */
  for (size_t i = 0; ok && i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (is_plain(byte)) continue;
    const char *escape = short_escape(byte);
    ok = buffer_add(buffer, text + plain, i - plain, error) &&
         (escape ? buffer_add(buffer, escape, 2, error) : buffer_format(buffer, error, "\\u%04x", byte));
    plain = i + 1;
  }
  ok = ok && buffer_add(buffer, text + plain, size - plain, error) && buffer_add(buffer, "\"", 1, error);
  if (!ok) buffer_cut(buffer, before);
  return ok;
}

char *buffer_take(struct buffer *buffer, size_t *size) {
  char *data = buffer->data;
  if (size) *size = buffer->size;
  buffer_init(buffer, buffer->ceiling);
  return data;
}

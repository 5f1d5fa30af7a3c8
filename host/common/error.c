#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"

/* Half a UTF-8 character would make the log line invalid for programs that read it. */
static void cut_at_character(char *text, size_t length) {
  while (length > 0 && ((unsigned char)text[length - 1] & 0xC0) == 0x80) length--;
  if (length > 0 && (unsigned char)text[length - 1] >= 0xC0) text[length - 1] = '\0';
}

static void copy_text(struct error *error, const char *text, int length) {
  size_t size = strlen(text);
  memcpy(error->text, text, size + 1);
  if (length >= (int)sizeof error->text) cut_at_character(error->text, size);
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...) {
  if (!error) return false;
  char text[sizeof error->text]; /* a buffer of its own, because the arguments may be in error->text */
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  error->kind = kind;
  copy_text(error, text, length);
  return false;
}

bool error_prefix(struct error *error, const char *format, ...) {
  if (!error) return false;
  char text[sizeof error->text];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length >= 0 && (size_t)length < sizeof text) {
    length += snprintf(text + length, sizeof text - (size_t)length, ": %s", error->text);
  }
  copy_text(error, text, length);
  return false;
}

void error_keep(struct error **kept, const struct error *error) {
  if (!*kept) *kept = memory_new(sizeof *error);
  **kept = *error;
}

const char *error_kind_name(enum error_kind kind) {
  static const char *const names[] = {
      [ERROR_NONE] = "none",     [ERROR_NETWORK] = "network",   [ERROR_UNCERTAIN] = "uncertain", [ERROR_REFUSED] = "refused",
      [ERROR_INPUT] = "input",   [ERROR_MISUSE] = "misuse",     [ERROR_FULL] = "full",           [ERROR_MEMORY] = "memory",
      [ERROR_SYSTEM] = "system", [ERROR_CANCELED] = "canceled",
  };
  return names[kind];
}

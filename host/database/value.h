/* A value of SQL, as it is bound to a statement or read from a row. Part of the floor's face: database.h includes it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum value_type { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT, VALUE_BLOB };
struct value {
  enum value_type type;
  int64_t integer;
  double real;
  const char *bytes; /* VALUE_TEXT and VALUE_BLOB; borrowed */
  size_t size;
};

static inline struct value value_integer(int64_t integer) { return (struct value){.type = VALUE_INTEGER, .integer = integer}; }
static inline struct value value_text(const char *bytes, size_t size) {
  return (struct value){.type = VALUE_TEXT, .bytes = bytes, .size = size};
}

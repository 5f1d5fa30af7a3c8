/* All values go as text but for blobs, so that PostgreSQL finds out their types by where they stand, as SQLite does by the
 * columns they are put into. What comes back is text, too, and is read by its type. */
#include "database/postgres_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/postgres_connection.h"
#include "database/postgres_library.h"

enum { /* types of PostgreSQL's catalog, which never change */
       TYPE_BOOLEAN = 16,
       TYPE_BYTES = 17,
       TYPE_INTEGER = 20,
       TYPE_SMALL = 21,
       TYPE_INT = 23,
       TYPE_TEXT = 25,
       TYPE_ID = 26,
       TYPE_FLOAT = 700,
       TYPE_REAL = 701,
       TYPE_NUMERIC = 1700,
};

enum { NUMBER_SIZE = 40, REAL_DIGITS = 17 };

/* ---- there ---- */

/* A whole number that is a float may be meant for a column of integers, as Lua's 3.0 often is. */
static size_t write_real(char *to, double real) {
  if (isnan(real)) return (size_t)snprintf(to, NUMBER_SIZE, "NaN");
  if (isinf(real)) return (size_t)snprintf(to, NUMBER_SIZE, real < 0 ? "-Infinity" : "Infinity");
  if (real == floor(real) && fabs(real) < 1e15) return (size_t)snprintf(to, NUMBER_SIZE, "%.0f", real);
  return (size_t)snprintf(to, NUMBER_SIZE, "%.*g", REAL_DIGITS, real);
}

static size_t write_value(char *to, const struct value *value) {
  if (value->type == VALUE_INTEGER) return (size_t)snprintf(to, NUMBER_SIZE, "%" PRId64, value->integer);
  if (value->type == VALUE_REAL) return write_real(to, value->real);
  if (value->size) memcpy(to, value->bytes, value->size);
  to[value->size] = '\0';
  return value->size;
}

static Oid type_of(const struct value *value) {
  switch (value->type) {
    case VALUE_INTEGER: return TYPE_INTEGER;
    case VALUE_REAL: return TYPE_REAL;
    case VALUE_TEXT: return TYPE_TEXT;
    case VALUE_BLOB: return TYPE_BYTES;
    default: return 0;
  }
}

static size_t room_for(const struct value *value) {
  bool is_number = value->type == VALUE_INTEGER || value->type == VALUE_REAL;
  return is_number ? NUMBER_SIZE : value->size + 1;
}

struct postgres_parameters *postgres_value_copy(const struct value *values, int count, bool is_typed, struct error *error) {
  struct postgres_parameters *copy;
  size_t each = sizeof *copy->values + sizeof *copy->sizes + sizeof *copy->formats + sizeof *copy->types;
  size_t size = sizeof *copy + (size_t)count * each;
  for (int i = 0; i < count; i++) size += room_for(&values[i]);
  copy = memory_try_resize(NULL, size);
  if (!copy) {
    error_set(error, ERROR_MEMORY, "out of memory for the values of a statement");
    return NULL;
  }
  copy->count = count;
  copy->values = (const char **)(copy + 1);
  copy->sizes = (int *)(copy->values + count);
  copy->formats = copy->sizes + count;
  copy->types = (Oid *)(copy->formats + count);
  char *bytes = (char *)(copy->types + count);
  for (int i = 0; i < count; i++) {
    bool is_blob = values[i].type == VALUE_BLOB;
    copy->values[i] = values[i].type == VALUE_NULL ? NULL : bytes;
    copy->sizes[i] = values[i].type == VALUE_NULL ? 0 : (int)write_value(bytes, &values[i]);
    copy->formats[i] = is_blob;
    copy->types[i] = is_typed || is_blob ? type_of(&values[i]) : 0;
    bytes += room_for(&values[i]);
  }
  return copy;
}

/* ---- back ---- */

static void read_numeric(const char *text, struct value *value) {
  char *end;
  bool is_whole = !strpbrk(text, ".eEnN") && strlen(text) < 19;
  value->type = is_whole ? VALUE_INTEGER : VALUE_REAL;
  if (is_whole)
    value->integer = strtoll(text, &end, 10);
  else
    value->real = strtod(text, &end);
}

static int digit_of(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* From "\x00ff", in place. A value may be read twice, so the first reading leaves a mark: no text of bytes begins otherwise. */
static void read_bytes(char *text, size_t size, struct value *value) {
  value->type = VALUE_BLOB;
  value->size = (size - 2) / 2;
  value->bytes = text + 2;
  if (text[0] != '\\') return;
  text[0] = '\0';
  for (size_t i = 0; i < value->size; i++) text[2 + i] = (char)(digit_of(text[2 + 2 * i]) << 4 | digit_of(text[3 + 2 * i]));
}

void postgres_value_read(const struct postgres_library *libpq, PGresult *result, int row, int column, struct value *value) {
  *value = (struct value){.type = VALUE_NULL};
  if (libpq->PQgetisnull(result, row, column)) return;
  char *text = libpq->PQgetvalue(result, row, column);
  size_t size = (size_t)libpq->PQgetlength(result, row, column);
  switch (libpq->PQftype(result, column)) {
    case TYPE_INTEGER:
    case TYPE_SMALL:
    case TYPE_INT:
    case TYPE_ID: *value = value_integer(strtoll(text, NULL, 10)); break;
    case TYPE_BOOLEAN: *value = value_integer(text[0] == 't'); break;
    case TYPE_FLOAT:
    case TYPE_REAL:
      value->type = VALUE_REAL;
      value->real = strtod(text, NULL);
      break;
    case TYPE_NUMERIC: read_numeric(text, value); break;
    case TYPE_BYTES: read_bytes(text, size, value); break;
    default: *value = value_text(text, size);
  }
}

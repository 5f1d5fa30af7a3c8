/* COPY's lines of text: fields between tabs, \N for NULL, and a backslash before what would end a field or a line. Numbers are
 * written so that they are read as the same ones. Values are never told, only of which kind they are. */
#include "database/transfer_row.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "database/database.h"
#include "database/transfer_table.h"

enum { ROW_TEXT_MOST = 60 };

/* ---- naming ---- */

static int carried_columns(const struct transfer_table *table) {
  const struct transfer_column *column;
  int count = 0;
  LL_FOREACH(table->columns, column) count += !column->is_generated;
  return count;
}

static void describe_row(const struct transfer_table *table, struct statement *statement, char *to, size_t size) {
  struct value value;
  statement_column(statement, carried_columns(table), &value);
  if (value.type == VALUE_INTEGER)
    (void)snprintf(to, size, "rowid %" PRId64, value.integer);
  else
    (void)snprintf(to, size, "key %.*s", (int)(value.size < ROW_TEXT_MOST ? value.size : ROW_TEXT_MOST),
                   value.bytes ? value.bytes : "");
}

bool transfer_row_blame(const struct transfer_table *table, const struct transfer_column *column, struct statement *statement,
                        struct error *error) {
  char row[ROW_TEXT_MOST + 20] = "";
  if (statement) describe_row(table, statement, row, sizeof row);
  return error_prefix(error, "table %.100s%s%.100s%s%s", table->name, column ? ", column " : "", column ? column->name : "",
                      *row ? ", " : "", row);
}

/* ---- there ---- */

static const char *const value_names[] = {"NULL", "an integer", "a float", "a text", "a blob"};

static bool is_fitting(const struct transfer_column *column, const struct value *value) {
  switch (column->kind) {
    case POSTGRES_INTEGER: return value->type == VALUE_INTEGER;
    case POSTGRES_REAL: return value->type == VALUE_REAL;
    case POSTGRES_TEXT: return value->type == VALUE_TEXT || (value->type != VALUE_BLOB && !*column->type);
    case POSTGRES_BYTES: return value->type == VALUE_BLOB;
    default: return value->type != VALUE_BLOB;
  }
}

static bool check(const struct transfer_column *column, const struct value *value, struct error *error) {
  if (value->type == VALUE_NULL) return true;
  if (!is_fitting(column, value)) {
    return error_set(error, ERROR_INPUT, "%s does not fit a column of PostgreSQL for %s", value_names[value->type],
                     *column->type ? column->type : "texts");
  }
  if (value->type != VALUE_TEXT) return true;
  if (value->size && memchr(value->bytes, '\0', value->size))
    return error_set(error, ERROR_INPUT, "a text with a NUL does not fit into PostgreSQL");
  if (character_valid_size(value->bytes, value->size) == value->size) return true;
  return error_set(error, ERROR_INPUT, "a text that is not UTF-8 does not fit into PostgreSQL");
}

static bool put_text(struct buffer *to, const char *bytes, size_t size, struct error *error) {
  static const char special[] = "\\\n\r\t\b\f\v", letters[] = "\\nrtbfv";
  bool ok = buffer_reserve(to, size, error);
  for (size_t i = 0, begin = 0; ok && i <= size; i++) {
    const char *found = i < size && bytes[i] ? strchr(special, bytes[i]) : NULL;
    if (i < size && !found) continue;
    ok = buffer_add(to, bytes + begin, i - begin, error);
    if (ok && found) ok = buffer_add_text(to, "\\", error) && buffer_add(to, &letters[found - special], 1, error);
    begin = i + 1;
  }
  return ok;
}

static bool put_bytes(struct buffer *to, const char *bytes, size_t size, struct error *error) {
  static const char digits[] = "0123456789abcdef";
  if (!buffer_add_text(to, "\\\\x", error) || !buffer_reserve(to, 2 * size, error)) return false;
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    to->data[to->size++] = digits[byte >> 4];
    to->data[to->size++] = digits[byte & 15];
  }
  return true;
}

static bool put_real(struct buffer *to, double real, struct error *error) {
  if (isinf(real)) return buffer_add_text(to, real < 0 ? "-Infinity" : "Infinity", error);
  return buffer_format(to, error, "%.17g", real);
}

static bool put_value(struct buffer *to, const struct value *value, struct error *error) {
  switch (value->type) {
    case VALUE_INTEGER: return buffer_add_integer(to, value->integer, error);
    case VALUE_REAL: return put_real(to, value->real, error);
    case VALUE_TEXT: return put_text(to, value->bytes, value->size, error);
    case VALUE_BLOB: return put_bytes(to, value->bytes, value->size, error);
    default: return buffer_add_text(to, "\\N", error);
  }
}

bool transfer_row_write(const struct transfer_table *table, struct statement *statement, struct buffer *to,
                        struct error *error) {
  const struct transfer_column *column;
  int number = 0;
  LL_FOREACH(table->columns, column) {
    struct value value;
    if (column->is_generated) continue;
    statement_column(statement, number, &value);
    if (!check(column, &value, error)) return transfer_row_blame(table, column, statement, error);
    bool ok = (!number || buffer_add(to, "\t", 1, error)) && put_value(to, &value, error);
    if (!ok) return false;
    number++;
  }
  return buffer_add(to, "\n", 1, error);
}

/* ---- back ---- */

/* In place: what is written is never longer. Moves *at behind the tab or the end of the line. NULL: null. */
static char *read_field(char **at, size_t *size) {
  static const char letters[] = "nrtbfv", special[] = "\n\r\t\b\f\v";
  char *begin = *at, *from = begin, *to = begin;
  bool is_null = from[0] == '\\' && from[1] == 'N';
  while (*from && *from != '\t' && *from != '\n') {
    if (*from == '\\' && from[1]) {
      from++;
      const char *found = strchr(letters, *from);
      *to++ = found ? special[found - letters] : *from;
      from++;
    } else {
      *to++ = *from++;
    }
  }
  *at = *from ? from + 1 : from;
  *size = (size_t)(to - begin);
  *to = '\0';
  return is_null ? NULL : begin;
}

static int digit_of(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

/* From "\x00ff", in place. */
static bool read_bytes(char *text, size_t size, struct value *value, struct error *error) {
  if (size < 2 || text[0] != '\\' || text[1] != 'x') return error_set(error, ERROR_INPUT, "these are no bytes");
  *value = (struct value){.type = VALUE_BLOB, .bytes = text, .size = (size - 2) / 2};
  for (size_t i = 0; i < value->size; i++) text[i] = (char)(digit_of(text[2 + 2 * i]) << 4 | digit_of(text[3 + 2 * i]));
  return true;
}

static bool read_integer(const char *text, struct value *value, struct error *error) {
  char *end;
  errno = 0;
  *value = value_integer(strtoll(text, &end, 10));
  return (!errno && end != text && !*end) || error_set(error, ERROR_INPUT, "this is no integer of 64 bits");
}

static bool read_real(const char *text, struct value *value, struct error *error) {
  *value = (struct value){.type = VALUE_REAL, .real = strtod(text, NULL)};
  return !isnan(value->real) || error_set(error, ERROR_INPUT, "SQLite has no NaN");
}

bool transfer_row_read(const struct transfer_column *column, char **at, struct value *value, struct error *error) {
  size_t size;
  char *text = read_field(at, &size);
  *value = (struct value){.type = VALUE_NULL};
  if (!text) return true;
  if (column->kind == POSTGRES_INTEGER) return read_integer(text, value, error);
  if (column->kind == POSTGRES_REAL) return read_real(text, value, error);
  if (column->kind == POSTGRES_BYTES) return read_bytes(text, size, value, error);
  *value = value_text(text, size);
  return true;
}

void transfer_row_restore_number(const struct transfer_column *column, struct value *value) {
  struct value number;
  char *end;
  if (*column->type || value->type != VALUE_TEXT || value->bytes[strspn(value->bytes, "0123456789+-.eE")]) return;
  double real = strtod(value->bytes, &end);
  if (read_integer(value->bytes, &number, NULL))
    *value = number;
  else if (end != value->bytes && !*end)
    *value = (struct value){.type = VALUE_REAL, .real = real};
}

/* ---- both ---- */

static bool has_same_bytes(const struct value *one, const struct value *other) {
  return one->size == other->size && (!one->size || memcmp(one->bytes, other->bytes, one->size) == 0);
}

/* A column without a type, or with one that sorts numbers from texts, keeps "12" as a number. */
static bool is_same_number(const struct value *here, const char *text) {
  struct value there;
  char *end;
  if (here->type == VALUE_INTEGER && read_integer(text, &there, NULL)) return here->integer == there.integer;
  double real = strtod(text, &end);
  return end != text && !*end && (here->type == VALUE_REAL ? here->real == real : (double)here->integer == real);
}

/* SQLite does not keep the sign of -0.0. */
static bool is_same(const struct value *here, const struct value *there) {
  if (here->type != there->type) {
    bool is_number = here->type == VALUE_INTEGER || here->type == VALUE_REAL;
    return is_number && there->type == VALUE_TEXT && is_same_number(here, there->bytes);
  }
  if (here->type == VALUE_NULL) return true;
  if (here->type == VALUE_INTEGER) return here->integer == there->integer;
  if (here->type == VALUE_REAL) return here->real == there->real;
  return has_same_bytes(here, there);
}

bool transfer_row_compare(const struct transfer_table *table, struct statement *statement, char *line, struct error *error) {
  const struct transfer_column *column;
  int number = 0;
  LL_FOREACH(table->columns, column) {
    struct value here, there;
    if (column->is_generated) continue;
    statement_column(statement, number++, &here);
    if (!transfer_row_read(column, &line, &there, error)) return transfer_row_blame(table, column, statement, error);
    if (is_same(&here, &there)) continue;
    error_set(error, ERROR_INPUT, "the value is another one when it is read back");
    return transfer_row_blame(table, column, statement, error);
  }
  return true;
}

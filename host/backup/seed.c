/* Reads the rows as the Python bot kept them: a number may have become a real with nothing after the point, and a person who
 * registered twice at once has two rows, of which the better count stays. */
#include "backup/seed.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "common/error.h"
#include "database/database.h"

enum { SEED_CEILING = 64 << 20, COLUMNS = 4 };

/* The clicker's table, as scripts/lib/users.lua would make it. */
static const char schema[] =
    "CREATE TABLE users(chatid INTEGER PRIMARY KEY, name TEXT, click INTEGER, state INTEGER, registered INTEGER)";
static const char insert[] =
    "INSERT INTO users VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET click = max(click, excluded.click)";

/* Some editors begin a file with a byte order mark, which jansson does not accept. */
static size_t byte_order_mark_size(const void *bytes, size_t size) {
  return size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* It begins with two brackets, or one empty pair; our archives and SQLite files begin with other bytes. Whether the rest is
 * sound seed_read() finds out, which names the wrong row. */
bool seed_is_one(const void *bytes, size_t size) {
  const char *text = (const char *)bytes + byte_order_mark_size(bytes, size), *end = (const char *)bytes + size;
  for (int depth = 0; text < end; text++) {
    if (strchr(" \t\r\n", *text) && *text) continue;
    if (depth++ == 1) return *text == '[' || *text == ']';
    if (*text != '[') return false;
  }
  return false;
}

/* False: not a whole number. Beyond 9e15 a real can't tell neighbouring ids apart, so it might name another person. */
static bool whole_number(const json_t *number, struct value *value) {
  double real = json_real_value(number);
  value->type = VALUE_INTEGER;
  value->integer = json_is_integer(number) ? json_integer_value(number) : (int64_t)(fabs(real) < 9e15 ? real : 0);
  return json_is_integer(number) || (json_is_real(number) && (double)value->integer == real);
}

/* One wrong row refuses the whole document: a person who was left out silently would be noticed too late. */
static bool read_row(const json_t *row, size_t place, struct value values[COLUMNS + 1], struct error *error) {
  const json_t *name = json_array_get(row, 1);
  bool ok = json_array_size(row) == COLUMNS && whole_number(json_array_get(row, 0), &values[0]) &&
            (json_is_string(name) || json_is_null(name)) && whole_number(json_array_get(row, 2), &values[2]) &&
            whole_number(json_array_get(row, 3), &values[3]);
  if (!ok) {
    return error_set(error, ERROR_INPUT, "row %zu of the old bot's document is not [chatid, \"name\", click, state]", place);
  }
  values[1] = (struct value){.type = VALUE_TEXT, .bytes = "", .size = 0}; /* null: a person without a name */
  if (json_is_string(name)) {
    values[1].bytes = json_string_value(name);
    values[1].size = json_string_length(name);
  }
  values[4] = (struct value){.type = VALUE_INTEGER, .integer = (int64_t)place};
  return true;
}

static bool insert_row(struct statement *statement, const json_t *row, size_t place, struct error *error) {
  struct value values[COLUMNS + 1];
  bool has_row, ok = read_row(row, place, values, error);
  for (int i = 0; ok && i <= COLUMNS; i++) ok = statement_bind(statement, i + 1, &values[i], error);
  return ok && statement_step(statement, &has_row, error);
}

/* The rating breaks ties by the order of registration, which is the order of the rows: so a row's place becomes a column. One
 * transaction for all, because one for each row would be slow. */
static bool fill(struct database *database, const json_t *rows, struct error *error) {
  bool ok = database_execute(database, schema, error) && database_begin(database, error);
  for (size_t i = 0; ok && i < json_array_size(rows); i++) {
    struct statement *statement = database_prepare(database, insert, NULL, 0, error);
    ok = statement && insert_row(statement, json_array_get(rows, i), i + 1, error);
    statement_release(statement);
  }
  return ok && database_commit(database, error);
}

/* In a database of its own, so that a document whose last row is wrong has changed nothing in the live one. */
static bool make_image(const json_t *rows, unsigned char **image, size_t *image_size, struct error *error) {
  struct database *database = database_open(error);
  if (!database) return false;
  bool ok = fill(database, rows, error);
  database_rollback(database);
  ok = ok && database_serialize(database, image, image_size, error);
  database_close(database);
  return ok;
}

/* JSON_ALLOW_NUL: a name may hold any character, and the Python bot wrote it as it came. */
bool seed_read(const void *bytes, size_t size, unsigned char **image, size_t *image_size, struct error *error) {
  json_error_t fault;
  size_t mark = byte_order_mark_size(bytes, size);
  *image = NULL;
  if (size > SEED_CEILING)
    return error_set(error, ERROR_INPUT, "the old bot's document has %zu bytes, more than %d", size, SEED_CEILING);
  json_t *rows = json_loadb((const char *)bytes + mark, size - mark, JSON_ALLOW_NUL, &fault);
  bool ok = false;
  if (!rows && !fault.text[0]) { /* jansson describes what is wrong with a text, but mostly not lack of memory */
    error_set(error, ERROR_MEMORY, "out of memory for the old bot's document");
  } else if (!rows) {
    error_set(error, ERROR_INPUT, "the old bot's document is not JSON: line %d: %s", fault.line, fault.text);
  } else if (!json_is_array(rows)) {
    error_set(error, ERROR_INPUT, "the old bot's document is not a list of rows");
  } else {
    ok = make_image(rows, image, image_size, error);
  }
  json_decref(rows);
  return ok;
}

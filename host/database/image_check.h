/* What is looked at in an image before it becomes the host's database. Internal to the floor. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>

struct error;

/* foreign_schema.c, host_tables.c: may the host work on an image with this schema, and with its own tables in it? False:
 * ERROR_INPUT, ERROR_MEMORY. */
bool foreign_schema_check(sqlite3 *source, struct error *error);
bool host_tables_check(sqlite3 *source, struct error *error);

/* Says that SQLite can't use the image, and returns false. source: NULL where it was not opened. */
bool image_check_fail(sqlite3 *source, int status, struct error *error);

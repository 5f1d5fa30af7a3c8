/* One row on its way between SQLite and PostgreSQL: as a line of COPY, and as values. Pure but for statements, which it only
 * reads and binds. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;
struct statement;
struct transfer_column;
struct transfer_table;
struct value;

/* Adds the statement's row (of transfer_put_select()) as a line. False: ERROR_INPUT names the table, the column and the row
 * that does not fit. */
bool transfer_row_write(const struct transfer_table *table, struct statement *statement, struct buffer *to,
                        struct error *error);

/* Reads the next field of a line in place: *value gets a value of the column's kind; *at is moved behind it. An integer that is
 * no number of 64 bits, and no number: ERROR_INPUT. */
bool transfer_row_read(const struct transfer_column *column, char **at, struct value *value, struct error *error);

/* A column without a type holds numbers and texts in SQLite, and texts in PostgreSQL: what looks like a number was one. */
void transfer_row_restore_number(const struct transfer_column *column, struct value *value);

/* Is the line (of transfer_put_reading(), which is changed) that row? ERROR_INPUT names the first value that is another. */
bool transfer_row_compare(const struct transfer_table *table, struct statement *statement, char *line, struct error *error);

/* Puts "table T, column C, row R: " before the error; the statement is at the row, or NULL: no row is known. Returns false. */
bool transfer_row_blame(const struct transfer_table *table, const struct transfer_column *column, struct statement *statement,
                        struct error *error);

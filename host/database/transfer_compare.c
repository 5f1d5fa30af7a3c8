#include "database/transfer_compare.h"

#include <inttypes.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/database.h"
#include "database/postgres_session.h"
#include "database/transfer.h"
#include "database/transfer_row.h"
#include "database/transfer_table.h"

enum { SQL_CEILING = 4 << 20 };

void transfer_tell(const struct transfer_watch *watch, const char *doing, const struct transfer_table *table, int64_t rows) {
  if (watch && watch->progress) watch->progress(doing, table->name, rows, watch->data);
}

static bool compare_rows(struct statement *statement, struct postgres_session *session, const struct transfer_table *table,
                         const struct transfer_watch *watch, struct error *error) {
  for (int64_t count = 0;; count++) {
    bool row = false;
    char *line;
    size_t size;
    if (!statement_step(statement, &row, error) || !postgres_session_read(session, &line, &size, error))
      return transfer_row_blame(table, NULL, NULL, error);
    if (row != (line != NULL)) {
      return error_set(error, ERROR_INPUT, "table %.100s: %s has more than %" PRId64 " rows, the other side has not",
                       table->name, row ? "SQLite" : "PostgreSQL", count);
    }
    if (!row) return true;
    if (!transfer_row_compare(table, statement, line, error)) return false;
    if (count % TRANSFER_STEP == 0) transfer_tell(watch, "comparing", table, count);
  }
}

bool transfer_compare(struct database *database, struct postgres_session *session, const struct transfer_table *table,
                      const struct transfer_watch *watch, struct error *error) {
  struct buffer here, there;
  struct statement *statement = NULL;
  buffer_init(&here, SQL_CEILING);
  buffer_init(&there, SQL_CEILING);
  bool ok = transfer_put_select(&here, table, error) && transfer_put_reading(&there, table, error) &&
            (statement = database_prepare(database, here.data, NULL, 0, error)) != NULL &&
            postgres_session_begin_reading(session, there.data, error) && compare_rows(statement, session, table, watch, error);
  statement_release(statement);
  buffer_release(&here);
  buffer_release(&there);
  return ok;
}

#include "database/image_check.h"

#include "common/error.h"

bool image_check_fail(sqlite3 *source, int status, struct error *error) {
  enum error_kind kind = status == SQLITE_NOMEM ? ERROR_MEMORY : ERROR_INPUT;
  return error_set(error, kind, "the database image can't be used: %s",
                   source ? sqlite3_errmsg(source) : sqlite3_errstr(status));
}

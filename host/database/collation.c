/* COLLATE UNICODE: the order of texts for people who read them, see common/text_order.h. */
#include <sqlite3.h>

#include "common/text_order.h"
#include "database/connection.h"

static int compare(void *data, int one_size, const void *one, int other_size, const void *other) {
  (void)data;
  return text_order_compare(one, (size_t)one_size, other, (size_t)other_size);
}

bool collation_install(sqlite3 *sqlite) {
  return sqlite3_create_collation_v2(sqlite, "UNICODE", SQLITE_UTF8, NULL, compare, NULL) == SQLITE_OK;
}

/* A group that becomes a supergroup gets a new id, and Telegram says so twice: by a message in the old chat and by one in the
 * new. What the host has noted under the old id moves with the first of the two that a handler finishes; the second changes
 * nothing. */
#include <lauxlib.h>
#include <string.h>

#include "common/error.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

static const char table[] =
    "CREATE TABLE IF NOT EXISTS main.lunokhod_migrations(old_chat INTEGER PRIMARY KEY, new_chat INTEGER NOT NULL) WITHOUT "
    "ROWID";
static const char insert[] = "INSERT OR IGNORE INTO main.lunokhod_migrations VALUES (?, ?)";

static bool note(struct database *database, lua_Integer old_chat, lua_Integer new_chat, bool *is_news, struct error *error) {
  struct value values[] = {{.type = VALUE_INTEGER, .integer = old_chat}, {.type = VALUE_INTEGER, .integer = new_chat}};
  if (!database_execute(database, table, error)) return false;
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, insert, sizeof insert - 1, NULL, error);
  if (!statement) return false;
  bool row;
  bool ok = statement_bind(statement, 1, &values[0], error) && statement_bind(statement, 2, &values[1], error) &&
            statement_step(statement, &row, error);
  *is_news = ok && statement_changes(statement) > 0;
  statement_release(statement);
  return ok;
}

/* core.script.migrate(old, new) -> whether it is news. In the handler's segment: it is forgotten again if the handler fails. */
int api_migrate(lua_State *L) {
  lua_Integer old_chat = luaL_checkinteger(L, 1), new_chat = luaL_checkinteger(L, 2);
  struct error error = {0};
  bool is_news = false;
  run_begin_segment(L);
  if (!note(vm_of(L)->options.database, old_chat, new_chat, &is_news, &error)) return luaL_error(L, "%s", error.text);
  lua_pushboolean(L, is_news);
  return 1;
}

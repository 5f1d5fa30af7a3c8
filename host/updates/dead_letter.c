#include "updates/dead_letter.h"

#include "common/error.h"
#include "database/database.h"

#ifndef DEAD_LETTERS_KEPT
#define DEAD_LETTERS_KEPT 1000 /* the oldest go first: a bug that buries every update must not fill the backup */
#endif

bool dead_letter_make_table(struct database *database, struct error *error) {
  return database_execute(database,
                          "CREATE TABLE IF NOT EXISTS main.lunokhod_dead_letters("
                          "  id INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL, failed_at INTEGER NOT NULL,"
                          "  error TEXT NOT NULL, json TEXT NOT NULL)",
                          error);
}

bool dead_letter_add(struct database *database, const struct dead_letter *letter, struct error *error) {
  struct value values[] = {value_integer(letter->update_id), value_integer(letter->failed_at),
                           value_text(letter->error, letter->error_size), value_text(letter->json, letter->json_size)};
  struct value kept = value_integer(DEAD_LETTERS_KEPT);
  return database_run(database, "INSERT INTO main.lunokhod_dead_letters(update_id, failed_at, error, json) VALUES (?, ?, ?, ?)",
                      values, 4, error) &&
         database_run(database,
                      "DELETE FROM main.lunokhod_dead_letters WHERE id <= (SELECT max(id) FROM main.lunokhod_dead_letters) - ?",
                      &kept, 1, error);
}

static void read_letter(struct statement *statement, struct dead_letter *letter) {
  struct value values[5];
  for (int i = 0; i < 5; i++) statement_column(statement, i, &values[i]);
  *letter = (struct dead_letter){.id = values[0].integer,
                                 .update_id = values[1].integer,
                                 .failed_at = values[2].integer,
                                 .error = values[3].bytes,
                                 .error_size = values[3].size,
                                 .json = values[4].bytes,
                                 .json_size = values[4].size};
}

bool dead_letter_list(struct database *database, int64_t id, void (*each)(const struct dead_letter *letter, void *data),
                      void *data, struct error *error) {
  static const char sql[] =
      "SELECT id, update_id, failed_at, error, json FROM main.lunokhod_dead_letters WHERE ?1 IN (0, id) ORDER BY id";
  struct value value = value_integer(id);
  struct statement *statement = database_prepare(database, sql, &value, 1, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct dead_letter letter;
    read_letter(statement, &letter);
    each(&letter, data);
  }
  statement_release(statement);
  return ok;
}

bool dead_letter_count(struct database *database, int64_t *count, struct error *error) {
  return database_read_integer(database, "SELECT count(*) FROM main.lunokhod_dead_letters", NULL, 0, 0, count, error);
}

bool dead_letter_drop(struct database *database, int64_t id, struct error *error) {
  struct value value = value_integer(id);
  bool ok = database_begin(database, error) &&
            database_run(database, "DELETE FROM main.lunokhod_dead_letters WHERE ?1 IN (0, id)", &value, 1, error) &&
            database_commit(database, error);
  database_rollback(database);
  return ok;
}

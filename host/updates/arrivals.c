#include "updates/arrivals.h"

#include "common/error.h"
#include "database/database.h"

bool arrivals_has(const struct arrivals *arrivals, int64_t id) { return arrivals->first <= id && id < arrivals->next; }

void arrivals_note(struct arrivals *arrivals, uint64_t batch, int64_t id) {
  struct arrived_batch *last = &arrivals->last;
  if (last->number != batch) {
    arrivals->before = *last;
    *last = (struct arrived_batch){batch, id};
  } else if (id < last->lowest) {
    last->lowest = id;
  }
}

/* A gap is what another host has got and perhaps lost. An offset that falls is of ids that have begun anew. */
void arrivals_confirm(struct arrivals *arrivals, uint64_t batch, int64_t offset) {
  struct arrived_batch *arrived = arrivals->last.number == batch ? &arrivals->last : &arrivals->before;
  int64_t lowest = arrived->lowest;
  if (arrived->number != batch || !batch || offset == INT64_MAX || offset <= lowest) return;
  bool goes_on = arrivals->first <= lowest && lowest <= arrivals->next && offset >= arrivals->next;
  if (!goes_on) arrivals->first = lowest;
  arrivals->next = offset;
  arrived->number = 0;
}

void arrivals_add_row(struct arrivals *arrivals, int64_t id) {
  if (id == INT64_MAX) return;
  if (arrivals->first == arrivals->next) arrivals->first = arrivals->next = id;
  if (id == arrivals->next) arrivals->next = id + 1;
}

void arrivals_join(struct arrivals *arrivals, const struct arrivals *other) {
  if (other->first == other->next) return;
  if (arrivals->first == arrivals->next) {
    arrivals->first = other->first;
    arrivals->next = other->next;
  } else if (arrivals->first <= other->next && other->first <= arrivals->next) {
    if (other->first < arrivals->first) arrivals->first = other->first;
    if (other->next > arrivals->next) arrivals->next = other->next;
  }
}

bool arrivals_make_table(struct database *database, struct error *error) {
  return database_execute(
      database, "CREATE TABLE IF NOT EXISTS main.lunokhod_arrivals(first INTEGER NOT NULL, next INTEGER NOT NULL)", error);
}

bool arrivals_save(const struct arrivals *arrivals, struct database *database, struct error *error) {
  struct value values[] = {value_integer(arrivals->first), value_integer(arrivals->next)};
  return database_run(database, "DELETE FROM main.lunokhod_arrivals", NULL, 0, error) &&
         database_run(database, "INSERT INTO main.lunokhod_arrivals VALUES (?, ?)", values, 2, error);
}

bool arrivals_load(struct arrivals *arrivals, struct database *database, struct error *error) {
  static const char sql[] = "SELECT first, next FROM main.lunokhod_arrivals";
  *arrivals = (struct arrivals){0};
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, error);
  bool row = false, ok = statement && statement_step(statement, &row, error);
  if (ok && row) {
    struct value first, next;
    statement_column(statement, 0, &first);
    statement_column(statement, 1, &next);
    arrivals->first = first.integer;
    arrivals->next = next.integer;
  }
  statement_release(statement);
  return ok;
}

bool arrivals_are_finished(const struct arrivals *arrivals, struct database *database, int64_t id, bool *is_finished,
                           struct error *error) {
  static const char sql[] =
      "SELECT 1 FROM main.lunokhod_inbox WHERE update_id = ?1 "
      "UNION ALL SELECT 1 FROM main.lunokhod_parked WHERE update_id = ?1";
  *is_finished = false;
  if (!arrivals_has(arrivals, id)) return true;
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, error);
  struct value value = value_integer(id);
  bool row = false;
  bool ok = statement && statement_bind(statement, 1, &value, error) && statement_step(statement, &row, error);
  *is_finished = ok && !row;
  statement_release(statement);
  return ok;
}

#include "updates/arrivals.h"

#include <string.h>

#include "common/error.h"
#include "database/database.h"

bool arrivals_has(const struct arrivals *arrivals, int64_t id) {
  for (size_t i = 0; i < arrivals->count; i++) {
    if (arrivals->stretches[i].first <= id && id < arrivals->stretches[i].next) return true;
  }
  return false;
}

static struct arrived_stretch *newest(struct arrivals *arrivals) {
  return arrivals->count ? &arrivals->stretches[arrivals->count - 1] : NULL;
}

static void insert(struct arrivals *arrivals, struct arrived_stretch stretch) {
  struct arrived_stretch *list = arrivals->stretches;
  if (arrivals->count == ARRIVALS_MOST) {
    if (stretch.first < list[0].first) return;
    memmove(list, list + 1, --arrivals->count * sizeof *list);
  }
  size_t place = arrivals->count++;
  for (; place && list[place - 1].first > stretch.first; place--) list[place] = list[place - 1];
  list[place] = stretch;
}

/* With those that it touches it becomes one. */
static void add(struct arrivals *arrivals, struct arrived_stretch stretch) {
  size_t kept = 0;
  for (size_t i = 0; i < arrivals->count; i++) {
    struct arrived_stretch other = arrivals->stretches[i];
    if (other.next < stretch.first || stretch.next < other.first) {
      arrivals->stretches[kept++] = other;
    } else {
      if (other.first < stretch.first) stretch.first = other.first;
      if (other.next > stretch.next) stretch.next = other.next;
    }
  }
  arrivals->count = kept;
  insert(arrivals, stretch);
}

void arrivals_note(struct arrivals *arrivals, uint64_t batch, int64_t id) {
  struct arrived_batch *last = &arrivals->last;
  if (last->number != batch) {
    arrivals->before = *last;
    *last = (struct arrived_batch){batch, id};
  } else if (id < last->lowest) {
    last->lowest = id;
  }
}

/* An offset that falls is of ids that have begun anew. */
void arrivals_confirm(struct arrivals *arrivals, uint64_t batch, int64_t offset) {
  struct arrived_batch *arrived = arrivals->last.number == batch ? &arrivals->last : &arrivals->before;
  int64_t lowest = arrived->lowest;
  if (arrived->number != batch || !batch || offset == INT64_MAX || offset <= lowest) return;
  const struct arrived_stretch *last = newest(arrivals);
  if (last && (lowest < last->first || offset < last->next)) arrivals->count = 0;
  add(arrivals, (struct arrived_stretch){lowest, offset});
  arrived->number = 0;
}

void arrivals_add_row(struct arrivals *arrivals, int64_t id) {
  struct arrived_stretch *last = newest(arrivals);
  if (id == INT64_MAX) return;
  if (!last)
    insert(arrivals, (struct arrived_stretch){id, id + 1});
  else if (id == last->next)
    last->next = id + 1;
}

void arrivals_join(struct arrivals *arrivals, const struct arrivals *other) {
  for (size_t i = 0; i < other->count; i++) add(arrivals, other->stretches[i]);
}

bool arrivals_make_table(struct database *database, struct error *error) {
  return database_execute(
      database, "CREATE TABLE IF NOT EXISTS main.lunokhod_arrivals(first INTEGER NOT NULL, next INTEGER NOT NULL)", error);
}

bool arrivals_save(const struct arrivals *arrivals, struct database *database, struct error *error) {
  bool ok = database_run(database, "DELETE FROM main.lunokhod_arrivals", NULL, 0, error);
  for (size_t i = 0; ok && i < arrivals->count; i++) {
    struct value values[] = {value_integer(arrivals->stretches[i].first), value_integer(arrivals->stretches[i].next)};
    ok = database_run(database, "INSERT INTO main.lunokhod_arrivals VALUES (?, ?)", values, 2, error);
  }
  return ok;
}

bool arrivals_load(struct arrivals *arrivals, struct database *database, struct error *error) {
  static const char sql[] = "SELECT first, next FROM main.lunokhod_arrivals WHERE first < next";
  *arrivals = (struct arrivals){0};
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, error);
  bool row = statement != NULL, ok = row;
  while (ok && row) {
    ok = statement_step(statement, &row, error);
    if (!ok || !row) break;
    struct value first, next;
    statement_column(statement, 0, &first);
    statement_column(statement, 1, &next);
    add(arrivals, (struct arrived_stretch){first.integer, next.integer});
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

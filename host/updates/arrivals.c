#include "updates/arrivals.h"

#include <string.h>

#include "common/error.h"
#include "database/database.h"

bool arrivals_has(const struct arrivals *arrivals, int64_t id) {
  const struct arrived_stretches *known = &arrivals->known;
  for (size_t i = 0; i < known->count; i++) {
    if (known->list[i].first <= id && id < known->list[i].next) return true;
  }
  return false;
}

static void insert(struct arrived_stretches *stretches, struct arrived_stretch stretch) {
  struct arrived_stretch *list = stretches->list;
  if (stretches->count == ARRIVALS_MOST) {
    if (stretch.first < list[0].first) return;
    memmove(list, list + 1, --stretches->count * sizeof *list);
  }
  size_t place = stretches->count++;
  for (; place && list[place - 1].first > stretch.first; place--) list[place] = list[place - 1];
  list[place] = stretch;
}

/* With those that it touches it becomes one. */
static void add(struct arrived_stretches *stretches, struct arrived_stretch stretch) {
  size_t kept = 0;
  for (size_t i = 0; i < stretches->count; i++) {
    struct arrived_stretch other = stretches->list[i];
    if (other.next < stretch.first || stretch.next < other.first) {
      stretches->list[kept++] = other;
    } else {
      if (other.first < stretch.first) stretch.first = other.first;
      if (other.next > stretch.next) stretch.next = other.next;
    }
  }
  stretches->count = kept;
  insert(stretches, stretch);
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
static void confirm_batch(struct arrivals *arrivals, uint64_t batch, int64_t offset) {
  struct arrived_batch *arrived = arrivals->last.number == batch ? &arrivals->last : &arrivals->before;
  struct arrived_stretches *known = &arrivals->known;
  int64_t lowest = arrived->lowest;
  if (arrived->number != batch || !batch || offset == INT64_MAX || offset <= lowest) return;
  const struct arrived_stretch *newest = known->count ? &known->list[known->count - 1] : NULL;
  if (newest && (lowest < newest->first || offset < newest->next)) known->count = 0;
  add(known, (struct arrived_stretch){lowest, offset});
  arrived->number = 0;
}

/* Not earlier: Telegram may send some of it again, from the lowest on, and that would look as if ids had begun anew. */
static void confirm_begun_with(struct arrivals *arrivals, int64_t offset) {
  struct arrived_stretches begun_with = arrivals->begun_with;
  arrivals->begun_with.count = 0;
  for (size_t i = 0; i < begun_with.count; i++) {
    struct arrived_stretch below = begun_with.list[i], above = below;
    if (below.next > offset) below.next = offset;
    if (above.first < offset) above.first = offset;
    if (below.first < below.next) add(&arrivals->known, below);
    if (above.first < above.next) add(&arrivals->begun_with, above);
  }
}

void arrivals_confirm(struct arrivals *arrivals, uint64_t batch, int64_t offset) {
  confirm_batch(arrivals, batch, offset);
  confirm_begun_with(arrivals, offset);
}

void arrivals_begin_with(struct arrivals *arrivals, int64_t id) {
  if (id < INT64_MAX) add(&arrivals->begun_with, (struct arrived_stretch){id, id + 1});
}

void arrivals_join(struct arrivals *arrivals, const struct arrivals *other) {
  for (size_t i = 0; i < other->known.count; i++) add(&arrivals->known, other->known.list[i]);
}

bool arrivals_make_table(struct database *database, struct error *error) {
  return database_execute(
      database, "CREATE TABLE IF NOT EXISTS main.lunokhod_arrivals(first INTEGER NOT NULL, next INTEGER NOT NULL)", error);
}

bool arrivals_save(const struct arrivals *arrivals, struct database *database, struct error *error) {
  bool ok = database_run(database, "DELETE FROM main.lunokhod_arrivals", NULL, 0, error);
  for (size_t i = 0; ok && i < arrivals->known.count; i++) {
    struct arrived_stretch stretch = arrivals->known.list[i];
    struct value values[] = {value_integer(stretch.first), value_integer(stretch.next)};
    ok = database_run(database, "INSERT INTO main.lunokhod_arrivals(first, next) VALUES (?, ?)", values, 2, error);
  }
  return ok;
}

/* The query's rows are stretches; those that are known already are passed. */
static bool load(struct arrivals *arrivals, struct arrived_stretches *stretches, struct database *database, const char *sql,
                 struct error *error) {
  struct statement *statement = database_prepare(database, sql, NULL, 0, error);
  bool row = statement != NULL, ok = row;
  while (ok && row) {
    ok = statement_step(statement, &row, error);
    if (!ok || !row) break;
    struct value first, next;
    statement_column(statement, 0, &first);
    statement_column(statement, 1, &next);
    if (!arrivals_has(arrivals, first.integer)) add(stretches, (struct arrived_stretch){first.integer, next.integer});
  }
  statement_release(statement);
  return ok;
}

/* In the order of ids: what is parked lies between the inbox's, and each alone would be many stretches. */
bool arrivals_load(struct arrivals *arrivals, struct database *database, struct error *error) {
  static const char known[] = "SELECT first, next FROM main.lunokhod_arrivals WHERE first < next";
  static const char rows[] =
      "SELECT update_id, update_id + 1 FROM main.lunokhod_inbox WHERE update_id < 9223372036854775807 "
      "UNION ALL SELECT update_id, update_id + 1 FROM main.lunokhod_parked WHERE update_id < 9223372036854775807 ORDER BY 1";
  *arrivals = (struct arrivals){0};
  return load(arrivals, &arrivals->known, database, known, error) &&
         load(arrivals, &arrivals->begun_with, database, rows, error);
}

bool arrivals_are_finished(const struct arrivals *arrivals, struct database *database, int64_t id, bool *is_finished,
                           struct error *error) {
  static const char sql[] =
      "SELECT 1 FROM main.lunokhod_inbox WHERE update_id = ?1 "
      "UNION ALL SELECT 1 FROM main.lunokhod_parked WHERE update_id = ?1";
  *is_finished = false;
  if (!arrivals_has(arrivals, id)) return true;
  struct value value = value_integer(id);
  int64_t has_row;
  bool ok = database_read_integer(database, sql, &value, 1, 0, &has_row, error);
  *is_finished = ok && !has_row;
  return ok;
}

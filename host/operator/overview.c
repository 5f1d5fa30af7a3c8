#include "operator/overview.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backup/backup.h"
#include "common/buffer.h"
#include "common/character.h"
#include "common/clock.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "script/script.h"
#include "updates/updates.h"

enum {
  TEXT_CEILING = 3500, /* bytes; Telegram takes 4,096 characters */
  LETTERS_SHOWN = 8,
  ERROR_SHOWN = 200, /* bytes of a failure's first line */
  TIME_SIZE = CLOCK_DATE_SIZE + 4,
};

void overview_free(struct overview *overview) {
  free(overview->text);
  free(overview->keyboard);
}

/* ---- texts and keyboards ---- */

static const char *show_time(int64_t time_ms, char text[static TIME_SIZE]) {
  char date[CLOCK_DATE_SIZE];
  bool ok = clock_write_date(time_ms, date);
  (void)snprintf(text, TIME_SIZE, "%s%s", ok ? date : "a time that no calendar has", ok ? " UTC" : "");
  return text;
}

/* What did not fit is left out, as it is only told. */
#define ADD(buffer, ...) ((void)buffer_format(buffer, NULL, __VA_ARGS__))

static struct overview finish(struct buffer *text, json_t *rows) {
  struct overview overview = {0};
  json_t *markup = rows && json_array_size(rows) ? json_pack("{s:O}", "inline_keyboard", rows) : NULL;
  overview.keyboard = markup ? json_dumps(markup, JSON_COMPACT) : NULL;
  if (text->data) {
    overview.text = memory_new(text->size + 1);
    memcpy(overview.text, text->data, text->size);
  }
  json_decref(markup);
  json_decref(rows);
  buffer_release(text);
  return overview;
}

static json_t *button(const char *label, const char *word, int64_t number, const char *key) {
  char data[64]; /* as many bytes as Telegram takes */
  (void)snprintf(data, sizeof data, "%s%" PRId64 ":%s", word, number, key);
  return json_pack("{s:s, s:s}", "text", label, "callback_data", data);
}

/* ---- /status ---- */

static void add_backup(struct buffer *text, const struct backup *backup) {
  struct backup_status status;
  char time[TIME_SIZE];
  backup_status(backup, &status);
  if (status.is_elsewhere) {
    ADD(text, "The data is in PostgreSQL.\n");
  } else if (status.saved_at) {
    ADD(text, "Last backup: %s, %.1f kB in message %" PRId64 ".\n", show_time(status.saved_at, time),
        (double)status.archive_size / 1000, status.message_id);
  } else {
    ADD(text, "There is no backup of this run yet.\n");
  }
  if (status.unsaved) ADD(text, "Changes that it does not have: %" PRIu64 ".\n", status.unsaved);
  if (status.failures) ADD(text, "It failed %u times in a row: %.200s\n", status.failures, status.last_error);
}

struct overview overview_status(const struct admin_options *options, int64_t started_at) {
  struct buffer text;
  struct updates_status updates;
  char time[TIME_SIZE];
  int64_t dead = 0;
  buffer_init(&text, TEXT_CEILING);
  updates_status(options->updates, &updates);
  ADD(&text, "lunokhod " LUNOKHOD_VERSION ", since %s.\n", show_time(started_at, time));
  ADD(&text, "Updates: %" PRIu64 " received, %" PRIu64 " finished, %" PRIu64 " failed, %zu unfinished.\n", updates.received,
      updates.finished, updates.failed, updates.unfinished);
  if (updates.hosts > 1)
    ADD(&text, "Hosts: %zu, %s polls and does the jobs.\n", updates.hosts, updates.leads ? "this one" : "another one");
  if (dead_letter_count(options->database, &dead, NULL) && dead) ADD(&text, "Dead letters: %" PRId64 ", see /errors.\n", dead);
  add_backup(&text, options->backup);
  ADD(&text, "Scripts: %zu files, %zu kB, %zu handlers running.\n", script_file_count(options->script),
      script_memory(options->script) / 1000, script_run_count(options->script));
  ADD(&text, "Process: %zu MB.", (size_t)memory_resident_kb() / 1000);
  return finish(&text, NULL);
}

/* ---- /errors ---- */

struct letter {
  int64_t id, failed_at;
  char error[ERROR_SHOWN + 1];
};

struct letters {
  struct letter newest[LETTERS_SHOWN]; /* a ring */
  size_t count;
};

static void take_letter(const struct dead_letter *dead, void *data) {
  struct letters *letters = data;
  struct letter *letter = &letters->newest[letters->count++ % LETTERS_SHOWN];
  const char *end = memchr(dead->error, '\n', dead->error_size);
  size_t size = end ? (size_t)(end - dead->error) : dead->error_size;
  if (size > ERROR_SHOWN) size = ERROR_SHOWN;
  size = character_valid_size(dead->error, size);
  *letter = (struct letter){.id = dead->id, .failed_at = dead->failed_at};
  memcpy(letter->error, dead->error, size);
}

static void add_letter(struct buffer *text, json_t *rows, const struct letter *letter, const char *key) {
  char time[TIME_SIZE], again[60], drop[60];
  ADD(text, "\n%" PRId64 ", %s: %s", letter->id, show_time(letter->failed_at, time), letter->error);
  (void)snprintf(again, sizeof again, "Again %" PRId64, letter->id);
  (void)snprintf(drop, sizeof drop, "Drop %" PRId64, letter->id);
  (void)json_array_append_new(
      rows, json_pack("[o, o]", button(again, OVERVIEW_AGAIN, letter->id, key), button(drop, OVERVIEW_DROP, letter->id, key)));
}

struct overview overview_letters(const struct admin_options *options, const char *key) {
  struct buffer text;
  struct letters letters = {0};
  struct error error = {0};
  json_t *rows = json_array();
  buffer_init(&text, TEXT_CEILING);
  if (!dead_letter_list(options->database, 0, take_letter, &letters, &error)) {
    ADD(&text, "The dead letters can't be read: %s", error.text);
  } else if (!letters.count) {
    ADD(&text, "There are no dead letters: no update has failed for good.");
  } else {
    size_t shown = letters.count < LETTERS_SHOWN ? letters.count : LETTERS_SHOWN;
    ADD(&text, "Dead letters: %zu, the newest first. Again hands one out once more, Drop forgets it.\n", letters.count);
    for (size_t i = 0; i < shown; i++) add_letter(&text, rows, &letters.newest[(letters.count - 1 - i) % LETTERS_SHOWN], key);
    if (letters.count > shown) ADD(&text, "\n\n`lunokhod dead` lists the others, too.");
    if (letters.count > 1)
      (void)json_array_append_new(
          rows, json_pack("[o, o]", button("Again all", OVERVIEW_AGAIN, 0, key), button("Drop all", OVERVIEW_DROP, 0, key)));
  }
  return finish(&text, rows);
}

/* ---- /history ---- */

static const char *head_of_history(const struct backup *backup, size_t count) {
  struct backup_status status;
  backup_status(backup, &status);
  if (status.is_elsewhere) return "There are no backups here: the data is in PostgreSQL.";
  return count ? "Backups of earlier days, the newest first. A button asks once more before it goes back."
               : "There are no backups of earlier days yet. To go back to another one, reply to its document with /restore.";
}

struct overview overview_history(const struct admin_options *options, const char *key) {
  struct buffer text;
  struct backup_copy copies[BACKUP_COPIES_MAX];
  char time[TIME_SIZE], label[TIME_SIZE + 20];
  json_t *rows = json_array();
  size_t count = backup_copies(options->backup, copies);
  buffer_init(&text, TEXT_CEILING);
  ADD(&text, "%s", head_of_history(options->backup, count));
  for (size_t i = count; i-- > 0;) {
    (void)snprintf(label, sizeof label, "Back to %s", show_time(copies[i].saved_at, time));
    (void)json_array_append_new(rows, json_pack("[o]", button(label, OVERVIEW_BACK, copies[i].message_id, key)));
  }
  return finish(&text, rows);
}

#define _GNU_SOURCE /* strptime */
/* lunokhod backup list | verify | pull FILE | push FILE (now is a request to a running host, of command/control.c): the backups
 * of the admin's chat, for the operator. A host without scripts does the work; each verb is a sequence of its operations, and
 * waits for each of them by turning the loop.
 *
 * No updates are asked for, so this may run beside a running host. list, verify and pull change nothing at Telegram. push
 * raises the crown before it writes: from then on a running host can't save over what was pushed, and begins anew with it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "assembly/assembly.h"
#include "backup/backup.h"
#include "command/command.h"
#include "command/data_file.h"
#include "command/options.h"
#include "command/process.h"
#include "command/token.h"
#include "command/transfer_progress.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/whole_file.h"
#include "database/database.h"

enum {
  PROGRESS_LEAST = 1 << 20, /* bytes: less is transferred before anybody could read a number */
  PROGRESS_STEP = 1 << 18,
  VERIFY_ROUNDS = 3, /* a running host may replace the message, or a part of the base, between the look and the fetch */
};

struct work {
  const char *ca_file, *server_files; /* as of host_options */
  const char *api_root, *token_file, *key_file, *at, *from, *config_file;
  const char *url; /* where the data is in PostgreSQL; NULL: it is not */
  int64_t admin_id, config_id, max_age_s;
  int64_t from_message_id; /* of --from; 0: none */
  bool is_forced;
  const char *file;
  char *token;
  struct keyring *keys; /* NULL: none were given */
  struct loop *loop;
  struct clock *clock;
  struct host *host;
  struct database *database; /* of the host: what is pulled, or shall be pushed */
  struct backup *backup;     /* of the host */
  bool is_done;              /* what was waited for */
  bool has_ended;            /* the host */
  size_t progress;           /* in steps, as it was shown last; 0: not yet */
  struct backup_seen seen;
  struct backup_restored restored;
  struct error error; /* of what was waited for */
};

/* ---- waiting ---- */

/* Overwrites its own line, and wait_until_done() wipes it, so that only the result stays on the terminal. */
static void on_progress(size_t done, size_t all, void *data) {
  struct work *work = data;
  size_t progress = done / PROGRESS_STEP + 1;
  bool is_long = done >= PROGRESS_LEAST || all >= PROGRESS_LEAST;
  if (!isatty(STDERR_FILENO) || !is_long || progress == work->progress) return;
  work->progress = progress;
  if (all) {
    (void)fprintf(stderr, "\r\033[K%.1f of %.1f MB, %zu %%", (double)done / 1e6, (double)all / 1e6, done * 100 / all);
  } else {
    (void)fprintf(stderr, "\r\033[K%.1f MB", (double)done / 1e6);
  }
}

/* True: it went well. */
static bool wait_until_done(struct work *work, struct error *error) {
  while (!work->is_done) loop_turn(work->loop, true);
  if (work->progress) (void)fputs("\r\033[K", stderr);
  work->is_done = false;
  work->progress = 0;
  *error = work->error;
  return !work->error.kind;
}

static void on_seen(const struct backup_seen *seen, void *data) {
  struct work *work = data;
  work->seen = *seen;
  work->error = seen->error;
  work->is_done = true;
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct work *work = data;
  work->restored = *restored;
  work->error = restored->error;
  work->is_done = true;
}

static void on_saved(const struct error *error, void *data) {
  struct work *work = data;
  work->error = *error;
  work->is_done = true;
}

static bool survey(struct work *work, struct error *error) {
  backup_survey(work->backup, on_seen, work);
  return wait_until_done(work, error);
}

/* ---- times, which are UTC ---- */

/* In a form that --at reads, so that a time of the list can be copied. */
static const char *time_text(int64_t at_ms, char text[static CLOCK_DATE_SIZE]) {
  return at_ms && clock_write_date(at_ms, text) ? text : "at a time not known";
}

/* strptime() accepts the 31st of June, and timegm() makes the 1st of July of it: then the day has changed. */
static bool has_read(const char *text, const char *format, int64_t *at_ms) {
  struct tm parts = {0};
  const char *rest = strptime(text, format, &parts);
  int day = parts.tm_mday;
  *at_ms = (int64_t)timegm(&parts) * 1000;
  return rest && !*rest && parts.tm_mday == day;
}

/* A day or a minute stands for its last millisecond: backups are saved at milliseconds, and listed with seconds. */
static bool read_time(const char *text, int64_t *at_ms, struct error *error) {
  static const struct {
    const char *format;
    int64_t span_ms;
  } rows[] = {{"%Y-%m-%d %H:%M:%S", 1000}, {"%Y-%m-%dT%H:%M:%S", 1000}, {"%Y-%m-%dT%H:%M:%SZ", 1000}, {"%Y-%m-%d %H:%M", 60000},
              {"%Y-%m-%dT%H:%M", 60000},   {"%Y-%m-%dT%H:%MZ", 60000},  {"%Y-%m-%d", 86400000}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!has_read(text, rows[i].format, at_ms)) continue;
    *at_ms += rows[i].span_ms - 1;
    return true;
  }
  return error_set(error, ERROR_MISUSE, "--at is a time such as 2026-11-23 or \"2026-11-23 14:30\" (UTC), not '%s'", text);
}

/* ---- list ---- */

/* Oldest first: the last line is the backup that a start would restore. */
static bool list(struct work *work, struct error *error) {
  char text[CLOCK_DATE_SIZE];
  const struct backup_seen *seen = &work->seen;
  if (!survey(work, error)) return false;
  if (!seen->is_there) {
    (void)puts("There is no backup in the admin's chat.");
    return true;
  }
  (void)printf("%10s  %-20s\n", "message", "saved (UTC)");
  for (size_t i = 0; i < seen->copy_count; i++) {
    (void)printf("%10" PRId64 "  %-20s  copy of that day\n", seen->copies[i].message_id,
                 time_text(seen->copies[i].saved_at, text));
  }
  if (*seen->key_id && !seen->image_size) {
    (void)printf("%10" PRId64
                 "  %-20s  the last: a document of %.1f kB, encrypted with key %s, which is not here; epoch %" PRId64
                 ", sequence %" PRId64 "\n",
                 seen->last.message_id, time_text(seen->last.saved_at, text), (double)seen->document_size / 1e3, seen->key_id,
                 seen->epoch, seen->sequence);
  } else if (!seen->epoch) {
    (void)printf("%10" PRId64 "  %-20s  an old bot's document, %zu bytes\n", seen->last.message_id, "", seen->document_size);
  } else {
    (void)printf("%10" PRId64 "  %-20s  the last: %.1f kB of data in a document of %.1f kB%s%s; epoch %" PRId64
                 ", sequence %" PRId64 "\n",
                 seen->last.message_id, time_text(seen->last.saved_at, text), (double)seen->image_size / 1e3,
                 (double)seen->document_size / 1e3, *seen->key_id ? ", encrypted with key " : "", seen->key_id, seen->epoch,
                 seen->sequence);
  }
  return true;
}

/* ---- verify ---- */

/* One round: what a start would read is found, fetched, unpacked and loaded into the database of this process. */
static bool load_last(struct work *work, struct error *error) {
  if (!survey(work, error)) {
    if (error->kind == ERROR_INPUT && !work->seen.last.message_id) error->kind = ERROR_REFUSED; /* no message was found */
    return false;
  }
  if (!work->seen.is_there) return error_set(error, ERROR_REFUSED, "there is no backup in the admin's chat");
  backup_restore_message(work->backup, work->seen.last.message_id, on_restored, work);
  return wait_until_done(work, error);
}

static bool verify(struct work *work, struct error *error) {
  char text[CLOCK_DATE_SIZE];
  const struct backup_restored *restored = &work->restored;
  bool ok = false;
  for (int i = 0; i < VERIFY_ROUNDS && !ok && (i == 0 || error->kind == ERROR_INPUT); i++) ok = load_last(work, error);
  if (!ok) return false;
  int64_t age_s = restored->saved_at ? (clock_now(work->clock) - restored->saved_at) / 1000 : 0;
  (void)printf("The last backup can be loaded: saved %s (UTC), %" PRId64 " s old, %zu bytes of data, message %" PRId64 ".\n",
               time_text(restored->saved_at, text), age_s, restored->size, restored->message_id);
  if (!work->max_age_s || age_s <= work->max_age_s) return true;
  return error_set(error, ERROR_REFUSED, "the last backup is %" PRId64 " s old, more than %" PRId64, age_s, work->max_age_s);
}

/* ---- pull ---- */

/* The newest that is not later. A copy whose time is not known is never chosen: it may be of any day. */
static bool choose(const struct work *work, int64_t at_ms, int64_t *message_id, struct error *error) {
  const struct backup_seen *seen = &work->seen;
  *message_id = seen->last.saved_at <= at_ms ? seen->last.message_id : 0;
  for (size_t i = seen->copy_count; !*message_id && i-- > 0;) {
    if (seen->copies[i].saved_at && seen->copies[i].saved_at <= at_ms) *message_id = seen->copies[i].message_id;
  }
  return *message_id || error_set(error, ERROR_REFUSED,
                                  "no backup is as old as %s; lunokhod backup list shows those that there are", work->at);
}

/* Notes in the file which backup it was pulled from, so that a push can tell whether a newer one has been made since. */
static bool note_origin(struct work *work, struct error *error) {
  char sql[300];
  (void)snprintf(
      sql, sizeof sql,
      "DROP TABLE IF EXISTS lunokhod_pulled; CREATE TABLE lunokhod_pulled(epoch INTEGER, sequence INTEGER, saved_at INTEGER);"
      "INSERT INTO lunokhod_pulled VALUES (%" PRId64 ", %" PRId64 ", %" PRId64 ")",
      work->restored.epoch, work->restored.sequence, work->restored.saved_at);
  return database_execute(work->database, sql, error);
}

static bool write_file(const struct work *work, const unsigned char *bytes, size_t size, struct error *error) {
  if (strcmp(work->file, "-") != 0) return whole_file_write(work->file, bytes, size, error);
  return whole_file_write_all(STDOUT_FILENO, bytes, size) ||
         error_set(error, ERROR_SYSTEM, "can't write to stdout: %s", strerror(errno));
}

static bool may_write(const struct work *work, struct error *error) {
  if (access(work->file, F_OK) != 0 || work->is_forced) return true;
  return error_set(error, ERROR_MISUSE, "%s is there already; --force writes over it", work->file);
}

/* Whether the file exists is checked before anything is fetched, so that a mistake costs no waiting. The image goes through the
 * host's database, so that only what SQLite has checked is written. */
static bool pull(struct work *work, struct error *error) {
  int64_t message_id, at_ms = INT64_MAX;
  unsigned char *image = NULL;
  size_t size;
  char text[CLOCK_DATE_SIZE];
  if (!may_write(work, error)) return false;
  if (work->at && !read_time(work->at, &at_ms, error)) return false;
  if (work->from_message_id) {
    message_id = work->from_message_id;
  } else {
    if (!survey(work, error)) return false;
    if (!work->seen.is_there) return error_set(error, ERROR_REFUSED, "there is no backup in the admin's chat");
    if (!choose(work, at_ms, &message_id, error)) return false;
  }
  backup_restore_message(work->backup, message_id, on_restored, work);
  bool ok = wait_until_done(work, error) && note_origin(work, error) &&
            database_serialize(work->database, &image, &size, error) && write_file(work, image, size, error);
  if (ok)
    (void)fprintf(stderr, "pulled: saved %s, %zu bytes, from message %" PRId64 "\n", time_text(work->restored.saved_at, text),
                  size, message_id);
  free(image);
  return ok;
}

/* ---- push ---- */

static bool import(struct work *work, int64_t *modified_at, struct error *error) {
  struct buffer bytes;
  buffer_init(&bytes, DATA_FILE_CEILING);
  bool ok = data_file_read(work->file, &bytes, modified_at, error);
  if (ok && !backup_import(work->backup, bytes.data ? bytes.data : "", bytes.size, modified_at, error)) {
    ok = error_set(error, ERROR_SYSTEM, "%s: %s", work->file,
                   error->text); /* not ERROR_INPUT: exit code 3 means an unreadable backup, not an unreadable file */
  }
  buffer_release(&bytes);
  return ok;
}

/* 0, 0: the file was not pulled from a backup. */
static void read_origin(struct work *work, int64_t *epoch, int64_t *sequence) {
  static const char sql[] = "SELECT epoch, sequence FROM lunokhod_pulled";
  struct statement *statement = database_prepare(work->database, sql, NULL, 0, NULL);
  struct value values[2] = {0};
  bool row = false;
  if (statement && statement_step(statement, &row, NULL) && row) {
    statement_column(statement, 0, &values[0]);
    statement_column(statement, 1, &values[1]);
  }
  *epoch = values[0].integer;
  *sequence = values[1].integer;
  statement_release(statement);
}

/* Compared with the backup that the file was pulled from; for any other file, with its time of modification. */
static bool is_newer_there(struct work *work, int64_t modified_at) {
  const struct backup_seen *seen = &work->seen;
  int64_t epoch, sequence;
  read_origin(work, &epoch, &sequence);
  if (epoch) return seen->epoch > epoch || (seen->epoch == epoch && seen->sequence > sequence);
  return seen->last.saved_at > modified_at;
}

/* --force pushes over any backup, even one that can't be read; but not where Telegram can't be asked which backup there is. */
static bool may_push(struct work *work, int64_t modified_at, struct error *error) {
  char text[CLOCK_DATE_SIZE];
  bool is_known = survey(work, error);
  if (work->is_forced && (is_known || error->kind == ERROR_INPUT)) {
    *error = (struct error){0};
    return true;
  }
  if (!is_known)
    return error_prefix(error, "can't read the backup in the admin's chat (--force pushes over one that is damaged)");
  if (*work->seen.key_id && !work->keys)
    return error_set(error, ERROR_REFUSED,
                     "the backup in the admin's chat is encrypted, and this one would not be: give --key FILE, or --force");
  if (!work->seen.is_there || !is_newer_there(work, modified_at)) return true;
  return error_set(error, ERROR_REFUSED, "the backup in the admin's chat (saved %s) is newer than %s; --force pushes over it",
                   time_text(work->seen.last.saved_at, text), work->file);
}

/* The file is read before Telegram is asked anything, so that a file that is no database is told at once. The note of where it
 * was pulled from is taken out again, because it is not the bot's data. */
static bool push(struct work *work, struct error *error) {
  struct backup_status status;
  int64_t modified_at;
  if (!import(work, &modified_at, error) || !may_push(work, modified_at, error)) return false;
  if (!database_execute(work->database, "DROP TABLE IF EXISTS lunokhod_pulled", error)) return false;
  backup_push(work->backup, on_saved, work); /* raises the crown: a running host saves, goes, and begins anew with this */
  if (!wait_until_done(work, error)) return false;
  backup_status(work->backup, &status);
  (void)fprintf(stderr, "pushed: message %" PRId64 "; a host that is running takes it within some seconds\n",
                status.message_id);
  return true;
}

/* ---- verbs ---- */

static const struct verb {
  const char *name;
  bool (*run)(struct work *work, struct error *error);
  int file_count;
} verbs[] = {{"list", list, 0}, {"verify", verify, 0}, {"pull", pull, 1}, {"push", push, 1}};

static void on_ended(enum host_outcome outcome, const struct error *error, void *data) {
  (void)outcome;
  (void)error;
  ((struct work *)data)->has_ended = true;
}

static bool open_all(struct work *work, struct error *error) {
  process_prepare();
  work->loop = loop_open(error);
  if (!work->loop) return false;
  work->clock = clock_open(work->loop);
  struct host_options options = {.loop = work->loop,
                                 .clock = work->clock,
                                 .api_root = work->api_root,
                                 .ca_file = work->ca_file,
                                 .server_files = work->server_files,
                                 .token = work->token,
                                 .admin_id = work->admin_id,
                                 .config_id = work->config_id,
                                 .keys = work->keys,
                                 .ended = on_ended,
                                 .progress = on_progress,
                                 .data = work};
  work->host = host_open(&options, error);
  if (!work->host) return false;
  work->backup = host_backup(work->host);
  work->database = host_database(work->host);
  return true;
}

/* The host's stop waits for its last calls: what a verb had to forward is deleted again. */
static void close_all(struct work *work) {
  if (work->host) {
    host_stop(work->host);
    while (!work->has_ended) loop_turn(work->loop, true);
  }
  host_close(work->host);
  clock_close(work->clock);
  if (work->loop) (void)loop_close(work->loop);
  keyring_close(work->keys);
  log_hide(NULL);
  token_free(work->token);
}

/* CHAT:MESSAGE. The chat takes the place of the admin's, because a bot can read a message only by forwarding it. */
static bool read_from(struct work *work, const char *verb, struct error *error) {
  char *end;
  errno = 0;
  work->admin_id = strtoll(work->from, &end, 10);
  bool ok = !errno && end != work->from && *end == ':' && work->admin_id;
  const char *message = ok ? end + 1 : "";
  work->from_message_id = strtoll(message, &end, 10);
  ok = ok && !errno && end != message && !*end && work->from_message_id > 0;
  if (!ok) return error_set(error, ERROR_MISUSE, "--from is CHAT:MESSAGE, such as -1001234567890:12, not '%s'", work->from);
  if (strcmp(verb, "pull") == 0 && !work->at) return true;
  return error_set(error, ERROR_MISUSE, "--from is for pull, and without --at");
}

/* ERROR_INPUT is here only ever said of what the chat holds. */
static int exit_code_of(const struct error *error) {
  if (!error->kind) return EXIT_FINE;
  if (error->kind == ERROR_MISUSE) return EXIT_USAGE;
  return error->kind == ERROR_INPUT ? EXIT_UNREADABLE : EXIT_FAILED;
}

static const struct verb *find_verb(int count, char **arguments, struct error *error) {
  for (size_t i = 0; count && i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(arguments[1], verbs[i].name) == 0 && count == 1 + verbs[i].file_count) return &verbs[i];
  }
  error_set(error, ERROR_MISUSE, "what shall it do? lunokhod backup now | list | verify | pull FILE | push FILE | key");
  return NULL;
}

static int make_key(void) {
  char line[KEYRING_LINE_SIZE];
  struct error error;
  if (!keyring_make_line(line, &error)) {
    (void)fprintf(stderr, "lunokhod backup: %s\n", error.text);
    return EXIT_FAILED;
  }
  (void)puts(line);
  explicit_bzero(line, sizeof line);
  return EXIT_FINE;
}

/* ---- data in PostgreSQL ---- */

/* The tables as they are at one moment, while a host may run there. */
static bool pull_database(struct work *work, struct error *error) {
  struct transfer_progress progress;
  struct transfer_watch watch = transfer_progress_begin(&progress);
  struct transfer_result result;
  unsigned char *image = NULL;
  size_t size = 0;
  struct database *database = database_open(error);
  bool ok = database && may_write(work, error) && transfer_from_postgres(work->url, false, database, &watch, &result, error);
  transfer_progress_end(&progress);
  ok = ok && database_serialize(database, &image, &size, error) && write_file(work, image, size, error);
  if (ok)
    (void)fprintf(stderr, "pulled: %d tables, %" PRId64 " rows, each compared, %zu bytes\n", result.tables, result.rows, size);
  free(image);
  database_close(database);
  return ok;
}

static bool serve_database(struct work *work, int count, char **arguments, struct error *error) {
  bool is_pull = count == 2 && strcmp(arguments[1], "pull") == 0 && !work->at && !work->from;
  if (!is_pull) {
    return error_set(error, ERROR_MISUSE,
                     "the data is in PostgreSQL (LUNOKHOD_DATABASE): pg_dump saves it, psql asks it, "
                     "lunokhod backup pull FILE and lunokhod migrate bring it into a file and back");
  }
  work->file = arguments[2];
  process_prepare();
  bool ok = pull_database(work, error);
  if (!ok && error->kind == ERROR_INPUT) error->kind = ERROR_SYSTEM; /* exit code 3 means a backup in the chat */
  return ok;
}

/* ---- the command ---- */

int command_backup(int count, char **arguments) {
  static const char head[] =
      "lunokhod backup now           make one now, by the host that runs here\n"
      "lunokhod backup list          what there is in the admin's chat\n"
      "lunokhod backup verify        can the last backup be loaded? For cron: 0 yes, 3 no, 1 it could not be checked\n"
      "lunokhod backup pull FILE     fetch a backup as an SQLite file (- is stdout)\n"
      "lunokhod backup push FILE     make an SQLite file, a copy, or an old bot's JSON, the newest backup\n"
      "lunokhod backup key           print a new key, for a file of --backup-key";
  struct work work = {.api_root = "https://api.telegram.org"};
  const struct option_row rows[] = {
      {OPTION_TEXT, "token-file", "BOT_TOKEN_FILE", &work.token_file, 0, 0, "FILE", "the bot's token, instead of BOT_TOKEN"},
      {OPTION_TEXT, "api-root", "TELEGRAM_API_ROOT", &work.api_root, 0, 0, "URL", "the Bot API server"},
      {OPTION_TEXT, "ca-file", "SSL_CERT_FILE", &work.ca_file, 0, 0, "FILE", "trust these authorities, too (PEM)"},
      {OPTION_TEXT, "server-files", "LUNOKHOD_SERVER_FILES", &work.server_files, 0, 0, "DIR",
       "where a Bot API server with --local keeps its files"},
      {OPTION_NUMBER, "admin-id", "ADMIN_ID", &work.admin_id, 1, INT64_MAX, "ID", "in whose chat the backups are"},
      {OPTION_NUMBER, "config-id", "CONFIG_ID", &work.config_id, 1, INT32_MAX, "ID",
       "the backup's message, if it can't be found by itself"},
      {OPTION_TEXT, "key", "BACKUP_KEY_FILE", &work.key_file, 0, 0, "FILE",
       "the keys of encrypted backups, as of --backup-key"},
      {OPTION_TEXT, "database", "LUNOKHOD_DATABASE", &work.url, 0, 0, "URL", "pull: the data that is in PostgreSQL"},
      {OPTION_TEXT, "at", NULL, &work.at, 0, 0, "TIME",
       "pull: the last backup that is not later (UTC; a day or a minute means its end)"},
      {OPTION_TEXT, "from", NULL, &work.from, 0, 0, "CHAT:MESSAGE", "pull: a copy in another chat, in place of ADMIN_ID"},
      {OPTION_NUMBER, "max-age", NULL, &work.max_age_s, 1, INT32_MAX, "SECONDS", "verify: 1 if the last backup is older"},
      {OPTION_FLAG, "force", NULL, &work.is_forced, 0, 0, NULL, "pull: write over FILE; push: over a newer backup"},
      {OPTION_SHARED_CONFIG, "config", "LUNOKHOD_CONFIG", &work.config_file, 0, 0, "FILE", "the settings of lunokhod run"},
      {.kind = OPTION_END},
  };
  struct error error = {0};
  if (count > 1 && strcmp(arguments[1], "now") == 0) return command_control(count, arguments);
  if (count == 2 && strcmp(arguments[1], "key") == 0) return make_key();
  const struct verb *verb = NULL;
  bool ok = options_read(rows, head, &count, arguments, &error);
  if (ok && work.url) {
    ok = serve_database(&work, count, arguments, &error);
    goto done;
  }
  ok = ok && (verb = find_verb(count, arguments, &error)) != NULL;
  if (ok && work.from) ok = read_from(&work, verb->name, &error);
  if (ok && !work.admin_id) ok = error_set(&error, ERROR_MISUSE, "in whose chat are the backups? set ADMIN_ID");
  work.file = ok && verb->file_count ? arguments[2] : NULL;
  if (ok && work.key_file) ok = (work.keys = keyring_open(work.key_file, &error)) != NULL;
  if (ok) ok = (work.token = token_read(work.token_file, &error)) != NULL;
  if (ok) log_hide(work.token);
  ok = ok && open_all(&work, &error) && verb->run(&work, &error);
done:
  if (!ok) (void)fprintf(stderr, "lunokhod backup: %s\n", error.text);
  close_all(&work);
  return exit_code_of(&error);
}

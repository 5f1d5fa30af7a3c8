/* lunokhod migrate FROM TO: a bot's data from a file into PostgreSQL, or from there into a file. The bot must be stopped; the
 * host that is started next goes on where it was. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/backup.h"
#include "command/command.h"
#include "command/data_file.h"
#include "command/options.h"
#include "command/process.h"
#include "command/transfer_progress.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/whole_file.h"
#include "database/database.h"

struct work {
  const char *url, *key_file, *config_file;
  const char *from, *to; /* a file; NULL: the database at url */
  struct keyring *keys;  /* NULL: none were given */
  struct loop *loop;
  struct database *database; /* in memory: what was read, or shall be written */
};

/* ---- into PostgreSQL ---- */

/* A file that can't be read is no unreadable backup of the admin's chat, for which the exit code 3 stands. */
static bool read_file(struct work *work, struct error *error) {
  struct buffer bytes;
  int64_t modified_at;
  buffer_init(&bytes, DATA_FILE_CEILING);
  bool ok = data_file_read(work->from, &bytes, &modified_at, error) &&
            (backup_load(work->database, work->keys, bytes.data ? bytes.data : "", bytes.size, error) ||
             error_prefix(error, "%s", work->from));
  buffer_release(&bytes);
  return ok;
}

static bool fill_database(struct work *work, struct transfer_result *result, struct error *error) {
  struct transfer_progress progress;
  struct transfer_watch watch = transfer_progress_begin(&progress);
  if (!read_file(work, error)) return false;
  bool ok = transfer_to_postgres(work->loop, work->database, work->url, &watch, result, error);
  transfer_progress_end(&progress);
  return ok;
}

/* ---- into a file ---- */

static bool fill_file(struct work *work, struct transfer_result *result, struct error *error) {
  struct transfer_progress progress;
  struct transfer_watch watch = transfer_progress_begin(&progress);
  unsigned char *image = NULL;
  size_t size = 0;
  if (access(work->to, F_OK) == 0) return error_set(error, ERROR_MISUSE, "%s is there already", work->to);
  bool ok = transfer_from_postgres(work->url, true, work->database, &watch, result, error);
  transfer_progress_end(&progress);
  ok = ok && database_serialize(work->database, &image, &size, error) && whole_file_write(work->to, image, size, error);
  free(image);
  return ok;
}

/* ---- the command ---- */

static bool is_address(const char *text) {
  return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0;
}

/* The file; NULL: it is the database, whose address is known from here on. */
static const char *read_side(struct work *work, const char *text, int *databases) {
  bool is_database = is_address(text) || strcmp(text, "-") == 0;
  if (is_address(text)) work->url = text;
  *databases += is_database;
  return is_database ? NULL : text;
}

static bool read_sides(struct work *work, int count, char **arguments, struct error *error) {
  int databases = 0;
  if (count != 2) return error_set(error, ERROR_MISUSE, "from where to where? lunokhod migrate FROM TO");
  const char *given = work->url;
  work->url = NULL;
  work->from = read_side(work, arguments[1], &databases);
  work->to = read_side(work, arguments[2], &databases);
  if (databases != 1)
    return error_set(error, ERROR_MISUSE, "one of FROM and TO is a file, the other a database: postgresql://..., or -");
  if (!work->url) work->url = given;
  return work->url || error_set(error, ERROR_MISUSE, "- is the database of LUNOKHOD_DATABASE, which is not set");
}

static bool open_all(struct work *work, struct error *error) {
  process_prepare();
  if (work->key_file && !(work->keys = keyring_open(work->key_file, error))) return false;
  return (work->loop = loop_open(error)) != NULL && (work->database = database_open(error)) != NULL;
}

int command_migrate(int count, char **arguments) {
  static const char head[] =
      "lunokhod migrate FROM TO     bring a stopped bot's data from a file into PostgreSQL, or from there into a new file\n"
      "the file                     an SQLite database; FROM may be a backup or an old bot's JSON, too\n"
      "the other one                postgresql://USER:PASSWORD@HOST/NAME; - is that of LUNOKHOD_DATABASE, since ps shows "
      "arguments";
  struct work work = {0};
  const struct option_row rows[] = {
      {OPTION_TEXT, "database", "LUNOKHOD_DATABASE", &work.url, 0, 0, "URL", "the database that - stands for"},
      {OPTION_TEXT, "backup-key", "BACKUP_KEY_FILE", &work.key_file, 0, 0, "FILE", "the keys of an encrypted backup"},
      {OPTION_SHARED_CONFIG, "config", "LUNOKHOD_CONFIG", &work.config_file, 0, 0, "FILE", "the settings of lunokhod run"},
      {.kind = OPTION_END},
  };
  struct error error = {0};
  struct transfer_result result;
  bool ok = options_read(rows, head, &count, arguments, &error) && read_sides(&work, count, arguments, &error) &&
            open_all(&work, &error);
  ok = ok && (work.from ? fill_database(&work, &result, &error) : fill_file(&work, &result, &error));
  if (ok) {
    (void)fprintf(stderr, "migrated: %d tables, %" PRId64 " rows, each compared\n", result.tables, result.rows);
  } else {
    (void)fprintf(stderr, "lunokhod migrate: %s\n", error.text);
  }
  database_close(work.database);
  if (work.loop) (void)loop_close(work.loop);
  keyring_close(work.keys);
  if (ok) return EXIT_FINE;
  return error.kind == ERROR_MISUSE ? EXIT_USAGE : EXIT_FAILED;
}

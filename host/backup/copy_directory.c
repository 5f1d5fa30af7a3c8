#include "backup/copy_directory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/whole_file.h"

#define ENDING ".sqlite.zst"
#define ENCRYPTED ".encrypted" /* after the ending */

enum {
  DAY_MS = 24 * 3600 * 1000,
  NAME_SIZE = 80,
  PATH_SIZE = 4000,
  DAY_SIZE = sizeof "2026-11-26" - 1,
  BESIDE_SIZE = sizeof ".XXXXXX" - 1, /* what a killed process leaves: common/whole_file.h */
};

static void name_of_bot(char name[static NAME_SIZE], int64_t bot_id) {
  (void)snprintf(name, NAME_SIZE, "lunokhod-%" PRId64 "-", bot_id);
}

static void name_of_day(char name[static NAME_SIZE], int64_t bot_id, int64_t at, bool is_encrypted) {
  time_t seconds = (time_t)(at / 1000);
  struct tm parts = {0};
  char day[40] = "";
  (void)gmtime_r(&seconds, &parts);
  (void)strftime(day, sizeof day, "%Y-%m-%d", &parts);
  (void)snprintf(name, NAME_SIZE, "lunokhod-%" PRId64 "-%s" ENDING "%s", bot_id, day, is_encrypted ? ENCRYPTED : "");
}

static bool path_of(char path[static PATH_SIZE], const char *directory, const char *name) {
  int length = snprintf(path, PATH_SIZE, "%s/%s", directory, name);
  return length > 0 && length < PATH_SIZE;
}

bool copy_directory_has(const char *directory, int64_t bot_id, int64_t at) {
  char name[NAME_SIZE], path[PATH_SIZE];
  bool is_there = false;
  for (int is_encrypted = 0; is_encrypted <= 1; is_encrypted++) {
    name_of_day(name, bot_id, at, is_encrypted);
    is_there = is_there || (path_of(path, directory, name) && access(path, F_OK) == 0);
  }
  return is_there;
}

/* THE rule of which files are ours: every character is where name_of_day() puts it. Returns the length of what follows; -1: it
 * is none of ours. */
static int rest_of_name(const char *name, const char *of_bot) {
  static const char form[] = "dddd-dd-dd" ENDING;
  size_t head = strlen(of_bot);
  if (strncmp(name, of_bot, head) != 0) return -1;
  const char *tail = name + head;
  for (const char *f = form; *f; f++, tail++) {
    bool is_digit = *tail >= '0' && *tail <= '9', is_in_day = f < form + DAY_SIZE;
    if (is_in_day && *f == 'd' ? !is_digit : *tail != *f) return -1;
  }
  if (strncmp(tail, ENCRYPTED, sizeof ENCRYPTED - 1) == 0) tail += sizeof ENCRYPTED - 1;
  return (int)strlen(tail);
}

static void remove_file(const char *directory, const char *name) {
  char path[PATH_SIZE];
  if (path_of(path, directory, name)) (void)unlink(path);
}

/* What a killed process has left goes when its day is over: of today's, another host may just be writing it. */
static bool is_leftover(const char *name, int rest, const char *today) {
  return rest == BESIDE_SIZE && name[strlen(name) - BESIDE_SIZE] == '.' && strncmp(name, today, strlen(today)) < 0;
}

/* Backwards through the names in their order, which is that of the days: newest first. Best effort: a copy too many does no
 * harm. */
static void prune(const struct copy_file *file) {
  char of_bot[NAME_SIZE], today[NAME_SIZE], first[NAME_SIZE];
  struct dirent **entries = NULL;
  int kept = 0;
  name_of_bot(of_bot, file->bot_id);
  name_of_day(today, file->bot_id, file->at, false);
  name_of_day(first, file->bot_id, file->keep_days ? file->at - (file->keep_days - 1) * DAY_MS : 0, false);
  for (int i = scandir(file->directory, &entries, NULL, alphasort); i-- > 0;) {
    const char *name = entries[i]->d_name;
    int rest = rest_of_name(name, of_bot);
    bool is_old = rest == 0 && (++kept > COPY_DIRECTORY_MAX || strncmp(name, first, strlen(first)) < 0);
    if (is_old || is_leftover(name, rest, today)) remove_file(file->directory, name);
    free(entries[i]);
  }
  free(entries);
}

bool copy_directory_write(const struct copy_file *file, struct error *error) {
  char name[NAME_SIZE], path[PATH_SIZE];
  name_of_day(name, file->bot_id, file->at, file->is_encrypted);
  if (!path_of(path, file->directory, name))
    return error_set(error, ERROR_MISUSE, "the path %.100s... is too long", file->directory);
  if (!whole_file_write(path, file->bytes, file->size, error)) return false;
  prune(file);
  return true;
}
